"""Stored records as a person wants to see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pictures.stored_pictures import describe_picture
from t2t_mm.data.pipeline.record_reading import TEXT_SUFFIX, read_examples
from t2t_mm.data.records.stored import DataInfo, check_split
from t2t_mm.data.vocabulary.symbols import EOS_ID, Vocabulary
from t2t_mm.features import Audio, Categorical, Feature, Image, Language

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
        For each record and feature a dict: of text the raw "text", its "ids" and their "decoded"
        text (each a list where there are alternatives), of a class its name as "class" and its
        "id", of a picture its type and size as "picture", of a sound its seconds as "sound".

    Raises:
        UserError: The data has no such split.
    """
    check_split(info, split, problem.name)
    features = {name: problem.features[name] for name in problem.base.features}
    records = read_examples(info, split, problem, with_text=True).take(limit).as_numpy_iterator()
    return [
        {
            name: _DESCRIBE[type(spec)](
                record[name], record[name + TEXT_SUFFIX].decode(), spec, info.vocabularies.get(name)
            )
            for name, spec in features.items()
        }
        for record in records
    ]


def _describe_text(ids: Any, text: str, spec: Language, vocabulary: Vocabulary) -> Shown:
    if not spec.alternatives:
        return {"text": text, "ids": ids.tolist(), "decoded": vocabulary.decode(ids)}
    split: list[list[int]] = [[]]
    for index in ids.tolist():
        split[-1].append(index)
        if index == EOS_ID:
            split.append([])
    del split[-1]
    decoded = [vocabulary.decode(one) for one in split]
    return {"text": text.split("\n"), "ids": split, "decoded": decoded}


def _describe_class(ids: Any, text: str, spec: Categorical, vocabulary: Vocabulary) -> Shown:
    return {"class": text, "id": int(ids[0])}


def _describe_picture(stored: bytes, text: str, spec: Image, vocabulary: None) -> Shown:
    return {"picture": describe_picture(stored)}


def _describe_sound(stored: bytes, text: str, spec: Audio, vocabulary: None) -> Shown:
    seconds = len(stored) / 2 / spec.sample_rate_hz
    return {"sound": f"{seconds:.2f} s at {spec.sample_rate_hz} Hz, {len(stored):,} bytes"}


_DESCRIBE: dict[type[Feature], Callable[..., Shown]] = {
    Language: _describe_text,
    Categorical: _describe_class,
    Image: _describe_picture,
    Audio: _describe_sound,
}
