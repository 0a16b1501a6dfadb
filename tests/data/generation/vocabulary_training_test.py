import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from t2t_mm import Image, Language, Problem, UserError
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.vocabulary_training import sample_text, train_vocabulary
from t2t_mm.data.vocabulary.vocabulary import SubwordVocabulary


class Numbered(Problem):
    """Examples of ten bytes each: the part and the position."""

    modalities: ClassVar = {"inputs": Language("v"), "targets": Language("bytes")}
    parts = 1
    size = 1000

    def num_parts(self, split: str) -> int:
        return self.parts

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        for index in range(self.size):
            yield {"inputs": f"{part} {index:08}", "targets": ""}


class NumberedInParts(Numbered):
    parts = 4


class Both(Numbered):
    modalities: ClassVar = {"inputs": Language("v"), "targets": Language("v")}

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        for index in range(self.size):
            yield {"inputs": f"in {index:07}", "targets": f"out {index:06}"}


def train_tested(
    problems: list[Problem], data_dir: Path, size: int, num_bytes: int, name: str = "v"
) -> SubwordVocabulary:
    options = GenerationOptions(vocab_size=size, vocab_bytes=num_bytes)
    return train_vocabulary(name, problems, data_dir, options)


def sample_inputs(problem: Problem, byte_budget: int, max_cases: int = 0) -> list[str]:
    return sample_text(problem, ["inputs"], byte_budget, max_cases)["inputs"]


def test_a_sample_is_spread_over_what_is_read() -> None:
    sample = sample_inputs(Numbered(), byte_budget=1000)
    positions = [int(text.split()[1]) for text in sample]
    assert 95 <= len(sample) <= 100
    assert positions == sorted(positions)
    assert min(positions) < 20 and max(positions) > 980
    assert max(b - a for a, b in itertools.pairwise(positions)) <= 16


def test_every_part_gives_its_share() -> None:
    sample = sample_inputs(NumberedInParts(), byte_budget=400)
    counts = [sum(text.startswith(f"{part} ") for text in sample) for part in range(4)]
    assert all(9 <= count <= 10 for count in counts)


def test_a_small_text_is_taken_whole() -> None:
    assert len(sample_inputs(Numbered(), byte_budget=10**6)) == 1000


def test_max_cases_limits_what_is_read() -> None:
    assert len(sample_inputs(Numbered(), byte_budget=10**6, max_cases=7)) == 7


def test_problems_and_sides_share_the_budget_evenly(tmp_path: Path) -> None:
    train_tested([Numbered(), Both()], tmp_path, 300, 3000)
    counts = json.loads((tmp_path / "vocab/v.json").read_text())["trained_on_bytes"]
    assert set(counts) == {"numbered/inputs", "both/inputs", "both/targets"}
    assert all(950 <= count <= 1000 for count in counts.values())


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        train_tested([Both()], tmp_path / folder, 300, 9000)
    for file in ("v.model", "v.json"):
        assert (tmp_path / "a/vocab" / file).read_bytes() == (
            tmp_path / "b/vocab" / file
        ).read_bytes()


def test_a_size_that_the_text_does_not_yield_is_stored_as_it_is(tmp_path: Path) -> None:
    vocabulary = train_tested([Numbered()], tmp_path, 100_000, 9000)
    record = json.loads((tmp_path / "vocab/v.json").read_text())
    assert record["requested_size"] == 100_000
    assert record["size"] == vocabulary.size < 5000


def test_a_size_below_the_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be trained.*Received: vocab_size=100"):
        train_tested([Numbered()], tmp_path, 100, 9000)


def test_a_vocabulary_that_no_problem_uses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No problem at hand uses the vocabulary 'w'"):
        train_tested([Numbered()], tmp_path, 300, 9000, name="w")


def test_a_sample_stops_after_ten_times_its_budget() -> None:
    read = []

    class Endless(Numbered):
        def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
            for index in itertools.count():
                read.append(index)
                yield {"inputs": f"{index:010}", "targets": ""}

    assert len(sample_inputs(Endless(), byte_budget=100)) == 10
    assert len(read) == 101


def test_global_generators_are_seeded_for_the_sample() -> None:
    class Drawn(Problem):
        modalities: ClassVar = {"inputs": Language(), "targets": Language()}

        def generate(self, split: str) -> Iterator[dict[str, str]]:
            for _ in range(20):
                word = f"{random.random()} {np.random.rand()}"
                yield {"inputs": word, "targets": word}

    random.seed()
    np.random.seed()
    first, same, other = (
        sample_text(Drawn(), ["inputs"], 10_000, random_seed=seed) for seed in (1, 1, 2)
    )
    assert first == same != other


def test_every_alternative_counts_and_no_picture_is_looked_at() -> None:
    opened = []

    class Captioned(Problem):
        modalities: ClassVar = {"inputs": Image(), "targets": Language("v", alternatives=True)}

        def generate(self, split: str) -> Iterator[dict[str, object]]:
            for index in range(3):
                yield {
                    "inputs": lambda: opened.append(1),
                    "targets": [f"first {index}", f"second {index}"],
                }

    sample = sample_text(Captioned(), ["targets"], 10_000)["targets"]
    assert sample == [f"{word} {index}" for index in range(3) for word in ("first", "second")]
    assert not opened


def test_no_text_at_all_is_told_as_such(tmp_path: Path) -> None:
    class Blank(Numbered):
        def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
            yield {"inputs": " ", "targets": "0"}

    with pytest.raises(UserError, match="no text in the training split to train the vocabulary"):
        train_tested([Blank()], tmp_path, 300, 9000)
