"""Coverage masks: exact where one can count, and different for different kinds."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from t2t_mm.problems.miniature.picture_raster import DRAWINGS, rasterize
from t2t_mm.problems.miniature.scene import CONTAINERS, KINDS


def on_a_field(kind: str, degrees: float = 0.0, mirrored: bool = False) -> NDArray[np.float64]:
    """Coverage of all parts, weighted by shade, on a field of 61 x 61 with the thing's middle."""
    weights = {"fill": 1.0, "dark": 0.5, "light": 0.25}
    stamp = rasterize(kind, 20.0, degrees, mirrored, (0.5, 0.5))
    field = np.zeros((61, 61))
    rows, columns = stamp.masks.shape[1:]
    region = field[30 + stamp.top :, 30 + stamp.left :][:rows, :columns]
    for shade, mask in zip(stamp.shades, stamp.masks, strict=True):
        region += mask * (weights[shade] - region)
    return field


def test_a_square_covers_the_pixels_that_one_counts() -> None:
    (whole,) = rasterize("square", 5 / 0.84, 0.0, False, (0.0, 0.0)).masks
    assert whole.sum() == 100 and set(whole.ravel()) == {0.0, 1.0}
    (shifted,) = rasterize("square", 5 / 0.84, 0.0, False, (0.5, 0.25)).masks
    assert shifted.sum() == 100
    # Eleven columns, of which the outer ones are half covered.
    assert sorted(set(shifted[6].ravel())) == [0.0, 0.5, 1.0]


def test_a_turned_square_keeps_its_area() -> None:
    (turned,) = rasterize("square", 10.0, 27.0, True, (0.3, 0.8)).masks
    assert abs(turned.sum() - (2 * 8.4) ** 2) < 1.0


def test_a_ring_has_a_hole_and_overlapping_discs_of_a_cloud_count_once() -> None:
    (ring,) = rasterize("ring", 20.0, 0.0, False, (0.5, 0.5)).masks
    assert ring[ring.shape[0] // 2, ring.shape[1] // 2] == 0.0
    (cloud,) = rasterize("cloud", 20.0, 0.0, False, (0.5, 0.5)).masks
    assert cloud.max() == 1.0 and cloud[cloud.shape[0] // 2, cloud.shape[1] // 2] == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirrored_thing_is_its_mirror_image_and_the_rim_is_free(kind: str) -> None:
    # A line through the middle of pixel 30 is its own mirror image there.
    assert np.abs(on_a_field(kind)[:, ::-1] - on_a_field(kind, mirrored=True)).max() < 0.05
    masks = rasterize(kind, 16.0, 33.0, False, (0.1, 0.9)).masks
    for outer in (masks[:, :2], masks[:, -2:], masks[:, :, :2], masks[:, :, -2:]):
        assert not outer.any()


@pytest.mark.parametrize("kind", KINDS)
def test_things_of_one_size_look_equally_large(kind: str) -> None:
    stamp = rasterize(kind, 20.0, 0.0, False, (0.5, 0.5))
    rows, columns = np.nonzero(stamp.masks.max(axis=0) > 0.5)
    assert 33 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 44


def test_no_two_kinds_look_alike_however_they_may_be_turned() -> None:
    views = {
        kind: [on_a_field(kind, turn) for turn in (-drawing.turn, 0.0, drawing.turn)]
        for kind, drawing in DRAWINGS.items()
    }
    for one, other in combinations(KINDS, 2):
        difference = min(
            np.abs(a - b).sum() / np.maximum(a, b).sum() for a in views[one] for b in views[other]
        )
        assert difference > 0.1, (one, other, difference)


def test_every_container_has_room_and_only_those() -> None:
    assert {kind for kind, drawing in DRAWINGS.items() if drawing.well} == CONTAINERS
    assert set(DRAWINGS) == set(KINDS)
