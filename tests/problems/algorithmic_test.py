"""Copy and reverse: right answers, parts, and splits that share nothing."""

import pytest

from t2t_mm import registry
from t2t_mm.problems.algorithmic import AlgorithmicProblem, choose_sequence_split


@pytest.mark.parametrize(
    ("name", "expected"), [("algorithmic_copy", "0012"), ("algorithmic_reverse", "2100")]
)
def test_the_right_answer(name: str, expected: str) -> None:
    problem = registry.problem(name)
    assert isinstance(problem, AlgorithmicProblem)
    assert problem.solve("0012") == expected
    for row in problem.generate("test"):
        assert row["targets"] == problem.solve(row["inputs"])


def test_lengths_sizes_and_parts() -> None:
    problem = registry.problem("algorithmic_reverse")
    rows = list(problem.generate("train"))
    assert len(rows) == 10_000
    assert {len(row["inputs"]) for row in rows} == set(range(4, 17))
    assert list(problem.generate_part("train", 2)) == rows[5_000:7_500]


def test_splits_share_no_sequence_and_held_out_ones_do_not_repeat() -> None:
    problem = registry.problem("algorithmic_copy")
    train, validation, test = (
        [row["inputs"] for row in problem.generate(split)] for split in problem.splits
    )
    assert len(set(validation)) == len(validation) == len(set(test)) == len(test) == 200
    assert not {*train} & {*validation, *test} and not {*validation} & {*test}
    assert all(choose_sequence_split(inputs) == "test" for inputs in test)
