"""HTML and SVG elements that are well-formed and escaped by construction."""

from __future__ import annotations

import html
from collections.abc import Iterable

_VOID = frozenset({"br", "img", "meta"})  # the elements we use that HTML never closes


class Markup(str):
    """Text that is HTML already and is not escaped again."""


def make_element(name: str, /, *children: str, **attributes: object) -> Markup:
    """Build one element.

    Args:
        name: "div", "svg", ...
        children: Text, which is escaped, or `Markup`.
        attributes: By name; a trailing "_" is dropped (`class_`), another "_" becomes "-".
            None and False leave the attribute out, True leaves it without a value; floats are
            written with two decimals at most.

    Example:
        >>> make_element("p", "a < b & c", class_="sum")
        '<p class="sum">a &lt; b &amp; c</p>'
        >>> make_element("p", make_element("b", "x"), hidden=True)
        '<p hidden=""><b>x</b></p>'
    """
    start = f"<{name}"
    for key, value in attributes.items():
        if value is not None and value is not False:
            start += f' {key.rstrip("_").replace("_", "-")}="{_format_attribute(value)}"'
    if name in _VOID:
        assert not children, f"<{name}> has no content"
        return Markup(f"{start}>")
    return Markup(f"{start}>{join_parts(children)}</{name}>")


def make_section(title: str, note: str, *content: str, aside: str = "") -> Markup:
    """Build a section of the page, found under its title up to a comma.

    Args:
        title: Its heading.
        note: What stands below that; may be empty.
        content: All the rest.
        aside: What stands beside the title; may be empty.
    """
    small = [" ", make_element("small", aside)] if aside else []
    told = [make_element("p", note, class_="note")] if note else []
    heading = make_element("h2", title, *small)
    return make_element("section", heading, *told, *content, id=title.partition(",")[0])


def make_card(title: str, content: str) -> Markup:
    """Build a card of a section with a title of its own."""
    return make_element("div", make_element("h3", title), content, class_="card")


def make_drawing(
    kind: str, parts: Iterable[str], size: tuple[float, float], description: str, **more: object
) -> Markup:
    """Build an <svg>.

    Args:
        kind: Its class.
        parts: Its elements.
        size: Width and height in pixels.
        description: What it shows, for those who do not see it.
        more: Further attributes.
    """
    box = f"0 0 {size[0]:.0f} {size[1]:.0f}"
    return make_element(
        "svg", *parts, class_=kind, viewBox=box, **more, role="img", aria_label=description
    )


def join_parts(parts: Iterable[str]) -> Markup:
    """Join text, which is escaped, and markup."""
    return Markup(
        "".join(part if isinstance(part, Markup) else html.escape(part) for part in parts)
    )


def _format_attribute(value: object) -> str:
    if value is True:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return html.escape(str(value))
