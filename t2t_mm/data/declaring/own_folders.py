"""Which problems `NAME/ARGUMENT` a user has: folders of raw files, and what was generated."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.reading_warnings import only_looking
from t2t_mm.data.declaring.splits import find_named_split
from t2t_mm.errors import UserError

VERSION = re.compile(r"\d+\.\d+\.\d+")
"""Names of folders of finished data; others are being written, or were replaced."""


def find_own_problems(
    data_dir: str | Path = "", tmp_dir: str | Path | None = ""
) -> Callable[[str], list[str]]:
    """Return what lists the names that there are of a problem that takes an argument.

    They are those of the folders in `tmp_dir` that the problem can read, none that is called as a
    split, and those whose data is in `data_dir`.

    Args:
        data_dir: Folder of generated data; "" for none.
        tmp_dir: Folder of raw files; "" or None for none.

    Returns:
        A function from NAME to full names, sorted, for `registry.expand_problems`.

    Example:
        >>> Path("trees/bank").mkdir(parents=True)
        >>> _ = Path("trees/bank/train.mrg").write_text("(S (NN one))")
        >>> find_own_problems(tmp_dir="trees")("tree_files")
        ['tree_files/bank']
    """

    def list_names(base: str) -> list[str]:
        there = Path(data_dir, base)
        generated = there.glob("**/t2t_mm.json") if data_dir else ()
        raw = [*Path(tmp_dir).glob("*/"), *Path(tmp_dir).glob("*.zip")] if tmp_dir else []
        places = (path.relative_to(there).parts for path in generated)
        found = {"/".join(parts[:-2]) for parts in places if VERSION.fullmatch(parts[-2])} - {""}
        for argument in {path.name.removesuffix(".zip") for path in raw} - found:
            if _can_read(base, argument, Path(tmp_dir or "")):
                found.add(argument)
        return sorted(f"{base}/{argument}" for argument in found)

    return list_names


def _can_read(base: str, argument: str, tmp_dir: Path) -> bool:
    """Return whether a problem finds its files in a folder of its own."""
    if find_named_split(argument):
        return False
    try:
        with only_looking():
            problem = registry.problem(f"{base}/{argument}", tmp_dir=tmp_dir)
            return problem.raw_files_wanted() is not None
    except (UserError, PermissionError):
        return False
