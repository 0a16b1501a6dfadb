"""The look of the page: what is named is defined, and what is defined is used."""

import re
from pathlib import Path

from fake_run import make_fake_run

from t2t_mm.report import write_report
from t2t_mm.report.stylesheet import STYLE

LIGHT, _, DARK = STYLE.partition("@media (prefers-color-scheme: dark)")
DARK = DARK.partition("* {")[0]


def find_colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6});", text))


def test_every_brace_is_closed() -> None:
    depth = 0
    for character in STYLE:
        depth += (character == "{") - (character == "}")
        assert 0 <= depth <= 2
    assert depth == 0


def test_every_colour_is_there_by_day_and_by_night() -> None:
    light, dark = find_colours(LIGHT), find_colours(DARK)
    assert light.keys() == dark.keys() and len(light) > 5
    assert not set(light.items()) & set(dark.items())
    set_by_bars = {"share", "low", "high", "unit"}
    assert set(re.findall(r"var\(--([a-z]+)\)", STYLE)) - set_by_bars == light.keys()


def test_every_class_that_has_a_look_is_on_a_page(tmp_path: Path) -> None:
    run, results = make_fake_run(tmp_path)
    page = write_report(run, results, run / "report.html", "test").read_text(encoding="utf-8")
    shown = {name for names in re.findall(r'class="([^"]*)"', page) for name in names.split()}
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[ ,.{:])", STYLE))
    assert styled <= shown, styled - shown


def test_nothing_but_a_link_looks_like_one() -> None:
    assert "underline" not in STYLE


def test_the_navigation_begins_where_its_column_does() -> None:
    ((column, inset),) = re.findall(
        r"max-width: (\d+)rem; margin: 0 auto; padding: 0 (\d+)rem", STYLE
    )
    assert f"max({inset}rem, 50% - {int(column) // 2 - int(inset)}rem)" in STYLE
