"""The page's colours are the report's, in light and dark, and all that is named is there."""

import re

from t2t_mm.playground.look import DARK_THEME, LIGHT_THEME, STYLE
from t2t_mm.report.stylesheet import DARK, LIGHT


def test_every_colour_in_use_is_defined_light_and_dark() -> None:
    used = set(re.findall(r"var\((--\w+)\)", STYLE)) - {"--share", "--picture"}
    for colours in (LIGHT, DARK):
        assert used <= set(re.findall(r"(--\w+):", colours))
    assert f".t2t {{ {LIGHT} }}" in STYLE and f".dark .t2t {{ {DARK} }}" in STYLE


def test_nothing_is_fetched_and_braces_are_closed() -> None:
    assert "url(" not in STYLE and "@import" not in STYLE
    assert STYLE.count("{") == STYLE.count("}")


def test_the_theme_has_both_sides_of_each_setting() -> None:
    assert {f"{name}_dark" for name in LIGHT_THEME} == set(DARK_THEME)
