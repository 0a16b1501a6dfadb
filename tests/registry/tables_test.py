import importlib
import sys
from pathlib import Path

import pytest
from own_problems import MY_PROBLEM, Text, write_file

from t2t_mm import Problem, registry
from t2t_mm.errors import UserError
from t2t_mm.registry.tables import Registry


def test_names_are_sorted_and_an_unknown_one_is_answered_with_the_closest() -> None:
    table: Registry[int] = Registry("number", how_to_add="Count on.")
    for name, value in (("two", 2), ("one", 1)):
        table.register(name, value)
    assert (table.names(), table.lookup("two")) == (["one", "two"], 2)
    assert "one" in table and "three" not in table
    with pytest.raises(UserError) as caught:
        table.lookup("tow")
    message = "There is no number named 'tow'. Did you mean 'two'? Count on."
    assert str(caught.value) == message


def test_a_built_in_module_is_imported_when_its_name_is_looked_up() -> None:
    table: Registry[object] = Registry("thing", builtin=lambda: {"one": "t2t_mm.no_such_module"})
    assert table.names() == ["one"]
    with pytest.raises(ModuleNotFoundError):
        table.lookup("one")


def test_places_name_module_file_and_line() -> None:
    table: Registry[object] = Registry("thing")
    table.register("one", 1)
    place = table.places()["one"]
    assert place.file == __file__
    assert place.module == __name__
    assert "table.register" in Path(place.file).read_text().splitlines()[place.line - 1]


def test_the_module_of_a_name_is_known_before_it_is_imported() -> None:
    table: Registry[int] = Registry("thing", builtin=lambda: {"one": "some.module"})
    table.register("two", 2)
    assert table.find_module("one") == "some.module"
    assert table.find_module("two") == __name__
    assert table.find_module("three") == ""


@pytest.mark.parametrize("name", ["Big", "a-b", "a/b", "1a", "", "a b"])
def test_a_malformed_name_is_an_error(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a problem"):
        registry.register_problem(name)(Text)


def test_a_name_taken_twice_names_both_places() -> None:
    registry.register_problem("twice")(Text)

    class Other(Text):
        pass

    with pytest.raises(UserError) as caught:
        registry.register_problem("twice")(Other)
    assert str(caught.value).count(f"{Path(__file__).name}:") == 2


def test_a_definition_run_again_replaces_the_old_one() -> None:
    def cell() -> type[Problem]:
        @registry.register_problem
        class FromCell(Text):
            pass

        return FromCell

    cell()
    assert cell() is registry.problem_class("from_cell")


def test_what_has_no_name_of_its_own_is_the_same_at_the_same_line_only() -> None:
    table: Registry[list[str]] = Registry("list")
    for value in ("a", "b"):
        table.register("mine", [value])
    assert table.lookup("mine") == ["b"]
    with pytest.raises(UserError, match="registered twice"):
        table.register("mine", ["c"])


def test_a_module_that_is_reloaded_replaces_its_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write_file(tmp_path / "mine_reloaded.py", MY_PROBLEM.format(name="MineReloaded"))
    module = importlib.import_module("mine_reloaded")
    write_file(
        tmp_path / "mine_reloaded.py", "# moved down\n" + MY_PROBLEM.format(name="MineReloaded")
    )
    importlib.reload(module)
    assert registry.problem_class("mine_reloaded") is module.MineReloaded


def test_the_name_of_a_built_in_is_taken_before_it_is_imported() -> None:
    with pytest.raises(UserError, match=r"registered twice.*problems.wmt"):
        registry.register_problem("wmt_ende")(Text)
