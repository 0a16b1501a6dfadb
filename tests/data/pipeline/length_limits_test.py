"""Which examples are too long, by data that knows each feature and by data that does not."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import pytest

from t2t_mm import Audio, Categorical, Image, Language, Problem, UserError
from t2t_mm.data.kinds.feature_kind import Limit
from t2t_mm.data.pipeline.length_limits import (
    choose_limits,
    count_dropped_examples,
    count_kept_examples,
    find_longest_kept,
    find_longest_of_each,
)
from t2t_mm.data.records.example_lengths import LONGEST, Lengths
from t2t_mm.data.records.stored import DataInfo, Metadata
from t2t_mm.features import Feature
from t2t_mm.settings import DataHParams

TEN = {"inputs": Limit("ten", 10), "targets": Limit("ten", 10)}


class Spoken(Problem):
    modalities: ClassVar[dict[str, Feature]] = {"inputs": Audio(), "targets": Language()}


class Captioned(Problem):
    modalities: ClassVar[dict[str, Feature]] = {"inputs": Image(299, 299), "targets": Language()}


class Sorted(Problem):
    modalities: ClassVar[dict[str, Feature]] = {
        "inputs": Language(),
        "targets": Categorical(num_classes=3),
    }


def info_of(lengths: Lengths) -> DataInfo:
    metadata = Metadata(fingerprint={}, max_cases=0, random_seed=0, lengths={"train": lengths})
    return DataInfo("made_up", Path("nowhere"), metadata, {})


def told(problem: Problem, lengths: Lengths, data: DataHParams) -> list[str]:
    limits = choose_limits(problem, data)
    return [str(one) for one in count_dropped_examples(info_of(lengths), "train", problem, limits)]


def test_each_kind_has_a_limit_of_its_own() -> None:
    lengths = {"inputs": {750: 5, 751: 2}, "targets": {256: 6, 300: 1}}
    assert told(Spoken(), lengths, DataHParams()) == [
        "2 dropped: inputs longer than data.max_seconds=30",
        "1 dropped: targets longer than data.max_pieces=256",
    ]
    assert told(Spoken(), lengths, DataHParams(max_pieces=0, max_seconds=31)) == []
    limits = choose_limits(Spoken(), DataHParams())
    assert find_longest_kept(info_of(lengths), "train", Spoken(), limits) == 750
    assert set(choose_limits(Captioned(), DataHParams())) == {"targets"}
    assert set(choose_limits(Sorted(), DataHParams())) == {"inputs"}


def test_without_limits_the_longest_feature_of_all_counts() -> None:
    info = info_of({"inputs": {4: 1, 9: 1}, "targets": {12: 2}})
    assert find_longest_kept(info, "train", Spoken(), {}) == 12
    assert count_dropped_examples(info, "train", Spoken(), {}) == []


def test_older_data_is_judged_by_the_longest_feature() -> None:
    lengths = {LONGEST: {361: 8, 400: 2}}
    assert told(Captioned(), lengths, DataHParams()) == [
        "up to 10 dropped: targets longer than data.max_pieces=256"
    ]
    limits = choose_limits(Captioned(), DataHParams())
    assert find_longest_kept(info_of(lengths), "train", Captioned(), limits) == 361
    longest = find_longest_of_each(info_of(lengths), "train", Captioned(), limits)
    assert longest == {"inputs": 361, "targets": 256}  # none of the captions may be longer
    assert count_kept_examples(info_of(lengths), Captioned(), limits) == 10
    of_text = info_of({LONGEST: {9: 1, 11: 1}})
    limits = {"inputs": TEN["inputs"]}
    assert find_longest_kept(of_text, "train", Sorted(), limits) == 9


@pytest.mark.parametrize(
    "lengths", [{"inputs": {11: 1}, "targets": {2: 1}}, {LONGEST: {11: 1, 13: 1}}]
)
def test_limits_that_leave_nothing_are_refused(lengths: Lengths) -> None:
    message = r"has inputs longer than ten.*at least 11 positions.*Raise ten"
    with pytest.raises(UserError, match=message):
        find_longest_kept(info_of(lengths), "train", Spoken(), TEN)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UserError, match="no split 'dev'"):
        find_longest_kept(info_of({"inputs": {1: 1}}), "dev", Spoken(), {})


def test_a_reversed_problem_has_the_lengths_of_the_other_side() -> None:
    class Backward(Spoken):
        exchanged = True

    info = info_of({"inputs": {20: 1, 30: 1}, "targets": {4: 2}})
    dropped = count_dropped_examples(info, "train", Backward(), {"targets": Limit("ten", 25)})
    assert [(one.number, one.feature) for one in dropped] == [(1, "targets")]


def test_of_a_share_as_many_examples_are_too_long_as_of_all() -> None:
    info = info_of({"inputs": {5: 900, 20: 100}, "targets": {5: 950, 20: 50}})
    assert count_kept_examples(info, Spoken(), TEN) == 900
    assert count_kept_examples(dataclasses.replace(info, share=0.05), Spoken(), TEN) == 45
    assert count_kept_examples(dataclasses.replace(info, share=0.05), Spoken(), {}) == 50
