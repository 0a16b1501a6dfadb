"""Stored records as a person wants to see them."""

from __future__ import annotations

from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.record_reading import TEXT_SUFFIX, read_examples
from t2t_mm.data.records.stored import DataInfo, check_split

Shown = dict[str, Any]


def inspect_records(
    info: DataInfo, split: str, problem: Problem, *, limit: int
) -> list[dict[str, Shown]]:
    """Return the first records of a split as a person wants to see them.

    Args:
        info: Generated data that has been opened.
        split: Name of the split.
        problem: The problem; a reversed one reads the data of its base.
        limit: Number of records.

    Returns:
        For each record and feature what its kind's `describe` says: of text the raw "text", its
        "ids" and their "decoded" text (each a list where there are alternatives), of a class its
        name as "class" and its "id", of a picture its type and size as "picture", of a sound its
        seconds as "sound".

    Raises:
        UserError: The data has no such split.
    """
    check_split(info, split, problem.name)
    features = {name: problem.features[name] for name in problem.base.features}
    kinds = choose_kinds(features, info.vocabularies)
    records = read_examples(info, split, problem, with_text=True).take(limit).as_numpy_iterator()
    return [
        {
            name: kind.describe(record[name], record[name + TEXT_SUFFIX].decode())
            for name, kind in kinds.items()
        }
        for record in records
    ]
