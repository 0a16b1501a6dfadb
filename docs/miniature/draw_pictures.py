"""Draws the page of sample pictures: all 28 kinds of `mini_image`, ten scenes of `mini_caption`.

Example: python docs/miniature/draw_pictures.py docs/miniature/pictures.png
"""

import sys
from itertools import count
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from t2t_mm.problems.miniature.pictures import draw_captioned_picture, draw_labelled_picture
from t2t_mm.problems.miniature.scene import KINDS

SCALE = 2  # screen pixels per pixel of a picture
SIDE = 64 * SCALE
COLUMNS = 7
LABEL = 18  # height of a line of labels
CAPTIONED = 10
ROWS_OF_KINDS = len(KINDS) // COLUMNS
CELL = SIDE + 8
WIDTH = COLUMNS * CELL + 8
BLOCK = (WIDTH - 8) // 2  # width of a picture with its captions
TOP = ROWS_OF_KINDS * (CELL + LABEL) + 16


def enlarge(picture: Any) -> Image.Image:
    """Return a picture with each pixel as a square."""
    return Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.NEAREST)


def draw_kinds(page: Image.Image, font: Any) -> None:
    """Draw the first test picture of each kind, with its label."""
    found: dict[str, Any] = {}
    numbers = count()
    while len(found) < len(KINDS):
        one = draw_labelled_picture("test", next(numbers))
        found.setdefault(one.label, one.picture)
    for index, kind in enumerate(KINDS):
        row, column = divmod(index, COLUMNS)
        x, y = 8 + column * CELL, 8 + row * (CELL + LABEL)
        page.paste(enlarge(found[kind]), (x, y))
        middle = (x + SIDE // 2, y + SIDE + LABEL // 2)
        ImageDraw.Draw(page).text(middle, kind, fill="black", font=font, anchor="mm")


def draw_captioned(page: Image.Image, font: Any) -> None:
    """Draw the first test pictures with their captions, two a row."""
    for index in range(CAPTIONED):
        one = draw_captioned_picture("test", index)
        row, column = divmod(index, 2)
        x, y = 8 + column * BLOCK, TOP + row * CELL
        page.paste(enlarge(one.picture), (x, y))
        for number, caption in enumerate(one.captions):
            at = (x + SIDE + 10, y + SIDE * (2 * number + 1) // 10)
            ImageDraw.Draw(page).text(at, caption, fill="black", font=font, anchor="lm")


def main(path: str) -> None:
    """Write the page as a PNG of 256 colours, which keeps it small."""
    page = Image.new("RGB", (WIDTH, TOP + CAPTIONED // 2 * CELL), "white")
    draw_kinds(page, ImageFont.load_default(13))
    draw_captioned(page, ImageFont.load_default(11))
    page.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
