import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from t2t_mm import Problem, registry
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Feature, Language
from t2t_mm.problems import BUILTIN
from t2t_mm.registry.tables import Registry
from t2t_mm.settings import HParams, ModelHParams

TABLES = (registry.PROBLEMS, registry.MODALITIES, registry.HPARAMS, registry.GROUPS)

MY_PROBLEM = """
from t2t_mm import Language, Problem, registry

@registry.register_problem
class {name}(Problem):
    \"\"\"Mine.\"\"\"
    modalities = {{"inputs": Language(), "targets": Language()}}

    def generate(self, split):
        yield {{"inputs": "a", "targets": "b"}}
"""


class Text(Problem):
    modalities: ClassVar[Mapping[str, Feature]] = {"inputs": Language(), "targets": Language()}

    def generate(self, split: str) -> list[dict[str, str]]:
        return []


@pytest.fixture(autouse=True)
def tables_and_imports_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded, registered = set(sys.modules), [table.places() for table in TABLES]
    yield
    for table, before in zip(TABLES, registered, strict=True):
        for name, place in table.places().items():
            if name not in before and not place.module.startswith("t2t_mm."):
                del table._entries[name]
    for name in set(sys.modules) - loaded:
        if not name.startswith("t2t_mm"):
            del sys.modules[name]


# Registering.


def test_the_default_name_is_the_class_name_in_snake_case() -> None:
    @registry.register_problem
    class ReverseWords(Text):
        pass

    @registry.register_problem()
    class SortWords2(Text):
        pass

    assert registry.problem_class("reverse_words") is ReverseWords
    assert registry.problem_class("sort_words2") is SortWords2


def test_a_name_of_ones_own() -> None:
    @registry.register_problem("other_words")
    class ReverseWords(Text):
        pass

    assert registry.problem("other_words").name == "other_words"
    assert isinstance(registry.problem("other_words"), ReverseWords)
    assert "reverse_words" not in registry.PROBLEMS


@pytest.mark.parametrize(
    ("camel", "snake"),
    [("ReverseWords", "reverse_words"), ("WMTEnDe", "wmt_en_de"), ("Mnist28", "mnist28")],
)
def test_snake_case(camel: str, snake: str) -> None:
    assert registry.snake_case(camel) == snake


def test_registering_is_visible_in_the_names() -> None:
    registry.register_problem("aaa_first")(Text)
    assert registry.problem_names()[0] == "aaa_first"


def test_hparams_and_modalities_register_alike() -> None:
    @registry.register_hparams
    def my_small() -> HParams:
        return HParams(model=ModelHParams(width=8))

    @registry.register_modality
    class TouchModality:
        pass

    assert registry.hparams("my_small").model.width == 8
    assert registry.modality("touch") is TouchModality


def test_a_set_that_returns_something_else_is_an_error() -> None:
    registry.register_hparams("wrong_set")(lambda: {"width": 8})  # type: ignore[arg-type,return-value]
    with pytest.raises(UserError, match="'wrong_set' does not return an HParams"):
        registry.hparams("wrong_set")


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


def test_two_classes_of_one_name_in_one_file_are_an_error(tmp_path: Path) -> None:
    text = MY_PROBLEM.format(name="MineTwice")
    _write(tmp_path / "mine_twice.py", text + text)
    with pytest.raises(UserError, match=r"registered twice, at \S+mine_twice\.py:4 and at"):
        registry.import_user_modules(str(tmp_path / "mine_twice.py"))


def test_a_module_that_is_reloaded_replaces_its_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _write(tmp_path / "mine_reloaded.py", MY_PROBLEM.format(name="MineReloaded"))
    module = importlib.import_module("mine_reloaded")
    _write(tmp_path / "mine_reloaded.py", "# moved down\n" + MY_PROBLEM.format(name="MineReloaded"))
    importlib.reload(module)
    assert registry.problem_class("mine_reloaded") is module.MineReloaded


@pytest.mark.parametrize("names", [["alone"], ["there", "back"]])
@pytest.mark.parametrize("suffix", ["", "_rev"])
def test_a_reversal_of_itself_is_an_error(names: list[str], suffix: str) -> None:
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        circle = type("Circle", (Text,), {"reverse_of": other + suffix})
        registry.register_problem(name)(circle)
    for name in (names[0], f"{names[0]}_rev"):
        with pytest.raises(UserError, match="is in the end the reversal of itself"):
            registry.problem(name)


