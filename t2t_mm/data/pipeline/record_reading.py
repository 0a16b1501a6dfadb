"""Stored records as single examples, each checked against its vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import tensorflow as tf

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.record_files import read_record_files
from t2t_mm.data.records.example_records import IDS_SUFFIX
from t2t_mm.data.records.stored import DataInfo

TEXT_SUFFIX = "_text"


def read_examples(
    info: DataInfo,
    split: str,
    problem: Problem,
    *,
    with_text: bool,
    seed: int | None = None,
    only: Collection[str] | None = None,
) -> tf.data.Dataset:
    """Read the single examples of a split, under the names of batches, still as stored.

    Args:
        info: The data.
        split: Name of the split.
        problem: Whose features are wanted; a reversed one exchanges inputs and targets.
        with_text: Whether the raw texts come along, as "inputs_text" and "targets_text": "" for
            pictures and sounds, alternatives as lines, the name of a class.
        seed: Reads the files in an order that changes every epoch; without one in stored order.
        only: Names of the features that are wanted, so that the others are not even parsed; None
            means all.

    Returns:
        A data set of {"inputs": ..., "targets": ..., ...}, once through the split: ids (int32[L],
        int32[1] of a class), or the bytes of a picture or sound (string[]).
    """
    wanted = {name: spec for name, spec in problem.features.items() if not only or name in only}
    kinds = choose_kinds(wanted, info.vocabularies)
    fields: dict[str, str] = {}
    for name, kind in kinds.items():
        stored = problem.stored_name(name)
        fields[name] = stored + IDS_SUFFIX if kind.has_ids else stored
        if with_text and kind.has_text:
            fields[name + TEXT_SUFFIX] = stored
    has_ids = {field: field.endswith(IDS_SUFFIX) for field in fields.values()}
    dataset = read_record_files(info, split, has_ids, seed)

    def rename(record: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        example = {name: record[field] for name, field in fields.items()}
        for name, kind in kinds.items():
            example[name] = _check_ids(example[name], name, kind, problem.name)
            if with_text and not kind.has_text:
                example[name + TEXT_SUFFIX] = tf.constant("")
        return example

    return dataset.map(rename)


def _check_ids(encoded: tf.Tensor, name: str, kind: FeatureKind, problem: str) -> tf.Tensor:
    """Return a stored feature behind a check that every id lies in its vocabulary."""
    if not kind.has_ids:
        return encoded
    assert kind.vocabulary
    ids = f"ids from {kind.smallest_id} to {kind.vocabulary.size - 1}"
    message = f"Problem {problem}: its stored {name} are damaged. Expected: {ids}."
    check = tf.debugging.Assert(kind.are_valid(encoded), [message, "Received:", encoded])
    with tf.control_dependencies([check]):
        return tf.identity(encoded)


def measure_example(
    example: Mapping[str, tf.Tensor], kinds: Mapping[str, FeatureKind]
) -> tf.Tensor:
    """Count the positions that the longest of an example's features takes, int32[]."""
    return tf.reduce_max([kind.count_positions(example[name]) for name, kind in kinds.items()])
