"""Versions and splits that are none."""

from typing import Any

import pytest
from own_problems import Text

from t2t_mm import registry
from t2t_mm.errors import UserError


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"version": 2}, r"Problem odd has a version that is none.*Received: version=2\."),
        ({"version": "1.0"}, r"three numbers such as '1\.0\.0'\. Received: version='1\.0'\."),
        ({"splits": ("train")}, r"of one \('train',\)\. Received: splits='train'\."),
        ({"splits": ()}, r"Problem odd has splits that are none.*Received: splits=\(\)\."),
        ({"splits": ("train", 1)}, r"Received: splits=\('train', 1\)\."),
    ],
)
def test_what_a_class_declares_is_refused_where_it_is_registered(
    declared: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        registry.register_problem("odd")(type("Odd", (Text,), declared))


def test_what_a_class_computes_is_not_looked_at() -> None:
    @registry.register_problem
    class OfFolders(Text):
        @property
        def splits(self) -> tuple[str, ...]:  # type: ignore[override]
            raise AssertionError("which looks into folders")

    @registry.register_problem
    class OfAList(Text):
        splits = ["train"]  # type: ignore[assignment]  # noqa: RUF012
        version = "10.2.0"

    assert {"of_folders", "of_a_list"} <= {*registry.problem_names()}
