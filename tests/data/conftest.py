"""Problems that read nothing, and their generated data, for the tests of this folder."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from t2t_mm import Audio, BatchSpec, Categorical, Image, Language, Problem, registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions

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
        "words_for_tests",
        data_dir=folder,
        options=GenerationOptions(num_shards=2, vocab_size=300, progress=False),
    )
    return folder


@registry.register_problem("scenes_for_tests")
class ScenesForTests(Problem):
    """Pictures of their own sizes, 16 to 80 pixels a side, with one to three captions each."""

    modalities: ClassVar = {"inputs": Image(flip=True), "targets": Language("bytes", True)}
    splits = ("train", "test")
    batch = BatchSpec(tokens=128)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        dice = np.random.default_rng(len(split))
        for index in range(60 if split == "train" else 9):
            height, width = dice.integers(16, 81, 2)
            picture = dice.integers(0, 255, (height, width, 3), np.uint8)
            captions = [f"{index} {'x' * (3 * i)}{i}" for i in range(index % 3 + 1)]
            yield {"inputs": picture, "targets": captions}


@registry.register_problem("thumbs_for_tests")
class ThumbsForTests(Problem):
    """Pictures of one size, cropped and mirrored, of three named classes."""

    modalities: ClassVar = {
        "inputs": Image(16, 16, crop=True, flip=True),
        "targets": Categorical(vocabulary="thumbs"),
    }
    splits = ("train", "test")
    batch = BatchSpec(examples=8)

    def class_names(self, feature: str) -> list[str]:
        return ["up", "down", "green"]

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        dice = np.random.default_rng(len(split))
        for index in range(30):
            yield {"inputs": dice.integers(0, 255, (20, 30, 3), np.uint8), "targets": index % 3}


@registry.register_problem("tones_for_tests")
class TonesForTests(Problem):
    """Tones of 0.1 to 1 second and what they are called."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Language("bytes")}
    splits = ("train", "test")
    batch = BatchSpec(tokens=100)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        dice = np.random.default_rng(len(split))
        for index in range(40 if split == "train" else 7):
            times = np.arange(int(dice.integers(1600, 16_000))) / 16_000
            tone = np.sin(2 * np.pi * 100 * (index + 1) * times) + dice.normal(0, 0.1, times.size)
            yield {"inputs": (tone / 2).astype(np.float32).clip(-1, 1), "targets": f"tone {index}"}


@pytest.fixture(scope="session")
def senses_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated data of the problems with pictures and sounds; tests only read it."""
    folder = tmp_path_factory.mktemp("senses")
    names = "scenes_for_tests,thumbs_for_tests,tones_for_tests"
    generate_data(names, data_dir=folder, options=GenerationOptions(num_shards=2, progress=False))
    return folder
