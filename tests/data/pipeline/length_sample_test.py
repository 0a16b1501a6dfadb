"""Lengths of both sides of the same examples, as training sees them."""

from pathlib import Path

import numpy as np
import pytest

from t2t_mm import registry
from t2t_mm.data.kinds.feature_kind import Limit
from t2t_mm.data.pipeline import length_sample
from t2t_mm.data.pipeline.length_sample import sample_lengths
from t2t_mm.data.records.stored import open_data


def test_lengths_are_of_the_same_examples(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    info = open_data(problem, data_dir)
    lengths = sample_lengths(info, problem, {}, seed=1)
    assert lengths.shape == (300, 2)
    for column, name in enumerate(("inputs", "targets")):
        known = info.lengths["train"][name]
        values, counts = np.unique(lengths[:, column], return_counts=True)
        assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == dict(known)
    # Bytes: the same words on both sides, cut into fewer pieces on one.
    assert np.corrcoef(lengths.T)[0, 1] > 0.95
    reversed_problem = registry.problem("words_for_tests_rev")
    reverse = sample_lengths(open_data(reversed_problem, data_dir), reversed_problem, {}, seed=1)
    np.testing.assert_array_equal(reverse, lengths[:, ::-1])


def test_what_is_too_long_is_left_out(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    info = open_data(problem, data_dir)
    kept = sample_lengths(info, problem, {"targets": Limit("short", 60)}, seed=1)
    assert 0 < len(kept) < 300 and kept[:, 1].max() <= 60


def test_only_so_many_are_read(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(length_sample, "SAMPLE", 20)
    problem = registry.problem("words_for_tests")
    assert len(sample_lengths(open_data(problem, data_dir), problem, {}, seed=1)) == 20


def test_of_alternatives_one_is_drawn_but_the_longest_is_too_long(senses_dir: Path) -> None:
    problem = registry.problem("scenes_for_tests")
    info = open_data(problem, senses_dir)
    drawn = [sample_lengths(info, problem, {}, seed)[:, 1] for seed in (1, 2)]
    longest = max(info.lengths["train"]["targets"])
    assert (drawn[0] != drawn[1]).any() and max(map(max, drawn)) <= longest
    limited = sample_lengths(info, problem, {"targets": Limit("short", longest - 1)}, seed=1)
    number = info.lengths["train"]["targets"][longest]
    assert len(limited) == len(drawn[0]) - number
