"""Rows and lengths are added, nothing is lost, and few shapes are left."""

from dataclasses import dataclass

import numpy as np
import pytest

from t2t_mm import Audio, Categorical, Feature, FeatureKind, Image, Language
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.search.few_shapes import list_open_axes, needs_few_shapes, pad_to_few_shapes


@dataclass(frozen=True)
class Board(Feature):
    modality = "board"


class BoardKind(FeatureKind):
    """Numbers of the pieces on the fields of a board, which is as large as it is."""

    spec_class = Board
    dtype = "int32"
    shape = (12,)


class GamesKind(BoardKind):
    """Two boards at each move of a game of any length."""

    shape = (2, None, 12)


class MapsKind(BoardKind):
    shape = (None, None, 4)


@pytest.mark.parametrize(
    ("feature", "axes"),
    [
        (Language(), [1]),
        (Categorical(num_classes=3), []),
        (Audio(), [1]),
        (Audio(representation="waveform"), [1]),
        (Image(), [1, 2]),
        (Image(28, 28), []),
    ],
)
def test_axes_are_open_as_a_feature_declares(feature: Feature, axes: list[int]) -> None:
    assert list_open_axes(choose_kind(feature)) == axes


@pytest.mark.parametrize(
    ("kind", "axes", "shape", "padded"),
    [
        (BoardKind, [], (3, 12), (8, 12)),
        (GamesKind, [2], (3, 2, 9, 12), (8, 2, 16, 12)),
        (MapsKind, [1, 2], (3, 9, 40, 4), (8, 32, 64, 4)),
    ],
)
def test_a_kind_of_ones_own_is_padded_where_its_shape_is_open(
    kind: type[FeatureKind], axes: list[int], shape: tuple[int, ...], padded: tuple[int, ...]
) -> None:
    """Whatever its dtype, and whether or not a batch tells its sizes."""
    assert list_open_axes(kind(Board())) == axes
    sizes = np.ones((3, kind(Board()).size_axes), "int32")
    batch = {"inputs": np.ones(shape, "int32"), "inputs_size": sizes}
    found = pad_to_few_shapes(batch, {"inputs": axes})
    assert found["inputs"].shape == padded
    assert found["inputs"].sum() == np.prod(shape)
    assert found["inputs_size"].shape == (8, sizes.shape[1])


def test_texts_and_classes() -> None:
    ids = np.arange(1, 28).reshape(3, 9).astype("int32")
    batch = {"inputs": ids, "targets": np.array([4, 5, 6], "int32")}
    padded = pad_to_few_shapes(batch, {"inputs": [1]})
    shapes = {name: one.shape for name, one in padded.items()}
    assert shapes == {"inputs": (8, 16), "targets": (8,), "is_example": (8,)}
    assert padded["is_example"].tolist() == [True] * 3 + [False] * 5
    np.testing.assert_array_equal(padded["inputs"][:3, :9], ids)
    assert padded["inputs"].sum() == ids.sum() and padded["inputs"].dtype == ids.dtype
    assert padded["targets"].tolist() == [4, 5, 6, 0, 0, 0, 0, 0]


def test_pictures_are_padded_both_ways_and_sounds_along_time() -> None:
    pictures = {"inputs": np.ones((2, 33, 20, 3)), "inputs_size": np.ones((2, 2), "int32")}
    padded = pad_to_few_shapes(pictures, {"inputs": [1, 2]})
    assert padded["inputs"].shape == (8, 64, 32, 3)
    assert padded["inputs_size"].shape == (8, 2) and padded["inputs_size"][2:].max() == 0
    sounds = {"inputs": np.ones((9, 70, 80)), "inputs_size": np.ones((9, 1), "int32")}
    assert pad_to_few_shapes(sounds, {"inputs": [1]})["inputs"].shape == (16, 128, 80)


def test_what_fits_stays_as_it_is() -> None:
    batch = {"inputs": np.ones((16, 64), "int32"), "targets": np.ones((16, 8), "int32")}
    padded = pad_to_few_shapes(batch, {"inputs": [1], "targets": [1]})
    assert {name: one.shape for name, one in padded.items()} == {
        "inputs": (16, 64),
        "targets": (16, 8),
        "is_example": (16,),
    }
    assert padded["is_example"].all()


def test_only_what_xla_compiles_needs_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not needs_few_shapes() and needs_few_shapes(jit_compile=True)
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    assert needs_few_shapes()


@pytest.mark.parametrize(
    ("num_examples", "rows_of_each", "padded"),
    [(1, 1, 8), (9, 1, 16), (1, 4, 2), (3, 4, 8), (1, 8, 1), (1, 100, 1), (3, 100, 8)],
)
def test_to_a_single_example_fewer_are_added_where_each_has_several_rows(
    num_examples, rows_of_each, padded
):
    batch = {"inputs": np.ones((num_examples, 3), "int32")}
    found = pad_to_few_shapes(batch, {}, rows_of_each)
    assert len(found["inputs"]) == padded
    assert found["is_example"].sum() == num_examples
