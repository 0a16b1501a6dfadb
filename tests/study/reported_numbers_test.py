"""Which numbers of the paper stand beside which problem."""

import pytest

from t2t_mm import registry
from t2t_mm.study.reported_numbers import BLOCKS, JOINT_AND_ALONE, find_reported


@pytest.mark.parametrize(
    ("name", "joint_and_alone", "blocks"),
    [
        ("mini_image", {"a": 66.0, "b": 67.0}, {"a": 67.0, "b": 66.0}),
        ("mini_ende", {"a": 72.0, "b": 71.0}, {}),
        ("mini_enfr", {}, {"a": 76.0, "b": 74.0}),
        ("mini_caption", {}, {}),
    ],
)
def test_problems_have_what_their_metric_and_command_have(
    name: str, joint_and_alone: dict[str, float], blocks: dict[str, float]
) -> None:
    problem = registry.problem(name)
    assert find_reported(problem, JOINT_AND_ALONE, "ab") == joint_and_alone
    assert find_reported(problem, BLOCKS, "ab") == blocks
