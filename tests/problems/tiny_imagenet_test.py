"""image_folder on real data: twenty classes of Tiny ImageNet, where $T2T_MM_REAL_DATA has them."""

import os
from collections import Counter
from pathlib import Path

import pytest

from t2t_mm import registry


@pytest.mark.real_data
def test_tiny_imagenet_is_read_whole():
    root = Path(os.environ["T2T_MM_REAL_DATA"], "tiny_imagenet_20c")
    if not root.is_dir():
        pytest.skip("T2T_MM_REAL_DATA has no tiny_imagenet_20c")
    problem = registry.problem("image_folder/tiny-imagenet-20", tmp_dir=root)
    counts = {
        split: Counter(example["targets"] for example in problem.generate(split))
        for split in problem.splits
    }
    assert {split: count.total() for split, count in counts.items()} == {
        "train": 10_000,
        "validation": 1_000,
    }
    assert set(counts["train"].values()) == {500} and set(counts["validation"].values()) == {50}
    assert len(problem.class_names("targets")) == 20
