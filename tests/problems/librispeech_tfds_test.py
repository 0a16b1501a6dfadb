"""The sets of LibriSpeech through TFDS, by a builder that a test made."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from t2t_mm.problems.librispeech_tfds import name_tfds_split, read_tfds_sets


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev-clean", "dev_clean"),
        ("test-other", "test_other"),
        ("train-clean-100", "train_clean100"),
        ("train-other-500", "train_other500"),
    ],
)
def test_a_set_has_another_name_in_tfds(name: str, expected: str) -> None:
    assert name_tfds_split(name) == expected


def test_sets_follow_one_another_unshuffled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    asked: list[dict[str, Any]] = []

    def as_dataset(**options: Any) -> tf.data.Dataset:
        asked.append(options)
        split = options["split"]
        rows = {"id": [f"{split}-0", f"{split}-1"], "speech": ["f0", "f1"], "text": ["A", "B"]}
        return tf.data.Dataset.from_tensor_slices(rows)

    def make_builder(name: str, data_dir: Path) -> SimpleNamespace:
        assert (name, data_dir) == ("librispeech/lazy_decode", tmp_path / "tfds")
        return SimpleNamespace(
            name="librispeech",
            is_prepared=lambda: False,
            download_and_prepare=lambda **options: None,
            as_dataset=as_dataset,
        )

    monkeypatch.setattr(tfds, "builder", make_builder)
    found = list(read_tfds_sets(["train-clean-100", "dev-clean"], tmp_path))
    assert found == [
        (f"{split}-{number}", f"f{number}".encode(), "AB"[number])
        for split in ("train_clean100", "dev_clean")
        for number in (0, 1)
    ]
    assert not any(options["shuffle_files"] for options in asked)
