"""A problem that reads nothing, and its generated data, for the tests of this folder."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from t2t_mm import Language, Problem, registry
from t2t_mm.data.builder import generate_data

WORDS = ("ab", "cde", "Straße", "été", "f", "ghijkl")


@registry.register_problem("words_for_tests")
class WordsForTests(Problem):
    """Words, and the same words from the last to the first; one to 40 of them."""

    modalities: ClassVar = {"inputs": Language("tested"), "targets": Language("bytes")}
    sizes: ClassVar = {"train": 300, "validation": 40, "test": 40}

    def num_parts(self, split: str) -> int:
        return 3 if split == "train" else 1

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        dice = random.Random(f"{split} {part}")
        for _ in range(self.sizes[split] // self.num_parts(split)):
            words = [dice.choice(WORDS) for _ in range(dice.randint(1, 40))]
            yield {"inputs": " ".join(words), "targets": " ".join(reversed(words))}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated data of `words_for_tests` in two shards; tests only read it."""
    folder = tmp_path_factory.mktemp("data")
    generate_data(
        "words_for_tests", data_dir=folder, num_shards=2, vocabulary_size=300, progress=False
    )
    return folder
