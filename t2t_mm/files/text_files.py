"""Lines of UTF-8 files, plain or .gz, and packed files, with errors that name file and line."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from t2t_mm.errors import UserError

_BYTE_ORDER_MARK = "\ufeff"


def decode_lines(path: Path) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file, plain or .gz, without line ends and byte order mark.

    Only a newline ends a line ("\r\n" too), so that aligned files stay aligned whatever other
    separators a line contains.

    Raises:
        UserError: If a line is not UTF-8 (with file and line number) or the .gz file is broken.
    """
    with report_broken_gzip(path), open_bytes(path) as lines:
        for number, line in enumerate(lines, start=1):
            text = decode_line(line, path, number)
            yield text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text


def open_bytes(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a plain or .gz file; iterating gives lines with their ends."""
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


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
def report_broken_zip(path: Path) -> Iterator[None]:
    """Turn what reading a broken .zip file raises into a `UserError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(
            f"{path}: the .zip file is broken",
            expected="a whole .zip file",
            received={type(error).__name__: str(error)},
            fix="Copy or download it again.",
        ) from None


def decode_line(line: bytes, path: Path, number: int) -> str:
    """Return one line as text without its line end.

    Args:
        line: The bytes of the line.
        path: The file, for the message.
        number: Line number counted from 1, for the message.

    Raises:
        UserError: If the bytes are not UTF-8.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {number}: the text is not UTF-8. Expected: UTF-8. "
            f"Received: byte {line[error.start]:#04x} at byte {error.start + 1} of the line. "
            f"Convert the file, for example with "
            f"`iconv -f ISO-8859-1 -t UTF-8`."
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
