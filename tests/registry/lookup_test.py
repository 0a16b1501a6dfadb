from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from own_problems import Text

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Feature, Language
from t2t_mm.problems import BUILTIN


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
    assert registry.expand_problems("wmt_deen_rev,wmt_ende,wmt_enfr_rev") == [
        "wmt_ende",
        "wmt_enfr_rev",
    ]


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
    "name", ["text2text_files/", "text2text_files/../x", "text2text_files/a//b"]
)
def test_a_malformed_argument_is_an_error(name: str) -> None:
    with pytest.raises(UserError, match="after the slash"):
        registry.problem(name)


def test_an_argument_is_refused_by_a_class_that_takes_none() -> None:
    with pytest.raises(UserError, match="'wmt_ende' takes no argument"):
        registry.problem("wmt_ende/x")


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


def test_a_reversal_is_scored_as_its_own_targets_are() -> None:
    assert registry.problem("mini_parse").metrics == ("brackets",)
    assert registry.problem("mini_parse_rev").metrics == ("bleu", "chrf")
    assert registry.problem("tree_files/bank_rev").metrics == ("bleu", "chrf")
    registry.register_problem("spelled")(type("Spelled", (Text,), {"metrics": ("wer",)}))
    assert registry.problem("spelled_rev").metrics == ("wer",)
