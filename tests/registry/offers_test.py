import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from own_problems import MY_PROBLEM, Text, write_file

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry.offers import make_builtin_offers, read_entry_points


def test_a_list_of_names_says_which_module_registers_each() -> None:
    assert make_builtin_offers("t2t_mm.problems")()["wmt_ende"] == "t2t_mm.problems.wmt"
    assert make_builtin_offers("t2t_mm.problems", "GROUPS")()["mini_8"] == "t2t_mm.problems"


def install(folder: Path, points: str, modules: Mapping[str, str]) -> None:
    """Lay a distribution out as pip does."""
    info = folder / "plugin_words-1.0.dist-info"
    write_file(info / "METADATA", "Metadata-Version: 2.1\nName: plugin_words\nVersion: 1.0\n")
    write_file(info / "entry_points.txt", f"[t2t_mm.problems]\n{points}\n")
    for name, text in modules.items():
        write_file(folder / f"{name}.py", text)


@pytest.fixture
def fresh_entry_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    read_entry_points.cache_clear()
    yield
    read_entry_points.cache_clear()


@pytest.mark.usefixtures("fresh_entry_points")
def test_an_installed_package_is_listed_unimported_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        tmp_path, "in_plugin = mine_plugin", {"mine_plugin": MY_PROBLEM.format(name="InPlugin")}
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "in_plugin" in registry.problem_names()
    assert "mine_plugin" not in sys.modules
    assert registry.expand_problems("in_plug*") == ["in_plugin"]
    assert registry.problem("in_plugin").name == "in_plugin"


@pytest.mark.usefixtures("fresh_entry_points")
@pytest.mark.parametrize(
    ("text", "message"),
    [("X = 1\n", "does not register it"), ("1 / 0\n", "ZeroDivisionError")],
)
def test_a_broken_installed_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    install(tmp_path, "in_plugin = mine_plugin", {"mine_plugin": text})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=f"mine_plugin.*{message}"):
        registry.problem("in_plugin")
    assert registry.problem("wmt_ende").name == "wmt_ende"


@pytest.mark.usefixtures("fresh_entry_points")
def test_a_name_that_an_installed_package_offers_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        tmp_path, "in_plugin = mine_plugin", {"mine_plugin": MY_PROBLEM.format(name="InPlugin")}
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"registered twice, at mine_plugin \(an installed package"):
        registry.register_problem("in_plugin")(Text)


@pytest.mark.usefixtures("fresh_entry_points")
@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("wmt_ende = mine_plugin", r"'wmt_ende' twice: t2t_mm\.problems\.wmt \(built in\)"),
        ("both = mine_plugin", "'both' twice: (other|mine)_plugin and (other|mine)_plugin"),
    ],
)
def test_installed_packages_that_offer_a_taken_name_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: str, message: str
) -> None:
    install(tmp_path, points, {})
    info = tmp_path / "other_words-1.0.dist-info"
    write_file(info / "METADATA", "Metadata-Version: 2.1\nName: other_words\nVersion: 1.0\n")
    write_file(info / "entry_points.txt", "[t2t_mm.problems]\nboth = other_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=message):
        registry.problem_names()
