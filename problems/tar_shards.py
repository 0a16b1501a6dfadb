"""Examples in tars as WebDataset has them: KEY.jpg or KEY.wav beside KEY.cls, KEY.txt, KEY.json."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Final

from t2t_mm.data.declaring.bad_examples import UnreadableFileError
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import LARGEST_PACKED, PackedFile
from t2t_mm.files.text_files import LONGEST_LINE, decode_line
from t2t_mm.problems.file_kinds import PICTURES, SOUNDS
from t2t_mm.problems.json_objects import flatten_object, parse_object
from t2t_mm.problems.picture_listing import is_hidden

_USUAL: Final = {"cls": "label", "txt": "text"}
_MEDIA: Final = {
    end.removeprefix("."): column
    for kind, column in ((PICTURES, "image"), (SOUNDS, "audio"))
    for end in kind.suffixes
}
_TAIL_BYTES = 1 << 20


@dataclass(frozen=True)
class TarMember(PackedFile):
    """A file in a tar.

    Args:
        offset: Where its bytes begin in the tar.
        size: How many they are.
    """

    offset: int
    size: int

    def __call__(self) -> bytes:
        """Read it."""
        try:
            with self.archive.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except OSError as error:
            raise UnreadableFileError(f"{self} cannot be read: {error.strerror}") from None
        if len(content) < self.size:
            raise _make_broken_error(self.archive, "unexpected end of data")
        return content


def list_members(path: Path) -> Iterator[TarMember]:
    """Yield the plain files of a tar in their order, without hidden ones; none is read.

    Raises:
        UserError: It is no tar, is cut short, or is several tars in a row.
    """
    others = 0
    try:
        num_bytes = path.stat().st_size
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else all stay in memory
                if not 0 <= member.size <= num_bytes - member.offset_data:
                    raise tarfile.ReadError("unexpected end of data")
                is_plain = member.isfile() and not member.issparse()
                if is_plain and not is_hidden(PurePosixPath(member.name).name):
                    yield TarMember(path, member.name, member.offset_data, member.size)
                others += not is_plain and not member.isdir()
            check_end(archive)
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from None
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        if isinstance(error, UserError):
            raise
        raise _make_broken_error(path, str(error)) from None
    if others:
        warn_once(f"{path}: left out {others:,} links and other entries that are no plain files.")


def read_tar_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield a row for each key, the files whose names agree up to the first dot.

    Its columns are the ends of the names, with a `TarMember` for a picture or sound (`image` and
    `audio` as well) and what is written in `cls` (`label` as well), `txt` (`text`) and the fields
    of `json`. A key that comes again later in the tar is left out.

    Args:
        path: The tar.

    Returns:
        The number of the key, from 1, and the row.
    """
    seen: set[str] = set()
    for number, (key, members) in enumerate(groupby(list_members(path), _find_key), start=1):
        if key in seen:
            leave_out(f"{path}, row {number}: {key} is there twice")
            continue
        seen.add(key)
        if (row := _read_row(list(members))) is not None:
            yield number, row


def _find_key(member: TarMember) -> str:
    return member.key


def _read_row(members: list[TarMember]) -> dict[str, Any] | None:
    """Read the texts of a key; None where they, or the whole of it, are left out."""
    row: dict[str, Any] = {}
    for member in members:
        end = PurePosixPath(member.name).name.partition(".")[2].lower()
        media, is_text = _MEDIA.get(end.rpartition(".")[2]), end in (*_USUAL, "json")
        most = LONGEST_LINE if is_text else LARGEST_PACKED
        if end in row or ((media or is_text) and member.size > most):
            reason = "is there twice" if end in row else f"is larger than {most:,} bytes"
            leave_out(f"{member} {reason}")
            return None
        if end == "json":
            place = Path(str(member))
            parsed = parse_object(decode_line(member(), place, 1), str(place))
            if parsed is None:
                return None
            row = flatten_object(parsed) | row
        elif is_text:
            text = decode_line(member(), Path(str(member)), 1).strip()
            row |= {end: text, _USUAL[end]: text}
        elif media:
            row |= {end: member} | ({media: member} if end in _MEDIA else {})
    return row


def check_end(archive: tarfile.TarFile, end: int | None = None) -> None:
    """Check that a tar ends where its last file does: what follows would be lost in silence.

    Args:
        archive: All of whose members were listed.
        end: Where it ends in its file; by default that is where the file ends.

    Raises:
        tarfile.ReadError: It has no end, or goes on after it.
    """
    file, place = archive.fileobj, archive.offset
    assert file is not None, "the archive is open"
    file.seek(place)
    rest = file.read(_TAIL_BYTES if end is None else min(_TAIL_BYTES, end - place))
    if rest[: tarfile.BLOCKSIZE].strip(b"\0") or len(rest) < tarfile.BLOCKSIZE:
        raise tarfile.ReadError("it has no end: it was cut short, or an entry is damaged")
    if rest.strip(b"\0"):
        raise tarfile.ReadError("it goes on after its end: several archives were joined")


def _make_broken_error(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path}: the .tar file is broken",
        expected="one whole .tar file, not compressed",
        received={"error": reason},
        fix="Copy or download it again.",
    )
