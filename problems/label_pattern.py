"""Classes that the names of files say, by a pattern that a person gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import find_named_split
from t2t_mm.errors import UserError
from t2t_mm.problems.class_names import find_class_names
from t2t_mm.problems.file_kinds import FileKind, walk_files
from t2t_mm.problems.labelled_table import LabelledRow
from t2t_mm.problems.split_lists import find_split_lists

_LIKELY: Final = (
    r"(?P<label>[A-Za-z]+)[_.-].*",
    r"(?P<label>\d+)[_-].*",
    r".*[_-](?P<label>[A-Za-z]+)\.\w+",
)


def propose_patterns(kind: FileKind, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Propose to read the files of a folder, as they lie or by a pattern of their names.

    A pattern is proposed if it fits all names and gives each class two files or more, on average;
    none where names say splits, as `src-train.txt`.

    Args:
        kind: Which files.
        folder: That they lie in, or below.
    """
    if any(path.name.endswith(".trans.txt") for path in walk_files(folder)):
        return  # LibriSpeech's recordings: its folders are speakers and chapters
    yield "", {}
    names = [path.name for path in walk_files(folder) if kind.fits(path)]
    if any(find_named_split(word) for name in names for word in re.split(r"[_.-]", name)):
        return
    for label_pattern in _LIKELY:
        matches = [re.fullmatch(label_pattern, name) for name in names]
        labels = {match["label"] for match in matches if match}
        if all(matches) and 2 <= len(labels) <= len(names) / 2:
            yield "", {"label_pattern": label_pattern}


def match_names(
    source: Path, label_pattern: str, kind: FileKind, *, must_fit: bool = True
) -> list[LabelledRow]:
    """Find the files whose name, or path where the pattern has a slash, fits it.

    A list of a split and the names of the classes, which may be texts, are no examples.

    Args:
        source: The folder that they lie in, or below.
        label_pattern: See `compile_pattern`.
        kind: Which files.
        must_fit: Whether it has to fit some name; of files to test on none may say its class.

    Raises:
        UserError: It fits none, or is no such pattern.
    """
    pattern, kinds = compile_pattern(label_pattern), kind.plural
    rows, others = [], []
    lists = {find_class_names(source), *find_split_lists(source).values()}
    for path in (path for path in walk_files(source) if kind.fits(path) and path not in lists):
        inside = path.relative_to(source).as_posix()
        match = pattern.fullmatch(inside if "/" in label_pattern else path.name)
        if match and match["label"]:
            rows.append(LabelledRow(path, match["label"]))
        else:
            others.append(inside)
    first = ", ".join(sorted(others)[:3])
    if not rows and not must_fit:
        return []
    if others and not rows:
        raise UserError(
            f"The pattern of labels fits no name of the {len(others):,} {kinds} in {source}",
            expected=f"one that fits whole names, as {first}",
            received={"label_pattern": label_pattern},
        )
    if others:
        warn_once(
            f"{source}: left out {len(others):,} {kinds} whose names the pattern of labels "
            f"does not fit, first {first}."
        )
    return rows


def compile_pattern(label_pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of labels.

    Raises:
        UserError: It is no regular expression, or has no group `label`.

    Example:
        >>> compile_pattern(r"(?P<label>[a-z]+)_\d+\.wav").fullmatch("seven_3.wav")["label"]
        'seven'
    """
    try:
        pattern = re.compile(label_pattern)
    except re.error as error:
        raise _make_pattern_error(label_pattern, f"it is no regular expression: {error}") from None
    if "label" not in pattern.groupindex:
        raise _make_pattern_error(label_pattern, "it has no group called label")
    return pattern


def _make_pattern_error(label_pattern: str, reason: str) -> UserError:
    return UserError(
        f"The pattern of labels cannot be used: {reason}",
        expected="one for whole names of files, as '(?P<label>[a-z]+)_.*'",
        received={"label_pattern": label_pattern},
    )
