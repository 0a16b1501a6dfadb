"""One example on its way to disk: checked against what its problem declares, then encoded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.declaring.bad_examples import (
    HOW_TO_SKIP,
    BadExampleError,
    SkippedExample,
    UnreadableFileError,
)
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kind, choose_kinds, name_vocabulary
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.data.vocabulary.vocabulary import load_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.files.text_files import decode_lines

Record = dict[str, Any]

IDS_SUFFIX = "_ids"


def read_checked_examples(
    problem: Problem, split: str, part: int, only: Collection[str] | None = None
) -> Iterator[dict[str, Any] | SkippedExample]:
    """Yield the raw examples of one part, each checked against the declared features.

    Args:
        problem: The problem as written, not exchanged.
        split: One of its splits.
        part: Number of the part.
        only: Names of the features that are wanted; the values of others are not looked at.

    Returns:
        Checked values by feature: a text (alternatives as its lines), the name of a class, the
        bytes of a picture or sound as they are stored. A `SkippedExample` stands in the place of
        one that cannot be read, unless the problem refuses it: `Problem.skip_bad_examples`.

    Raises:
        UserError: If an example does not fit, or a raw file is not UTF-8; the message names
            problem, split, example and feature, or file and line.
    """
    checker = ExampleChecker(problem, only)
    try:
        for index, example in enumerate(_generate_with_odd(problem, split, part)):
            checked: dict[str, Any] | SkippedExample
            try:
                if isinstance(example, SkippedExample):
                    raise BadExampleError(example.reason)
                checked = checker.check(example, f"example {index} of {split}, part {part}")
            except BadExampleError as bad:
                if not problem.skip_bad_examples:
                    raise UserError(str(bad), fix=HOW_TO_SKIP) from bad
                checked = SkippedExample(str(bad))
            yield checked
    except UnicodeDecodeError as error:
        raise _locate_bad_text(problem, error) from error


def _generate_with_odd(problem: Problem, split: str, part: int) -> Iterator[Any]:
    """Yield the raw examples of one part, and what reading left out where it did."""
    examples = iter(problem.generate_part(split, part))
    end = object()
    example: Any = None
    while example is not end:
        with collect_odd_items() as odd:
            example = next(examples, end)
        yield from (SkippedExample(f"Problem {problem.name}: {reason}") for reason in odd)
        if example is not end:
            yield example


class ExampleChecker:
    """Checks examples against the features that a problem declares.

    Args:
        problem: The problem as written, not exchanged.
        only: Names of the features that are wanted; None means all.
    """

    def __init__(self, problem: Problem, only: Collection[str] | None = None) -> None:
        self._problem = problem
        self._declared = problem.features
        wanted = self._declared if only is None else only
        self._kinds = {name: _choose_checking_kind(problem, name) for name in wanted}

    def check(self, example: Any, where: str) -> dict[str, Any]:
        """Return the wanted values as they are stored: texts without their line ends.

        Args:
            example: What `generate` yielded; a value may also be a function without arguments that
                returns it, which is called only where the value is wanted.
            where: Which example it is, for the message.

        Raises:
            UserError: If a feature is missing, undeclared, or not of its declared kind; a
                `BadExampleError` if it is, but cannot be read.
        """
        if not isinstance(example, Mapping):
            raise self._make_unfit_error(where, "is not a dict", type(example).__name__)
        if example.keys() != self._declared.keys():
            raise self._make_unfit_error(
                where, "has not the declared features", _list_names(example)
            )
        return {name: self._check_value(name, example[name], where) for name in self._kinds}

    def _check_value(self, name: str, value: Any, where: str) -> Any:
        fix = ""
        where += f" ({value})" if isinstance(value, PackedFile) else ""
        try:
            if callable(value):
                value = value()
            fix = f"Change {type(self._problem).__name__}.generate or its declared modalities."
            return self._kinds[name].check(value)
        except BadExampleError as error:
            raise BadExampleError(self._locate(name, where, error)) from error
        except UnreadableFileError as error:
            raise UserError(self._locate(name, where, error)) from error
        except UserError as error:
            raise UserError(self._locate(name, where, error), fix=fix) from error

    def _locate(self, name: str, where: str, error: UserError) -> str:
        return f"Problem {self._problem.name}: {where}, feature {name!r}: {error}"

    def _make_unfit_error(self, where: str, what: str, received: str) -> UserError:
        return UserError(
            f"Problem {self._problem.name}: {where} {what}",
            expected=_list_names(self._declared),
            received={"example": received},
            fix=f"Change {type(self._problem).__name__}.generate or its declared modalities.",
        )


def _choose_checking_kind(problem: Problem, feature: str) -> FeatureKind:
    """Return the kind of a feature, with the classes that the problem names."""
    spec = problem.features[feature]
    return choose_kind(spec, choose_kind(spec).make_labels(problem, feature))


def _list_names(named: Mapping[str, Any]) -> str:
    return ", ".join(map(str, named)) or "nothing"


def _locate_bad_text(problem: Problem, error: UnicodeDecodeError) -> UserError:
    """Find the file and line that a problem's own reading stumbled over."""
    paths = dict.fromkeys(problem.raw_files_read)
    for path in paths:
        try:
            for _ in decode_lines(path):
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
    """Turns checked examples into records: each value and, beside those that have them, its ids.

    Args:
        problem: The problem as written, not exchanged.
        data_dir: Where its vocabularies lie.

    Example:
        >>> from t2t_mm.features import Language
        >>> class Echo(Problem):
        ...     modalities = {"inputs": Language("bytes")}
        >>> record = RecordEncoder(Echo(), "demo/data").encode({"inputs": "ab"})
        >>> record["inputs"], record["inputs_ids"].tolist()
        ('ab', [100, 101, 1])
    """

    def __init__(self, problem: Problem, data_dir: str | Path) -> None:
        self._kinds = choose_kinds(problem.features, load_vocabularies(problem, data_dir))

    def encode(self, example: Mapping[str, Any]) -> Record:
        """Return the record of one checked example."""
        record: Record = {}
        for name, kind in self._kinds.items():
            record[name] = example[name]
            if kind.has_ids:
                record[name + IDS_SUFFIX] = np.array(kind.encode(example[name]), dtype=np.int32)
        return record


class LengthMeter:
    """Measures the features of records in positions, what buckets and limits go by.

    Args:
        problem: The problem as written, not exchanged.
    """

    def __init__(self, problem: Problem) -> None:
        self._kinds = choose_kinds(problem.features)

    def measure(self, record: Record) -> dict[str, int]:
        """Return how many positions each feature of a record takes."""
        return {
            name: kind.measure(record[name], record[name + IDS_SUFFIX] if kind.has_ids else ())
            for name, kind in self._kinds.items()
        }


def load_vocabularies(problem: Problem, data_dir: str | Path) -> dict[str, Vocabulary]:
    """Return the vocabulary of each feature that has one."""
    named = {name: name_vocabulary(spec) for name, spec in problem.features.items()}
    names = dict.fromkeys(filter(None, named.values()))
    loaded = {name: load_vocabulary(data_dir, name) for name in names}
    return {feature: loaded[name] for feature, name in named.items() if name}