def test_the_reversal_of_a_declared_reversal_keeps_the_argument() -> None:
    registry.register_problem("with_pair")(type("Pair", (Text,), {"takes_argument": True}))
    members = {"takes_argument": True, "reverse_of": "with_pair"}
    registry.register_problem("with_pair_back")(type("PairBack", (Text,), members))
    assert registry.problem("with_pair_back/en-de").data_name == "with_pair/en-de"
    assert registry.problem("with_pair_back/en-de_rev").name == "with_pair/en-de"


def test_the_name_of_a_built_in_is_taken_before_it_is_imported() -> None:
    with pytest.raises(UserError, match=r"registered twice.*problems.wmt"):
        registry.register_problem("wmt_ende")(Text)


@pytest.mark.parametrize("name", ["Big", "a-b", "a/b", "1a", "", "a b"])
def test_a_malformed_name_is_an_error(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a problem"):
        registry.register_problem(name)(Text)


def test_rev_at_the_end_is_reserved() -> None:
    with pytest.raises(UserError, match="ends in '_rev'"):
        registry.register_problem("words_rev")(Text)


def test_what_is_no_problem_is_refused() -> None:
    with pytest.raises(UserError, match=r"a class derived from t2t_mm\.Problem"):
        registry.register_problem("nothing")(dict)


def test_a_problem_without_modalities_is_refused() -> None:
    class Bare(Problem):
        def generate(self, split: str) -> list[dict[str, Any]]:
            return []

    with pytest.raises(UserError, match="declares no modalities"):
        registry.register_problem(Bare)


def test_groups_and_problems_share_one_name_space() -> None:
    with pytest.raises(UserError, match="name of a problem"):
        registry.register_group("wmt_ende", ["wmt_deen"])
    with pytest.raises(UserError, match="name of a group"):
        registry.register_problem("mini_text")(Text)


# Looking up.


@pytest.mark.parametrize("name", BUILTIN)
def test_every_built_in_is_where_the_list_says(name: str) -> None:
    problem = registry.problem(name)
    assert problem.name == name
    assert type(problem).__doc__
    assert problem.features


@pytest.mark.parametrize("name", registry.group_names())
def test_every_group_has_known_problems(name: str) -> None:
    group = registry.GROUPS.lookup(name)
    assert group.doc
    assert all(registry.is_problem_name(problem) for problem in group.names)


def test_an_unknown_name_is_answered_with_the_closest_and_the_way_in() -> None:
    with pytest.raises(UserError) as caught:
        registry.problem("wmt_edne")
    assert "Did you mean 'wmt_ende'" in str(caught.value)
    assert "--t2t_usr_dir" in str(caught.value)


def test_the_folders_reach_the_problem(tmp_path: Path) -> None:
    problem = registry.problem("wmt_ende", data_dir=tmp_path / "d", tmp_dir=str(tmp_path / "t"))
    assert (problem.data_dir, problem.tmp_dir) == (tmp_path / "d", tmp_path / "t")


def test_rev_exchanges_and_reads_the_same_data() -> None:
    registry.register_problem("forth")(Text)
    cls = registry.problem_class("forth_rev")
    back = registry.problem("forth_rev")
    assert issubclass(cls, Text) and cls.reverse_of == "forth"
    assert (back.name, back.data_name) == ("forth_rev", "forth")


def test_rev_exchanges_different_vocabularies() -> None:
    class TwoVocabularies(Text):
        modalities: ClassVar[Mapping[str, Feature]] = {
            "inputs": Language("one"),
            "targets": Language("two"),
        }

    registry.register_problem(TwoVocabularies)
    features = registry.problem("two_vocabularies_rev").features
    assert features == {"inputs": Language("two"), "targets": Language("one")}


def test_the_reversal_of_a_reversal_is_the_original() -> None:
    assert registry.problem("wmt_deen_rev").name == "wmt_ende"


def test_only_text_to_text_can_be_reversed() -> None:
    class Classify(Text):
        modalities: ClassVar[Mapping[str, Feature]] = {
            "inputs": Language(),
            "targets": Categorical(num_classes=2),
        }

    registry.register_problem(Classify)
    with pytest.raises(UserError, match="Only a text-to-text problem can be reversed"):
        registry.problem("classify_rev")


def test_an_argument_follows_a_slash() -> None:
    problem = registry.problem("text2text_files/en-de")
    assert (problem.name, problem.argument) == ("text2text_files/en-de", "en-de")
    back = registry.problem("text2text_files/en-de_rev")
    assert (back.name, back.reverse_of) == ("text2text_files/en-de_rev", "text2text_files/en-de")


@pytest.mark.parametrize(
    "name", ["text2text_files/", "text2text_files/../x", "text2text_files/a/b"]
)
def test_a_malformed_argument_is_an_error(name: str) -> None:
    with pytest.raises(UserError, match="after the slash"):
        registry.problem(name)


def test_an_argument_is_refused_by_a_class_that_takes_none() -> None:
    with pytest.raises(UserError, match="'wmt_ende' takes no argument"):
        registry.problem("wmt_ende/x")


# Lists of problems.

MINI = ["mini_ende", "mini_deen", "mini_enfr", "mini_fren"]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("wmt_ende", ["wmt_ende"]),
        ("wmt_ende, mini_ende", ["wmt_ende", "mini_ende"]),
        (["wmt_ende", "mini_ende,wmt_ende"], ["wmt_ende", "mini_ende"]),
        ("mini_text", MINI),
        ("mini_text-algorithmic_copy", [*MINI, "algorithmic_copy"]),
        ("wmt_ende-wmt_deen-mini_ende", ["wmt_ende", "wmt_deen", "mini_ende"]),
        ("mini_en*", ["mini_ende", "mini_enfr"]),
        ("mini_??de", ["mini_ende"]),
        ("mini_ende_rev", ["mini_ende_rev"]),
        (
            "text2text_files/en-de,text2text_files/de-fr_rev",
            ["text2text_files/en-de", "text2text_files/de-fr_rev"],
        ),
    ],
)
def test_lists_are_written_out_in_order(spec: str | list[str], names: list[str]) -> None:
    assert registry.expand_problems(spec) == names


