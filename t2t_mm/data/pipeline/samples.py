"""The stored bytes of single examples, to be shown to a person."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pipeline.record_files import read_record_files
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
    dataset = read_record_files(info, split, {field: False})
    records = enumerate(dataset.take(max(indices, default=-1) + 1).as_numpy_iterator())
    return {index: record[field] for index, record in records if index in indices}
