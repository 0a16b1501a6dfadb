"""One example on its way to disk: checked against what its problem declares, then encoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.problem import Problem
from t2t_mm.data.text_files import decoded_lines
from t2t_mm.data.vocabulary import EOS_ID, Vocabulary, load_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Feature, Language

Record = dict[str, Any]

IDS_SUFFIX = "_ids"


def checked_examples(problem: Problem, split: str, part: int) -> Iterator[dict[str, str]]:
    """Yields the raw examples of one part, each checked against the declared features.

    Args:
        problem: the problem as written, not exchanged.
        split: one of its splits.
        part: number of the part.

    Raises:
        UserError: if an example does not fit, or a raw file is not UTF-8; the message names
            problem, split, example and feature, or file and line.
    """
    try:
        for index, example in enumerate(problem.generate_part(split, part)):
            yield check_example(example, problem, f"example {index} of {split}, part {part}")
    except UnicodeDecodeError as error:
        raise _locate_bad_text(problem, error) from error


def check_example(example: Any, problem: Problem, where: str) -> dict[str, str]:
    """Returns the example with line ends dropped if it fits the declared features.

    Args:
        example: what `generate` yielded.
        problem: the problem, for its features and the message.
        where: which example it is, for the message.

    Raises:
        UserError: if a feature is missing, undeclared, or not of its declared kind.
    """
    features = problem.features
    if not isinstance(example, Mapping):
        raise _unfit(problem, where, "is not a dict", f"{_names(features)}", type(example))
    if example.keys() != features.keys():
        raise _unfit(
            problem, where, "has not the declared features", _names(features), _names(example)
        )
    return {
        name: _check_text(example[name], name, problem, where)
        for name, spec in features.items()
        if _is_supported(spec, name, problem)
    }


def _is_supported(spec: Feature, name: str, problem: Problem) -> bool:
    if isinstance(spec, Language):
        return True
    raise UserError(
        f"Problem {problem.name} declares a feature that cannot be stored",
        expected="Language",
        received={name: spec},
    )


def _check_text(value: Any, name: str, problem: Problem, where: str) -> str:
    if not isinstance(value, str):
        raise _unfit(problem, where, f"has {name!r} of a wrong type", "str (Language)", type(value))
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _unfit(
            problem, where, f"has {name!r} that is no Unicode text", "no lone surrogates", value
        ) from None
    return value.rstrip("\r\n")


def _names(named: Mapping[str, Any]) -> str:
    return ", ".join(map(str, named)) or "nothing"


def _unfit(problem: Problem, where: str, what: str, expected: str, received: Any) -> UserError:
    shown = received.__name__ if isinstance(received, type) else received
    return UserError(
        f"Problem {problem.name}: {where} {what}",
        expected=expected,
        received={"example": shown},
        fix=f"Change {type(problem).__name__}.generate or its declared modalities.",
    )


def _locate_bad_text(problem: Problem, error: UnicodeDecodeError) -> UserError:
    """Finds the file and line that a problem's own reading stumbled over."""
    paths = dict.fromkeys(problem.raw_files_read)
    for path in paths:
        try:
            for _ in decoded_lines(path):
                pass
        except UserError as located:
            return located
    for path in paths:
        if path.suffix == ".gz":
            return UserError(
                f"Problem {problem.name} seems to read the compressed file {path} as plain text",
                fix="Read it with self.open_text(path), which takes plain and .gz files.",
            )
    return UserError(f"Problem {problem.name} reads text that is not UTF-8: {error}")


class RecordEncoder:
    """Turns checked examples into records: the raw text and, beside it, its ids.

    Args:
        problem: the problem as written, not exchanged.
        data_dir: where its vocabularies lie.

    Example:
        {"inputs": "ab"} becomes {"inputs": "ab", "inputs_ids": int32[3] = [100, 101, 1]} with
        the vocabulary of bytes.
    """

    def __init__(self, problem: Problem, data_dir: str | Path) -> None:
        self._vocabularies = load_vocabularies(problem, data_dir)

    def encode(self, example: Mapping[str, str]) -> Record:
        """Returns the record of one checked example."""
        record: Record = {}
        for name, vocabulary in self._vocabularies.items():
            record[name] = example[name]
            ids = vocabulary.encode(example[name])
            ids.append(EOS_ID)
            record[name + IDS_SUFFIX] = np.array(ids, dtype=np.int32)
        return record


def record_length(record: Record) -> int:
    """Returns the longest sequence of ids in a record, what buckets and limits go by."""
    return max(len(ids) for name, ids in record.items() if name.endswith(IDS_SUFFIX))


def load_vocabularies(problem: Problem, data_dir: str | Path) -> dict[str, Vocabulary]:
    """Returns the vocabulary of each Language feature."""
    loaded: dict[str, Vocabulary] = {}
    result = {}
    for feature, spec in problem.features.items():
        if isinstance(spec, Language):
            if spec.vocabulary not in loaded:
                loaded[spec.vocabulary] = load_vocabulary(data_dir, spec.vocabulary)
            result[feature] = loaded[spec.vocabulary]
    return result
