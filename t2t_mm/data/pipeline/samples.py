"""The stored bytes of single examples, to be shown to a person."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import tensorflow_datasets as tfds

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.records.quiet_tfds import silence_tfds
from t2t_mm.data.records.stored import open_data


def read_stored_bytes(
    problem: Problem, split: str, feature: str, *, data_dir: str | Path, indices: Collection[int]
) -> dict[int, bytes]:
    """Return one feature of some examples of a split.

    Args:
        problem: The problem; a reversed one reads the data of its base.
        split: Name of the split.
        feature: "inputs" or "targets".
        data_dir: Folder of generated data.
        indices: Which examples, by their places in stored order.

    Returns:
        By index: a text in UTF-8, the file of a picture, int16 samples of a sound, the name of a
        class.
    """
    field = problem.stored_name(feature)
    info = open_data(problem, data_dir)
    config = tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1)
    with silence_tfds():
        dataset = info.builder.as_dataset(
            split=split,
            read_config=config,
            decoders=tfds.decode.PartialDecoding({field: True}),
        )
    records = enumerate(dataset.take(max(indices, default=-1) + 1).as_numpy_iterator())
    return {index: record[field] for index, record in records if index in indices}
