"""Objects of JSON: what is none is an error, what is no Unicode is left out."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems.json_objects import flatten_object, parse_object


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1', "3", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_object_is_an_error_that_says_where(text: str) -> None:
    with pytest.raises(UserError, match=r"^a\.jsonl, line 7: this is no JSON object"):
        parse_object(text, "a.jsonl, line 7")


def test_half_a_surrogate_pair_is_left_out() -> None:
    with collect_odd_items() as odd:
        assert parse_object('{"a": "\\ud83d"}', "line 1") is None
        assert parse_object('{"a": "\\ud83d\\ude00"}', "line 2") == {"a": "\U0001f600"}
    assert len(odd) == 1 and odd[0].startswith("line 1: half")


def test_fields_within_count_as_own_and_own_ones_come_before() -> None:
    assert flatten_object({"a": 1, "b": {"a": 2, "c": 3}}) == {
        "a": 1,
        "c": 3,
        "b": {"a": 2, "c": 3},
    }
