"""A wrong argument of a public function is named, and nothing that is right is refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

import t2t_mm
from t2t_mm.argument_types import check_argument_types
from t2t_mm.errors import UserError


def take(
    place: str | Path = "",
    names: str | Sequence[str] = (),
    rate: float = 0.0,
    count: int = 0,
    how: Literal["fast", "slow"] = "fast",
    tell: Callable[[str], None] | None = None,
    rates: Mapping[str, float] | None = None,
    lines: Iterable[str] = (),
    anything: Any = None,
) -> str:
    return "taken"


def test_the_home_folder_may_be_written_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(place: str | Path, named: str) -> tuple[str | Path, str]:
        return place, named

    monkeypatch.setenv("HOME", "/home/me")
    checked = check_argument_types(find)
    assert checked("~/data", "~/data") == ("/home/me/data", "~/data")
    assert checked(Path("~/data"), named="") == (Path("/home/me/data"), "")
    assert checked("data/~", "") == ("data/~", "")


@pytest.mark.parametrize(
    "given",
    [
        {"place": Path("a"), "names": ["a", "b"], "rate": 1, "count": 2},
        {"how": "slow", "tell": print, "rates": {"a": 1.0}, "lines": iter("ab")},
        {"names": "a", "anything": object(), "tell": None},
    ],
)
def test_what_is_right_is_taken(given: dict[str, Any]) -> None:
    assert check_argument_types(take)(**given) == "taken"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("place", 3, "str or Path"),
        ("place", None, "str or Path"),
        ("names", ["a", 3], r"str or Sequence\[str\]"),
        ("rate", "0.1", "float"),
        ("rate", True, "float"),
        ("count", 1.0, "int"),
        ("how", "quick", "Literal"),
        ("tell", "print", "Callable"),
        ("rates", ["a"], "Mapping"),
        ("lines", 5, "Iterable"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: Any, expected: str) -> None:
    told = rf"take: `{name}` has the wrong type\. Expected: {expected}.* Received: {name}="
    with pytest.raises(UserError, match=told):
        check_argument_types(take)(**{name: value})


def test_a_call_without_an_argument_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="'plaice'"):
        check_argument_types(take)(plaice="")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "given", "wrong"),
    [
        ("train", {"problems": 5, "hparams": 3, "data_dir": "", "output_dir": ""}, "problems"),
        ("train", {"problems": "", "hparams": 3, "data_dir": "", "output_dir": ""}, "hparams"),
        ("evaluate", {"output_dir": 3}, "output_dir"),
        ("evaluate", {"output_dir": "run", "options": {"limit": 3}}, "options"),
        ("load", {"output_dir": None}, "output_dir"),
        ("datagen", {"problems": "mini_8", "data_dir": None}, "data_dir"),
        ("run_study", {"study": "words", "study_dir": "", "data_dir": ""}, "study"),
        ("compare", {"run_a": 3, "run_b": "run"}, "run_a"),
        ("report", {"output_dir": 3}, "output_dir"),
        ("score_translation", {"translation": "a.txt", "references": "b.txt"}, "references"),
        ("load", {"output_dir": "run", "problems": 5}, "problems"),
    ],
)
def test_public_functions_name_what_is_wrong(name: str, given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(UserError, match=f"`{wrong}` has the wrong type"):
        getattr(t2t_mm, name)(**given)
