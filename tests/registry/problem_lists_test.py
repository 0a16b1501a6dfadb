"""The grammar of lists, with tables of a few names."""

from types import SimpleNamespace

import pytest

from t2t_mm.errors import UserError
from t2t_mm.registry import Group, lookup, problem_lists
from t2t_mm.registry.problem_lists import expand_problems
from t2t_mm.registry.tables import Registry


class Few:
    """A problem of texts."""

    takes_argument, reverse_of = True, ""
    modalities = dict.fromkeys(("inputs", "targets"), SimpleNamespace(is_text=True))


class Tic(Few):
    """One that is declared as the reversal of another."""

    reverse_of = "bat"


@pytest.fixture(autouse=True)
def _few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    problems: Registry[object] = Registry("problem")
    for name in ("ant", "bee", "bat", "tic"):
        problems.register(name, Tic if name == "tic" else Few)
    groups: Registry[Group] = Registry("group")
    groups.register("flies", Group(("bee", "bat")))
    for module in (lookup, problem_lists):
        monkeypatch.setattr(module, "PROBLEMS", problems)
        monkeypatch.setattr(module, "GROUPS", groups)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("bee", ["bee"]),
        (" bee , ant,bee,", ["bee", "ant"]),
        (["bee", "ant,bat"], ["bee", "ant", "bat"]),
        ("b*", ["bat", "bee"]),
        ("?a[a-z]", ["bat"]),
        ("flies", ["bee", "bat"]),
        ("ant-flies", ["ant", "bee", "bat"]),
        ("bee_rev,bee", ["bee_rev", "bee"]),
        ("bat,tic_rev,tic", ["bat", "tic"]),
    ],
)
def test_a_list_is_written_out(spec: str | list[str], found: list[str]) -> None:
    assert expand_problems(spec) == found


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cat", "There is no problem named 'cat'"),
        ("bee-cat", "There is no problem named 'bee-cat'"),
        ("c*", "No problem matches 'c\\*'"),
    ],
)
def test_a_part_that_stands_for_nothing_is_an_error(spec: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        expand_problems(spec)


FOUND = ["bee", "bee_rev", "bat/x"]


@pytest.mark.parametrize(
    ("exclude", "kept"),
    [("bee", ["bee_rev", "bat/x"]), ("*_rev,bat/*", ["bee"]), ("", FOUND)],
)
def test_globs_of_an_exclusion_see_full_names_and_a_name_only_itself(
    exclude: str, kept: list[str]
) -> None:
    assert expand_problems(FOUND, exclude) == kept


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
        expand_problems(spec, exclude)


def test_what_there_is_of_a_problem_is_listed_for_globs_only() -> None:
    asked = []

    def own(base: str) -> list[str]:
        asked.append(base)
        return [f"{base}/{argument}" for argument in ("x", "y", "x1")]

    assert expand_problems("bat/z,bee", own=own) == ["bat/z", "bee"] and not asked
    assert expand_problems("bat/x*", own=own) == ["bat/x", "bat/x1"] and asked == ["bat"]
