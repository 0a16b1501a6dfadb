from t2t_mm.data.records.example_lengths import (
    LONGEST,
    count_examples,
    lengths_from_json,
    lengths_to_json,
)

LENGTHS = {"inputs": {12: 1, 3: 2}, "targets": {1: 3}}


def test_examples_are_counted_once_however_many_features_they_have() -> None:
    assert count_examples(LENGTHS) == 3
    assert count_examples({}) == 0


def test_lengths_survive_a_record_in_order() -> None:
    record = lengths_to_json(LENGTHS)
    assert list(record["inputs"]) == ["3", "12"]
    assert lengths_from_json(record) == LENGTHS


def test_a_record_of_an_earlier_version_knows_the_longest_features_only() -> None:
    lengths = lengths_from_json({"3": 2, "12": 1})
    assert lengths == {LONGEST: {3: 2, 12: 1}}
    assert count_examples(lengths) == 3
    assert lengths_from_json({}) == {}
