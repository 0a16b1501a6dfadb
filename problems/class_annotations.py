"""The classes of the files of a folder, in a file beside them: CS231n's val_annotations.txt."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.file_kinds import FileKind, walk_files
from t2t_mm.problems.labelled_table import LabelledRow
from t2t_mm.problems.path_index import PathIndex

_SHOWN = 3


def find_annotations(folder: Path) -> Path | None:
    """Find the file that gives the classes of a split's files, as `val_annotations.txt`."""
    path = folder / f"{folder.name}_annotations.txt"
    return path if path.is_file() else None


def read_annotations(
    folder: Path, listed: Path, kind: FileKind, classes: Iterable[str]
) -> list[LabelledRow]:
    """Read lines of name, class and perhaps more, between tabs.

    Args:
        folder: Of the files.
        listed: The file of these lines.
        kind: Which files.
        classes: Those of the training files.

    Raises:
        UserError: A class is unknown, or files are not there.
    """
    fitting = (path for path in walk_files(folder) if kind.fits(path))
    there = {path.relative_to(folder).as_posix(): path for path in fitting}
    index = PathIndex(there)
    files, absent = [], []
    known = set(classes)
    for number, line in enumerate(decode_lines(listed), start=1):
        if not line.strip():
            continue
        name, _, rest = line.partition("\t")
        label = rest.partition("\t")[0].strip()
        if label not in known:
            raise UserError(
                f"{listed}, line {number}: a class without training {kind.plural}",
                expected=f"the name of a {kind.name}, a tab and one of the folders of train",
                received={"line": line[:80]},
            )
        found = index.find(name)
        if len(found) > 1:
            raise UserError(
                f"{listed}, line {number}: several {kind.plural} have that name",
                expected=f"the path of one of them below {folder}",
                received={"name": name, kind.plural: ", ".join(found[:_SHOWN])},
            )
        if found and (path := there.pop(found[0], None)):
            files.append(LabelledRow(path, label))
        else:
            absent.append(f"{name} (line {number})")
    if absent:
        raise UserError(
            f"{listed} names {kind.plural} that are not there: {len(absent):,} of "
            f"{len(absent) + len(files):,}, first {', '.join(absent[:_SHOWN])}",
            expected=f"them in {folder} or a folder below",
            fix=f"Add the {kind.plural} or take their lines out.",
        )
    if there:
        warn_once(
            f"{folder}: left out {len(there):,} {kind.plural} that {listed.name} does not name."
        )
    return files
