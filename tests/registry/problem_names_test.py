"""The grammar of names."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.registry.problem_names import ProblemName, fill_in_argument, parse_problem_name


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


@pytest.mark.parametrize("text", ["bee/", "bee/../x", "bee/a//b", "bee/_rev"])
def test_a_malformed_argument_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="after the slash"):
        parse_problem_name(text)


def test_an_argument_is_handed_on_unless_there_is_one() -> None:
    assert fill_in_argument("bee_rev", "en-de") == "bee/en-de_rev"
    assert fill_in_argument("bee/fr", "en-de") == "bee/fr"
    assert fill_in_argument("bee", "") == "bee"
