"""The stored bytes of single examples, to be shown to a person."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import tensorflow as tf

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.length_limits import Limits, count_dropped_examples, is_within_limits
from t2t_mm.data.pipeline.record_files import read_record_files
from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.records.stored import open_data


def read_stored_bytes(
    problem: Problem,
    split: str,
    feature: str,
    *,
    data_dir: str | Path,
    indices: Collection[int],
    limits: Limits | None = None,
) -> dict[int, bytes]:
    """Return one feature of some examples of a split.

    Args:
        problem: The problem; a reversed one reads the data of its base.
        split: Name of the split.
        feature: "inputs" or "targets".
        data_dir: Folder of generated data.
        indices: Which examples, by their places in stored order among those within `limits`.
        limits: Longest values that are kept, by feature, as for an evaluation; None: of any length.

    Returns:
        By index: a text in UTF-8, the file of a picture, int16 samples of a sound, the name of a
        class.
    """
    field = problem.stored_name(feature)
    info = open_data(problem, data_dir)
    dataset = read_record_files(info, split, {field: False})
    if dropped := count_dropped_examples(info, split, problem, limits or {}):
        kinds = choose_kinds(problem.features, info.vocabularies)
        examples = read_examples(info, split, problem, with_text=False)
        pairs = tf.data.Dataset.zip(dataset, examples).filter(
            lambda _, example: is_within_limits(example, dropped, kinds)
        )
        dataset = pairs.map(lambda record, _: record)
    records = enumerate(dataset.take(max(indices, default=-1) + 1).as_numpy_iterator())
    return {index: record[field] for index, record in records if index in indices}
