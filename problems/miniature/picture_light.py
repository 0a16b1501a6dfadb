"""What surrounds the things in a picture: colours, background, light and noise."""

from __future__ import annotations

import hashlib
import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_contours import Shade

SIDE: Final = 64  # pixels of a picture, both ways
Canvas: TypeAlias = NDArray[np.float64]  # float64[SIDE, SIDE, 3] of 0 to 255
Rgb: TypeAlias = tuple[float, float, float]

_COLOURS: Final[dict[str, Rgb]] = {
    "red": (216, 36, 40),
    "blue": (36, 88, 214),
    "green": (36, 150, 56),
    "yellow": (250, 212, 36),
    "black": (30, 30, 34),
    "white": (248, 248, 246),
    "brown": (128, 76, 36),
    "purple": (150, 52, 178),
}
# Where mixing with black or white would leave no contrast.
_SHADES: Final[dict[tuple[str, Shade], Rgb]] = {
    ("black", "dark"): (78, 78, 86),
    ("black", "light"): (140, 140, 148),
    ("white", "dark"): (176, 176, 184),
    ("white", "light"): (206, 212, 222),
    ("yellow", "dark"): (206, 150, 16),
    ("yellow", "light"): (255, 243, 176),
}
# Pale to middling, so that both black and white things show, and none a colour of a thing.
_BACKGROUNDS: Final[tuple[Rgb, ...]] = (
    *((206, 190, 158), (158, 188, 208), (168, 200, 178), (186, 186, 188)),
    *((192, 178, 206), (214, 182, 178), (142, 156, 170), (176, 182, 150)),
    *((200, 204, 210), (160, 172, 160)),
)


def mix_palette(colour: str, dice: Dice) -> dict[Shade, NDArray[np.float64]]:
    """Mix the three shades of one thing, float64[3] each; no two reds are quite the same."""
    shift = np.array([20 * dice.roll() - 10 for _ in range(3)])
    own = np.array(_COLOURS[colour])
    shades: dict[Shade, NDArray[np.float64]] = {
        "fill": own,
        "dark": np.array(_SHADES.get((colour, "dark"), tuple(own * 0.55))),
        "light": np.array(_SHADES.get((colour, "light"), tuple(own * 0.4 + 153))),
    }
    return {shade: np.minimum(np.maximum(value + shift, 0), 255) for shade, value in shades.items()}


def paint_background(dice: Dice) -> Canvas:
    """Paint an empty picture: one colour, plain or with blotches, stripes or checks."""
    base = np.array([value + 20 * dice.roll() - 10 for value in dice.pick(_BACKGROUNDS)])
    texture = dice.pick((_paint_blotches, _paint_blotches, _paint_stripes, _paint_checks, None))
    canvas: Canvas = np.zeros((SIDE, SIDE, 3)) + base
    if texture is not None:
        strength = 8 + 14 * dice.roll()
        canvas += (strength * (texture(dice) - 0.5))[:, :, None]
    return canvas


def _paint_blotches(dice: Dice) -> NDArray[np.float64]:
    """Paint float64[SIDE, SIDE] of 0 to 1: random heights eight pixels apart, joined smoothly."""
    step = 8
    corners = np.array([[int(dice.roll() * 256) for _ in range(9)] for _ in range(9)]) / 256
    t = np.arange(step) / step
    weight = t * t * (3 - 2 * t)
    rows = corners[:-1, None] + weight[:, None] * (corners[1:, None] - corners[:-1, None])
    rows = rows.reshape(SIDE, 9)
    across: NDArray[np.float64] = rows[:, :-1, None] + weight * (
        rows[:, 1:, None] - rows[:, :-1, None]
    )
    return across.reshape(SIDE, SIDE)


def _paint_stripes(dice: Dice) -> NDArray[np.float64]:
    """Paint soft stripes in one of eight directions."""
    x, y = dice.pick(((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2)))
    period = 10 + int(10 * dice.roll())
    place = np.add.outer(y * np.arange(SIDE), x * np.arange(SIDE)) % period
    return np.abs(2 * place / period - 1)


def _paint_checks(dice: Dice) -> NDArray[np.float64]:
    """Paint a chessboard."""
    step, start = 6 + int(6 * dice.roll()), int(12 * dice.roll())
    field = (np.arange(SIDE) + start) // step
    return (np.add.outer(field, field) % 2).astype(np.float64)


def light_picture(canvas: Canvas, dice: Dice) -> NDArray[np.uint8]:
    """Light a picture from one side, and add a little noise: uint8[SIDE, SIDE, 3]."""
    angle, strength = 2 * math.pi * dice.roll(), 0.05 + 0.3 * dice.roll()
    across = round(strength * math.cos(angle), 6) / SIDE
    down = round(strength * math.sin(angle), 6) / SIDE
    place = np.arange(SIDE) - SIDE / 2
    brightness = 0.92 + 0.14 * dice.roll() + np.add.outer(down * place, across * place)
    amount = 1 + 7 * dice.roll()
    lit = canvas * brightness[:, :, None] + amount * _draw_noise(dice)
    picture: NDArray[np.uint8] = np.minimum(np.maximum(lit + 0.5, 0), 255).astype(np.uint8)
    return picture


def _draw_noise(dice: Dice) -> NDArray[np.float64]:
    """Draw float64[SIDE, SIDE, 3] of mean 0 and deviation 1: sums of two random bytes."""
    seed = int(dice.roll() * 2**53).to_bytes(8, "little")
    # A hash, as its output is fixed for all time, which no random generator's promises.
    stream = hashlib.shake_128(seed).digest(2 * 3 * SIDE * SIDE)
    one, other = np.frombuffer(stream, np.uint8).reshape(2, SIDE, SIDE, 3)
    return (one.astype(np.float64) + other - 255) / 104.51