def test_exclusion_takes_the_same_grammar() -> None:
    assert registry.expand_problems("mini_text,wmt_ende", "*fr*,wmt") == ["mini_ende", "mini_deen"]


@pytest.mark.parametrize(
    ("exclude", "kept"),
    [
        ("text2text*", ["mini_ende", "mini_ende_rev"]),
        ("text2text_files/en-de,mini_ende", ["text2text_files/de-en_rev", "mini_ende_rev"]),
        ("*_rev", ["text2text_files/en-de", "mini_ende"]),
    ],
)
def test_exclusion_reaches_arguments_and_reversals(exclude: str, kept: list[str]) -> None:
    spec = "text2text_files/en-de,text2text_files/de-en_rev,mini_ende,mini_ende_rev"
    assert registry.expand_problems(spec, exclude) == kept


def test_a_group_of_ones_own() -> None:
    registry.register_group("my_two", ["wmt_ende", "mini_ende"], doc="Two.")
    assert registry.expand_problems("my_two") == ["wmt_ende", "mini_ende"]
    assert "my_two" in registry.group_names()


@pytest.mark.parametrize(
    ("spec", "exclude", "message"),
    [
        ("mini_endee", "", "Did you mean 'mini_ende'"),
        ("wmt_ende-mini_endee", "", "no problem named 'wmt_ende-mini_endee'"),
        ("nothing_*", "", "No problem matches 'nothing_\\*'"),
        ("", "", "No problem is named"),
        (" , ", "", "No problem is named"),
        ("mini_text", "mini_*", "leaves no problem"),
        ("mini_text", "mini_fre", "no problem named 'mini_fre'"),
        ("mini_text", "*fr*,wmt_ende", "Excluding 'wmt_ende' leaves nothing out"),
        ("mini_text", "text2text*", "Excluding 'text2text\\*' leaves nothing out"),
    ],
)
def test_a_bad_list_is_an_error(spec: str, exclude: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        registry.expand_problems(spec, exclude)


# The user's own modules.


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_imported(tmp_path: Path) -> None:
    file = _write(tmp_path / "mine_file.py", MY_PROBLEM.format(name="InFile"))
    registry.import_user_modules(str(file))
    assert registry.problem("in_file").name == "in_file"


def test_every_module_of_a_folder_is_imported(tmp_path: Path) -> None:
    _write(tmp_path / "mine_a.py", MY_PROBLEM.format(name="InA") + "import mine_words\n")
    _write(tmp_path / "mine_b.py", MY_PROBLEM.format(name="InB"))
    _write(tmp_path / "mine_words.py", "WORDS = 1\n")
    _write(tmp_path / "test_mine.py", "raise RuntimeError\n")
    registry.import_user_modules([str(tmp_path)])
    assert {"in_a", "in_b"} <= set(registry.problem_names())


def test_every_module_of_a_package_is_imported_even_if_its_init_is_empty(tmp_path: Path) -> None:
    _write(tmp_path / "mine_pkg/__init__.py", "")
    _write(tmp_path / "mine_pkg/part.py", MY_PROBLEM.format(name="InPart"))
    _write(tmp_path / "mine_pkg/other.py", "from . import part\n")
    registry.import_user_modules(str(tmp_path / "mine_pkg"))
    assert "in_part" in registry.problem_names()
    assert registry.PROBLEMS.module_of("in_part") == "mine_pkg.part"


def test_a_package_is_imported_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "mine_named/__init__.py", MY_PROBLEM.format(name="InNamed"))
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.import_user_modules("mine_named")
    assert "in_named" in registry.problem_names()


