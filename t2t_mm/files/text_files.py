"""Lines of UTF-8 files, plain or .gz, and packed files, with errors that name file and line."""

from __future__ import annotations

import errno
import gzip
import json
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out

LONGEST_LINE: Final = 1 << 20
"""In bytes, with its end; a longer line is never held whole."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LARGEST_MEMBER, _MOST_PACKED = 100_000_000, 100


def decode_lines(path: Path) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file, plain or .gz, without line ends and byte order mark.

    Only a newline ends a line ("\r\n" too), so that aligned files stay aligned whatever other
    separators a line contains. A line above 1 MB is reported by `leave_out` and comes as an empty
    one.

    Raises:
        UserError: If a line is not UTF-8 (with file and line number) or the .gz file is broken.
    """
    with report_broken_gzip(path), open_bytes(path) as file:
        yield from decode_stream(file, path)


def decode_stream(file: IO[bytes] | gzip.GzipFile, path: Path) -> Iterator[str]:
    """Yield the lines of an open file as `decode_lines` does.

    Args:
        file: Such as a member of an archive.
        path: What it is called, for messages.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            leave_out(f"{path}, line {number}: the line is longer than {LONGEST_LINE:,} bytes")
            line = b""
        yield decode_line(line, path, number)


def open_bytes(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a plain or .gz file; iterating gives lines with their ends."""
    refuse_dangling_link(path)
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def refuse_dangling_link(path: Path) -> None:
    """Refuse a link to what is not there.

    Raises:
        UserError: It is one.
    """
    if path.is_symlink() and not path.exists():
        raise UserError(
            f"{path} is a link to what is not there",
            received={"link": os.readlink(path)},
            fix="Put the file there, or remove the link.",
        )


@contextmanager
def report_broken_gzip(path: Path) -> Iterator[None]:
    """Turn what reading a broken .gz file raises into a `UserError`."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: the compressed file is broken",
            expected="a whole .gz file",
            received={type(error).__name__: str(error)},
            fix="Copy or download it again.",
        ) from None


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a .zip file; what is broken, and what cannot be unpacked here, is a `UserError`.

    Raises:
        UserError: It is broken, a member has a password or is packed in a way that Python does not
            know, or is above 100 MB and more than 100 times as large as it is packed.
    """
    with report_broken_zip(path):
        try:
            archive = _BoundedZip(path)
        except (NotImplementedError, ValueError, OverflowError, struct.error) as error:
            raise zipfile.BadZipFile(str(error)) from error
        with archive:
            yield archive


@contextmanager
def report_broken_zip(path: Path) -> Iterator[None]:
    """Turn what reading a broken .zip file raises into a `UserError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise UserError(
            f"{path}: the .zip file is broken",
            expected="a whole .zip file",
            received={type(error).__name__: str(error)},
            fix="Copy or download it again.",
        ) from None


class _BoundedZip(zipfile.ZipFile):
    """Does not unpack what is made to fill the memory, and says what it cannot unpack."""

    def open(self, name: Any, *args: Any, **options: Any) -> IO[bytes]:
        """Open a member."""
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        most = max(_LARGEST_MEMBER, _MOST_PACKED * info.compress_size)
        try:
            if info.file_size > most:
                raise RuntimeError(f"{info.file_size:,} bytes, packed {info.compress_size:,}")
            return super().open(info, *args, **options)
        except (UnicodeDecodeError, OverflowError, struct.error) as error:
            raise zipfile.BadZipFile(str(error)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the file's beginning
                raise
            raise zipfile.BadZipFile(str(error)) from error
        except RuntimeError as error:  # a NotImplementedError is one, too
            raise UserError(
                f"{self.filename}: {info.filename} cannot be unpacked",
                expected="deflate, bzip2, lzma or not packed; no password; at most "
                f"{_LARGEST_MEMBER:,} bytes, or {_MOST_PACKED} times as many as packed",
                received={"reason": str(error)},
                fix="Unpack the .zip into a folder, and move it away.",
            ) from None


def decode_line(line: bytes, path: Path, number: int) -> str:
    """Return one line as text without its line end, and the first without a byte order mark.

    Args:
        line: The bytes of the line.
        path: The file, for the message.
        number: Line number counted from 1, for the message.

    Raises:
        UserError: If the bytes are not UTF-8.
    """
    try:
        text = (line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {number}: the text is not UTF-8. Expected: UTF-8. "
            f"Received: byte {line[error.start]:#04x} at byte {error.start + 1} of the line. "
            f"Convert the file, for example with "
            f"`iconv -f ISO-8859-1 -t UTF-8`."
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def is_unicode(value: object) -> bool:
    """Return whether the texts of a JSON value are Unicode: without half of a surrogate pair.

    Example:
        >>> is_unicode({"text": "a dog"}), is_unicode([chr(0xD83D)])
        (True, False)
    """
    return not _SURROGATE.search(json.dumps(value, ensure_ascii=False))
