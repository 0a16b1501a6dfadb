"""The manifest of a checkpoint: size and checksum of each of its files.

The checksum of an archive of arrays is of the CRC-32s that it lists, which are computed while it
is written and compared with the arrays when these are read: neither is done twice.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.sealed_json import read_sealed, seal_json

MANIFEST = "manifest.json"


class DamagedFileError(UserError):
    """A file of a checkpoint is not what was written, or is missing.

    Args:
        path: The file.
        why: What was found.
    """

    def __init__(self, path: Path, why: str) -> None:
        self.what = f"The checkpoint file {path} is damaged or missing: {why.rstrip('.')}."
        super().__init__(
            self.what,
            fix="Name another checkpoint where a command takes --checkpoint_path; t2t-trainer goes "
            "on from the newest one that is whole.",
        )


def write_manifest(folder: Path, except_for: str = "") -> None:
    """Write the manifest of the files that lie in a folder.

    Args:
        folder: Of a checkpoint that is being written.
        except_for: A file that will change, and says itself whether it is whole.
    """
    files = sorted(path for path in folder.iterdir() if path.name not in (except_for, MANIFEST))
    record = {path.name: _describe_file(path) for path in files}
    write_text_atomically(folder / MANIFEST, seal_json({"files": record}))


def check_file(path: Path) -> None:
    """Check a file against the manifest beside it; earlier versions wrote none.

    Of an archive, size and list of arrays are looked at: its arrays are checked when they are read.

    Raises:
        DamagedFileError: It is not what was written.
    """
    expected = _read_manifest(path.parent).get(path.name)
    try:
        if expected is None or expected == _describe_file(path):
            return
        why = "it is not the file that was written"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        why = shorten_message(error)
    raise DamagedFileError(path, why)


def check_all_files(folder: Path) -> None:
    """Check all files of a checkpoint, and read its archives through.

    Raises:
        DamagedFileError: One is missing or not what was written.
    """
    archives = sorted(folder.glob("*.npz"))
    for name in {*_read_manifest(folder), *(path.name for path in archives)}:
        check_file(folder / name)
    for path in archives:
        try:
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
        except Exception as error:  # damage has many names in a reader of archives
            raise DamagedFileError(path, shorten_message(error)) from error
        if bad is not None:
            raise DamagedFileError(path, f"wrong checksum of {bad}")


def _read_manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        return dict(read_sealed(path)["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(path, str(error)) from error


def _describe_file(path: Path) -> dict[str, Any]:
    """Return size and checksum of a file."""
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            listed = [f"{one.filename} {one.file_size} {one.CRC}" for one in archive.infolist()]
        content = "\n".join(listed).encode("utf-8")
    else:
        content = path.read_bytes()
    return {"bytes": path.stat().st_size, "sha256": hashlib.sha256(content).hexdigest()}


def shorten_message(error: BaseException) -> str:
    r"""Return the first line of an error's message, cut to 200 letters.

    Example:
        >>> shorten_message(ValueError("one\ntwo"))
        'one'
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
