"""Painted pictures: the same everywhere, and things where and as they should be."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.painting import paint_picture
from t2t_mm.problems.miniature.picture_layout import Placed

_ROOT = Path(__file__).parents[3]
_PROGRAM = (
    "from hashlib import sha256\n"
    "from t2t_mm.problems.miniature.pictures import draw_captioned_picture, draw_labelled_picture\n"
    "for n in range(5):\n"
    "    for draw in (draw_captioned_picture, draw_labelled_picture):\n"
    "        print(sha256(draw('train', n).picture.tobytes()).hexdigest())\n"
)


def reddish(picture: np.ndarray) -> np.ndarray:
    """Where a picture is red, bool[64, 64]."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return (red > 130) & (green < 110) & (blue < 110)


def test_things_are_where_they_were_put() -> None:
    for x, y in ((20.0, 40.0), (44.25, 15.5)):
        one = Placed("circle", "red", 18.0, 0.0, False, ((x, y),))
        rows, columns = np.nonzero(reddish(paint_picture([one], Dice("place"))))
        # Pixel 20 reaches from 20 to 21.
        assert abs(columns.mean() + 0.5 - x) < 0.7 and abs(rows.mean() + 0.5 - y) < 0.7
        assert abs(len(rows) / (np.pi * (0.93 * 9) ** 2) - 1) < 0.15


def test_equal_things_are_equal() -> None:
    centres = ((14.3, 20.0), (45.3, 41.0))
    picture = paint_picture([Placed("key", "red", 20.0, 25.0, True, centres)], Dice("pair"))
    seen = reddish(picture)
    assert (seen[8:32, 3:26] == seen[29:53, 34:57]).mean() > 0.97
    assert seen[8:32, 3:26].sum() > 60


def test_the_last_thing_is_in_front() -> None:
    behind = Placed("circle", "red", 40.0, 0.0, False, ((32.0, 32.0),))
    front = Placed("square", "blue", 20.0, 0.0, False, ((32.0, 32.0),))
    assert not reddish(paint_picture([behind, front], Dice("order")))[32, 32]
    assert reddish(paint_picture([front, behind], Dice("order")))[32, 32]


def test_what_lies_partly_outside_is_cut_off() -> None:
    picture = paint_picture(
        [Placed("square", "red", 30.0, 0.0, False, ((0.0, 64.0),))], Dice("edge")
    )
    seen = reddish(picture)
    assert seen[55:, :8].all() and not seen[:45].any() and not seen[:, 20:].any()


def test_edges_are_soft() -> None:
    picture = paint_picture(
        [Placed("circle", "white", 40.0, 0.0, False, ((32.3, 32.3),))], Dice("soft")
    )
    row = picture[32, :, 0].astype(int)
    assert np.abs(np.diff(row)).max() < 170


def test_another_process_paints_the_same() -> None:
    from t2t_mm.problems.miniature.pictures import draw_captioned_picture, draw_labelled_picture

    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(_ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, check=True
    )
    here = [
        sha256(draw("train", number).picture.tobytes()).hexdigest()
        for number in range(5)
        for draw in (draw_captioned_picture, draw_labelled_picture)
    ]
    assert answer.stdout.decode().split() == here
    assert len(set(here)) == 10
