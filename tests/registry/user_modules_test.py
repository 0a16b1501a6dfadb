import sys
from pathlib import Path

import pytest
from own_problems import MY_PROBLEM, write_file

import t2t_mm
from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.registry.user_modules import find_entry


def test_a_file_is_imported(tmp_path: Path) -> None:
    file = write_file(tmp_path / "mine_file.py", MY_PROBLEM.format(name="InFile"))
    registry.import_user_modules(str(file))
    assert registry.problem("in_file").name == "in_file"


def test_every_module_of_a_folder_is_imported(tmp_path: Path) -> None:
    write_file(tmp_path / "mine_a.py", MY_PROBLEM.format(name="InA") + "import mine_words\n")
    write_file(tmp_path / "mine_b.py", MY_PROBLEM.format(name="InB"))
    write_file(tmp_path / "mine_words.py", "WORDS = 1\n")
    write_file(tmp_path / "test_mine.py", "raise RuntimeError\n")
    registry.import_user_modules([str(tmp_path)])
    assert {"in_a", "in_b"} <= set(registry.problem_names())


def test_every_module_of_a_package_is_imported_even_if_its_init_is_empty(tmp_path: Path) -> None:
    write_file(tmp_path / "mine_pkg/__init__.py", "")
    write_file(tmp_path / "mine_pkg/part.py", MY_PROBLEM.format(name="InPart"))
    write_file(tmp_path / "mine_pkg/other.py", "from . import part\n")
    registry.import_user_modules(str(tmp_path / "mine_pkg"))
    assert "in_part" in registry.problem_names()
    assert registry.PROBLEMS.find_module("in_part") == "mine_pkg.part"


def test_a_package_is_imported_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "mine_named/__init__.py", MY_PROBLEM.format(name="InNamed"))
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.import_user_modules("mine_named")
    assert "in_named" in registry.problem_names()


def test_several_entries_and_a_second_import_of_the_same(tmp_path: Path) -> None:
    one = write_file(tmp_path / "mine_one.py", MY_PROBLEM.format(name="InOne"))
    two = write_file(tmp_path / "mine_two.py", MY_PROBLEM.format(name="InTwo"))
    for _ in range(2):
        registry.import_user_modules([f"{one},{two}", ""])
    assert {"in_one", "in_two"} <= set(registry.problem_names())


def test_options_in_python_take_one_entry_as_a_text(tmp_path: Path) -> None:
    one = write_file(tmp_path / "mine_alone.py", MY_PROBLEM.format(name="InAlone"))
    options = t2t_mm.TrainingOptions(t2t_usr_dir=str(one))
    with pytest.raises(UserError, match=r"in_alone.* has not been generated"):
        t2t_mm.train(
            "in_alone",
            hparams=registry.load_hparams("multimodel_tiny"),
            data_dir=tmp_path / "data",
            output_dir=tmp_path / "run",
            options=options,
        )
    assert "in_alone" in registry.problem_names()


def test_a_user_module_may_register_a_set_or_a_group_only(tmp_path: Path) -> None:
    file = write_file(
        tmp_path / "mine_group.py",
        "from t2t_mm import registry\nregistry.register_group('mine_only', ['wmt_ende'])\n",
    )
    registry.import_user_modules(str(file))
    assert "mine_only" in registry.group_names()


def test_a_user_module_may_register_a_rate_function_only(tmp_path: Path) -> None:
    text = (
        "from t2t_mm import registry\n@registry.register_rate_function\ndef by_hours(problem, n):\n"
    )
    file = write_file(tmp_path / "mine_rates.py", f"{text}    return 2.0\n")
    registry.import_user_modules(str(file))
    assert registry.RATE_FUNCTIONS.lookup("by_hours")(None, 1) == 2.0


def test_a_file_seen_through_a_link_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "real/mine_linked.py", MY_PROBLEM.format(name="InLinked"))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.syspath_prepend(str(tmp_path / "link"))
    for folder in ("link", "real"):
        registry.import_user_modules(str(tmp_path / folder / "mine_linked.py"))
    assert "in_linked" in registry.problem_names()