def test_several_entries_and_a_second_import_of_the_same(tmp_path: Path) -> None:
    one = _write(tmp_path / "mine_one.py", MY_PROBLEM.format(name="InOne"))
    two = _write(tmp_path / "mine_two.py", MY_PROBLEM.format(name="InTwo"))
    for _ in range(2):
        registry.import_user_modules([f"{one},{two}", ""])
    assert {"in_one", "in_two"} <= set(registry.problem_names())


def test_a_user_module_may_register_a_set_or_a_group_only(tmp_path: Path) -> None:
    file = _write(
        tmp_path / "mine_group.py",
        "from t2t_mm import registry\nregistry.register_group('mine_only', ['wmt_ende'])\n",
    )
    registry.import_user_modules(str(file))
    assert "mine_only" in registry.group_names()


def test_registering_nothing_is_an_error(tmp_path: Path) -> None:
    file = _write(tmp_path / "mine_nothing.py", "X = 1\n")
    with pytest.raises(UserError, match="registers nothing"):
        registry.import_user_modules(str(file))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="without any Python file"):
        registry.import_user_modules(str(tmp_path))


@pytest.mark.parametrize("entry", ["no_such_thing_at_all", "no/such/folder", "no.such.package"])
def test_what_does_not_exist_is_an_error(entry: str) -> None:
    with pytest.raises(UserError, match=f"names nothing that exists.*t2t_usr_dir='{entry}'"):
        registry.import_user_modules(entry)


def test_a_file_that_is_not_python_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not Python"):
        registry.import_user_modules(str(_write(tmp_path / "mine.txt", "")))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\nX = undefined\n", 2, "NameError: name 'undefined' is not defined"),
        ("X = 1\ndef f(:\n", 2, "SyntaxError"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        ("import no_such_module_x\n", 1, "ModuleNotFoundError"),
    ],
)
def test_a_failing_import_names_file_and_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    file = _write(tmp_path / "mine_broken.py", text)
    with pytest.raises(UserError) as caught:
        registry.import_user_modules(str(file))
    assert f"{file}:{line}" in str(caught.value)
    assert message in str(caught.value)
    file.write_text(MY_PROBLEM.format(name="Mended"), encoding="utf-8")
    registry.import_user_modules(str(file))  # mended, it can be imported in the same process
    assert "mended" in registry.problem_names()


def test_a_name_taken_by_another_module_is_an_error(tmp_path: Path) -> None:
    file = _write(tmp_path / "json.py", MY_PROBLEM.format(name="InJson"))
    with pytest.raises(UserError, match="A module named 'json' exists already"):
        registry.import_user_modules(str(file))


def test_a_folder_shadows_nothing(tmp_path: Path) -> None:
    _write(tmp_path / "mine_shadow.py", MY_PROBLEM.format(name="InShadow"))
    registry.import_user_modules(str(tmp_path))
    assert sys.path.index(str(tmp_path)) == len(sys.path) - 1


# Entry points of installed packages.


def _install(folder: Path, points: str, modules: Mapping[str, str]) -> None:
    """Lays a distribution out as pip does."""
    info = folder / "plugin_words-1.0.dist-info"
    _write(info / "METADATA", "Metadata-Version: 2.1\nName: plugin_words\nVersion: 1.0\n")
    _write(info / "entry_points.txt", f"[t2t_mm.problems]\n{points}\n")
    for name, text in modules.items():
        _write(folder / f"{name}.py", text)


@pytest.fixture
def fresh_entry_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from t2t_mm.registry import registration

    registration._entry_points.cache_clear()
    yield
    registration._entry_points.cache_clear()


@pytest.mark.usefixtures("fresh_entry_points")
def test_an_installed_package_is_listed_unimported_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(
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
    _install(tmp_path, "in_plugin = mine_plugin", {"mine_plugin": text})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=f"mine_plugin.*{message}"):
        registry.problem("in_plugin")
    assert registry.problem("wmt_ende").name == "wmt_ende"


@pytest.mark.usefixtures("fresh_entry_points")
def test_a_name_that_an_installed_package_offers_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(
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
    _install(tmp_path, points, {})
    info = tmp_path / "other_words-1.0.dist-info"
    _write(info / "METADATA", "Metadata-Version: 2.1\nName: other_words\nVersion: 1.0\n")
    _write(info / "entry_points.txt", "[t2t_mm.problems]\nboth = other_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=message):
        registry.problem_names()


# The table itself.


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
