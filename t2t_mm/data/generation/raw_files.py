"""Raw files as data depends on them: which were read, which would be now, what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.records.shards import hash_file
from t2t_mm.errors import UserError

_LARGEST_READ_WHOLE = 10**9
_MOST_TOLD, _FIRST_TOLD = 10, 3


def explain_raw_file_changes(base: Problem, stored: Mapping[str, str]) -> list[str]:
    """Explain by a clause each which raw files changed or came; those that went are not needed.

    Of more than ten the first three are named and the others counted.

    Args:
        base: The problem as written, not exchanged.
        stored: What `describe_raw_files` returned when the data was generated.
    """
    if base.tmp_dir is None:
        return []
    # By path: one that lay elsewhere when the data was generated may lie in tmp_dir now.
    paths = {base.tmp_dir / name: name for name in stored}
    changes = [
        f"the raw file {name} changed"
        for path, name in paths.items()
        if path.is_file() and hash_raw_file(path) != stored[name]
    ]
    wanted = set(list_raw_files_wanted(base)) - set(paths)
    came = sorted(path for path in wanted if path.is_file())
    changes += [f"the raw file {name_raw_file(base, path)} is read as well now" for path in came]
    if len(changes) > _MOST_TOLD:
        more = len(changes) - _FIRST_TOLD
        changes[_FIRST_TOLD:] = [f"{more:,} more raw files changed or are read as well now"]
    return changes


def list_raw_files_wanted(base: Problem) -> Iterable[Path]:
    """List what the problem would read now; nothing where that cannot be told."""
    try:
        return base.raw_files_wanted() or ()
    except UserError:
        return ()


def hash_raw_file(path: Path) -> str:
    """Hash a file's content; above 1 GB its size and 64 KiB at either end."""
    size = path.stat().st_size
    if size <= _LARGEST_READ_WHOLE:
        return hash_file(path)
    with path.open("rb") as file:
        head = file.read(1 << 16)
        file.seek(max(0, size - (1 << 16)))
        tail = file.read()
    return hashlib.sha256(f"{size}\n".encode() + head + tail).hexdigest()


def describe_raw_files(problem: Problem, paths: Iterable[Path]) -> dict[str, str]:
    """Return the digests of raw files by their path in tmp_dir; a link to nothing has none."""
    there = (path for path in sorted(set(paths)) if path.is_file())
    return {name_raw_file(problem, path): hash_raw_file(path) for path in there}


def name_raw_file(problem: Problem, path: Path) -> str:
    """Return the path of a raw file in tmp_dir, or its whole path where it lies elsewhere."""
    inside = problem.tmp_dir is not None and path.is_relative_to(problem.tmp_dir)
    return (path.relative_to(problem.tmp_dir) if inside and problem.tmp_dir else path).as_posix()
