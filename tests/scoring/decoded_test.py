"""Decoded outputs beside what is true: one of each for every example."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded


def test_inputs_and_rankings_may_be_left_out() -> None:
    decoded = Decoded(["a", "b"], [["a"], ["c", "b"]])
    assert not decoded.inputs and not decoded.rankings
    assert Decoded([], []).hypotheses == []


def test_an_example_without_a_true_output_is_refused() -> None:
    with pytest.raises(UserError, match=r"at least one reference.*example=1"):
        Decoded(["a", "b"], [["a"], []])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"references": [["a"]]}, "one list of references each"),
        ({"inputs": ["x"]}, "one input each"),
        ({"rankings": [["a", "b"]]}, "one ranking each"),
    ],
)
def test_columns_of_another_length_are_our_own_bug(
    columns: dict[str, list[object]], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        Decoded(**{"hypotheses": ["a", "b"], "references": [["a"], ["b"]]} | columns)


def test_parts_are_joined_in_order_and_split_into_single_examples() -> None:
    one = Decoded(["a"], [["b", "c"]], [""], [["a", "b"]], 9, [0.5])
    names = [["d", "c"], ["e", "d"]]
    other = Decoded(["d", "e"], [["d"], ["f"]], ["", ""], names, 9, [0.7, 0.6])
    both = Decoded.join([one, other])
    assert (both.hypotheses, both.references[0]) == (["a", "d", "e"], ["b", "c"])
    assert [part.rankings for part in both.split()] == [[["a", "b"]], [["d", "c"]], [["e", "d"]]]
    assert [part.probabilities for part in both.split()] == [[0.5], [0.7], [0.6]]
    assert all(part.num_classes == 9 for part in both.split())
    assert Decoded.join(list(both.split())) == both
    assert [part.inputs for part in Decoded(["a"], [["b"]]).split()] == [()]
    assert Decoded.join([]) == Decoded([], [], [], [], 0, [])
