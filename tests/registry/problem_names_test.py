"""The grammar of names and lists, with a grammar of a few letters."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.registry.problem_names import (
    Grammar,
    ProblemName,
    expand_list,
    fill_in_argument,
    parse_problem_name,
)

NAMES = ["ant", "bee", "bat"]
GRAMMAR: Grammar = {
    "names": NAMES,
    "groups": {"flies": ("bee", "bat")},
    "is_name": lambda name: parse_problem_name(name).base in NAMES,
    "unknown": lambda name: UserError(f"unknown {name}"),
}


@pytest.mark.parametrize(
    ("text", "name", "forward"),
    [
        ("bee", ProblemName("bee"), "bee"),
        ("bee_rev", ProblemName("bee", is_reversed=True), "bee"),
        ("bee/en-de", ProblemName("bee", "en-de"), "bee/en-de"),
        ("bee/en-de_rev", ProblemName("bee", "en-de", is_reversed=True), "bee/en-de"),
    ],
)
def test_a_name_is_taken_apart_and_put_together(text: str, name: ProblemName, forward: str) -> None:
    assert parse_problem_name(text) == name
    assert (str(name), name.forward) == (text, forward)


@pytest.mark.parametrize("text", ["bee/", "bee/../x", "bee/a/b", "bee/_rev"])
def test_a_malformed_argument_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="after the slash"):
        parse_problem_name(text)


def test_an_argument_is_handed_on_unless_there_is_one() -> None:
    assert fill_in_argument("bee_rev", "en-de") == "bee/en-de_rev"
    assert fill_in_argument("bee/fr", "en-de") == "bee/fr"
    assert fill_in_argument("bee", "") == "bee"


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("bee", ["bee"]),
        (" bee , ant,bee,", ["bee", "ant"]),
        (["bee", "ant,bat"], ["bee", "ant", "bat"]),
        ("b*", ["bee", "bat"]),
        ("?a[a-z]", ["bat"]),
        ("flies", ["bee", "bat"]),
        ("ant-flies", ["ant", "bee", "bat"]),
        ("bee_rev,bee", ["bee_rev", "bee"]),
    ],
)
def test_a_list_is_written_out(spec: str | list[str], found: list[str]) -> None:
    assert expand_list(spec, "", **GRAMMAR) == found


@pytest.mark.parametrize(
    ("spec", "message"),
    [("cat", "unknown cat"), ("bee-cat", "unknown bee-cat"), ("c*", "No problem matches 'c\\*'")],
)
def test_a_part_that_stands_for_nothing_is_an_error(spec: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        expand_list(spec, "", **GRAMMAR)


FOUND = ["bee", "bee_rev", "bat/x"]


@pytest.mark.parametrize(
    ("exclude", "kept"),
    [("bee", ["bee_rev", "bat/x"]), ("*_rev,bat/*", ["bee"]), ("", FOUND)],
)
def test_globs_of_an_exclusion_see_full_names_and_a_name_only_itself(
    exclude: str, kept: list[str]
) -> None:
    assert expand_list(FOUND, exclude, **GRAMMAR) == kept


@pytest.mark.parametrize(
    ("spec", "exclude", "message"),
    [
        (FOUND, "bee,ant", "Excluding 'ant' leaves nothing out"),
        ("", "", "No problem is named"),
        ("bee", "b*", "The exclusion leaves no problem"),
    ],
)
def test_a_list_of_nothing_is_an_error(spec: str | list[str], exclude: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        expand_list(spec, exclude, **GRAMMAR)