def test_what_a_file_imports_may_register_in_its_place(tmp_path: Path) -> None:
    write_file(tmp_path / "mine_beside.py", MY_PROBLEM.format(name="InBeside"))
    file = write_file(tmp_path / "mine_importing.py", "import mine_beside\n")
    for entry in (file, tmp_path / "." / ".." / tmp_path.name / file.name, file):
        registry.import_user_modules(str(entry))
        assert find_entry("mine_beside") == str(file)
    assert "in_beside" in registry.problem_names()
    write_file(tmp_path / "mine_beside_too.py", MY_PROBLEM.format(name="InBesideToo"))
    text = "import mine_beside_too\n" + MY_PROBLEM.format(name="InBoth")
    both = write_file(tmp_path / "mine_both.py", text)
    registry.import_user_modules([str(both), str(tmp_path / "mine_beside_too.py")])
    assert find_entry("mine_both") == find_entry("mine_beside_too") == str(both)


def test_registering_nothing_is_an_error(tmp_path: Path) -> None:
    file = write_file(tmp_path / "mine_nothing.py", "X = 1\n")
    with pytest.raises(UserError, match="registers nothing"):
        registry.import_user_modules(str(file))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="without any Python file"):
        registry.import_user_modules(str(tmp_path))
    write_file(tmp_path / "test_words.py", "X = 1\n")
    with pytest.raises(UserError, match=r"does not begin with .*test_.*files='test_words.py'"):
        registry.import_user_modules(str(tmp_path))


@pytest.mark.parametrize("entry", ["no_such_thing_at_all", "no/such/folder", "no.such.package"])
def test_what_does_not_exist_is_an_error(entry: str) -> None:
    with pytest.raises(UserError, match=f"names nothing that exists.*t2t_usr_dir='{entry}'"):
        registry.import_user_modules(entry)


def test_a_file_that_is_not_python_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not Python"):
        registry.import_user_modules(str(write_file(tmp_path / "mine.txt", "")))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\nX = undefined\n", 2, "NameError: name 'undefined' is not defined"),
        ("X = 1\ndef f(:\n", 2, "SyntaxError"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        ("import no_such_module_x\n", 1, "ModuleNotFoundError"),
        ("import sys\nsys.exit()\n", 2, "SystemExit"),
    ],
)
def test_a_failing_import_names_file_and_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    file = write_file(tmp_path / "mine_broken.py", text)
    with pytest.raises(UserError) as caught:
        registry.import_user_modules(str(file))
    assert f"{file}:{line}" in str(caught.value)
    assert message in str(caught.value)
    file.write_text(MY_PROBLEM.format(name="Mended"), encoding="utf-8")
    registry.import_user_modules(str(file))  # mended, it can be imported in the same process
    assert "mended" in registry.problem_names()


def test_a_name_taken_by_another_module_is_an_error(tmp_path: Path) -> None:
    file = write_file(tmp_path / "json.py", MY_PROBLEM.format(name="InJson"))
    with pytest.raises(UserError, match="A module named 'json' exists already"):
        registry.import_user_modules(str(file))


def test_a_folder_shadows_nothing(tmp_path: Path) -> None:
    write_file(tmp_path / "mine_shadow.py", MY_PROBLEM.format(name="InShadow"))
    registry.import_user_modules(str(tmp_path))
    assert sys.path.index(str(tmp_path)) == len(sys.path) - 1


def test_the_entry_that_brought_a_module_is_known_for_its_parts_too(tmp_path: Path) -> None:
    write_file(tmp_path / "mine_entry/__init__.py", "")
    write_file(tmp_path / "mine_entry/part.py", MY_PROBLEM.format(name="InEntry"))
    entry = str(tmp_path / "mine_entry")
    registry.import_user_modules(entry)
    assert find_entry("mine_entry") == find_entry("mine_entry.part") == entry
    assert find_entry("mine_entry_too") == find_entry("json") == ""
