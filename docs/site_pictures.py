"""The pictures of docs/concepts.md, drawn when the site is built."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_BLUE, _GREEN, _AMBER, _GREY, _PLAIN = "#dbe9fb", "#dcf1df", "#fdeccb", "#e6e6e6", "#ffffff"


class Box(NamedTuple):
    """A box with lines of text; places and sizes in pixels."""

    x: int
    y: int
    text: str
    fill: str = _PLAIN
    width: int = 130
    height: int = 46


class Arrow(NamedTuple):
    """An arrow between two points, with a word above its first third."""

    x1: int
    y1: int
    x2: int
    y2: int
    text: str = ""


def draw(title: str, width: int, height: int, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """Draw boxes and arrows as SVG on white, which light and dark pages can show."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="15">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#444"/></marker></defs>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
    ]
    for arrow in arrows:
        x1, y1, x2, y2, text = arrow
        parts.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#444" stroke-width="1.5" '
            'marker-end="url(#tip)"/>'
        )
        if text:
            x, y = x1 + (x2 - x1) // 3, y1 + (y2 - y1) // 3
            parts.append(f'<text x="{x + 4}" y="{y - 8}" fill="#444">{escape(text)}</text>')
    for box in boxes:
        parts.append(
            f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6" '
            f'fill="{box.fill}" stroke="#666"/>'
        )
        lines = box.text.split("\n")
        for number, line in enumerate(lines):
            y = box.y + box.height / 2 + 5 + 17 * (number - (len(lines) - 1) / 2)
            parts.append(
                f'<text x="{box.x + box.width / 2}" y="{y}" text-anchor="middle" fill="#111">'
                f"{escape(line)}</text>"
            )
    return "\n".join([*parts, "</svg>\n"])


def _chain(texts: Sequence[str], fills: Sequence[str], y: int) -> tuple[list[Box], list[Arrow]]:
    """Place boxes from left to right, with an arrow to each next."""
    places = [20 + 165 * number for number in range(len(texts))]
    boxes = [Box(x, y, text, fill) for x, text, fill in zip(places, texts, fills, strict=True)]
    return boxes, [Arrow(x + 130, y + 23, x + 162, y + 23) for x in places[:-1]]


def draw_all() -> dict[str, str]:
    """Draw all pictures, by their path on the site."""
    return {
        "pictures/way.svg": _draw_way(),
        "pictures/model.svg": _draw_model(),
        "pictures/experts.svg": _draw_experts(),
        "pictures/mixture.svg": _draw_mixture(),
    }


def _draw_way() -> str:
    texts = (
        "raw files",
        "Problem\n.generate",
        "records and\nvocabulary",
        "batch",
        "MultiModel",
        "text or class",
    )
    boxes, arrows = _chain(texts, (_GREY, _GREEN, _GREY, _GREY, _BLUE, _GREY), 20)
    boxes += [
        Box(185, 90, "t2t-datagen", width=130, height=30),
        Box(515, 90, "t2t-trainer", width=295, height=30),
        Box(680, 126, "t2t-eval, t2t-decoder", width=295, height=30),
    ]
    return draw("From raw files to an answer", 1000, 172, boxes, arrows)


def _draw_model() -> str:
    inputs = ("text", "picture", "sound")
    boxes = [Box(20, 20 + 60 * n, f"{name} net", _GREEN, 110) for n, name in enumerate(inputs)]
    boxes += [
        Box(190, 80, "encoder\nconvolutions, experts", _BLUE, 190),
        Box(440, 80, "mixer\nattention", _BLUE, 120),
        Box(620, 80, "decoder\nconvolutions, experts", _BLUE, 190),
        Box(440, 170, "command and\ntargets so far", _AMBER, 120),
        Box(880, 80, "text net", _GREEN, 110),
        Box(880, 20, "class net", _GREEN, 110),
    ]
    arrows = [Arrow(130, 43 + 60 * n, 187, 103) for n in range(len(inputs))]
    arrows += [
        Arrow(380, 103, 437, 103),
        Arrow(560, 103, 617, 103),
        Arrow(500, 170, 500, 129),
        Arrow(810, 103, 877, 103),
        Arrow(340, 80, 877, 43),
    ]
    return draw("One body between nets of each kind of data", 1010, 236, boxes, arrows)


def _draw_experts() -> str:
    boxes = [
        Box(20, 92, "one position", _GREY, 110),
        Box(190, 92, "gate", _AMBER, 90),
        Box(620, 92, "sum", _BLUE, 90),
    ]
    arrows = [Arrow(130, 115, 187, 115), Arrow(710, 115, 760, 115)]
    for number, (weight, fill) in enumerate(
        ((0.7, _GREEN), (0, _PLAIN), (0.3, _GREEN), (0, _PLAIN))
    ):
        y = 10 + 58 * number
        boxes.append(Box(400, y, f"expert {number + 1}", fill, 110))
        if weight:
            arrows += [Arrow(280, 115, 397, y + 23), Arrow(510, y + 23, 617, 115, f"x {weight}")]
    return draw("The gate sends each position to a few experts", 780, 246, boxes, arrows)


def _draw_mixture() -> str:
    drawn = (("translate", _BLUE), ("speech", _GREEN), ("translate", _BLUE), ("caption", _AMBER))
    boxes, arrows = _chain(
        [f"step {n + 1}\n{name}" for n, (name, _) in enumerate(drawn)], [f for _, f in drawn], 20
    )
    return draw("Each step trains one problem, drawn by a seeded sampler", 670, 88, boxes, arrows)
