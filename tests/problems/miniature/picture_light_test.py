"""Colours, background and light: within bounds, and colours that one can tell apart."""

from itertools import combinations

import numpy as np

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_light import light_picture, mix_palette, paint_background
from t2t_mm.problems.miniature.scene import COLOURS


def test_colours_are_nearer_to_themselves_than_to_each_other() -> None:
    drawn = {c: [mix_palette(c, Dice(f"{c}{n}"))["fill"] for n in range(20)] for c in COLOURS}
    for one, other in combinations(COLOURS, 2):
        middles = np.mean(drawn[one], axis=0), np.mean(drawn[other], axis=0)
        apart = np.linalg.norm(middles[0] - middles[1])
        assert all(np.linalg.norm(each - middles[0]) < apart / 2 for each in drawn[one])


def test_shades_differ_in_every_colour() -> None:
    for colour in COLOURS:
        shades = mix_palette(colour, Dice(colour))
        for one, other in combinations(shades.values(), 2):
            assert np.abs(one - other).max() > 25, colour


def test_backgrounds_vary_and_are_neither_black_nor_white() -> None:
    drawn = [paint_background(Dice(str(number))) for number in range(60)]
    assert all(90 < canvas.mean() < 225 for canvas in drawn)
    assert len({canvas.tobytes() for canvas in drawn}) == 60
    assert sum(canvas.std(axis=(0, 1)).max() > 1 for canvas in drawn) >= 30


def test_light_comes_from_one_side_and_noise_is_slight() -> None:
    grey = np.full((64, 64, 3), 128.0)
    for number in range(20):
        picture = light_picture(grey.copy(), Dice(str(number))).astype(float)
        assert picture.shape == (64, 64, 3)
        assert 105 < picture.mean() < 150
        steps = np.diff(picture, axis=1)
        assert 0.5 < steps.std() < 15  # noise of deviation 1 to 8
    brightest = light_picture(np.full((64, 64, 3), 255.0), Dice("x"))
    assert brightest.dtype == np.uint8 and brightest.min() > 150  # nothing wraps around
