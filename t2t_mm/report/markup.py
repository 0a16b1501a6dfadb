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
