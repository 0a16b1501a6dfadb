"""Rows of .csv and .tsv files, plain or .gz: columns that a comma, semicolon or tab parts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines

_MOST_CHARACTERS = 1 << 30


def is_delimited(path: Path) -> bool:
    """Return whether a file is such a table, plain or .gz, by the end of its name."""
    return _find_end(path) in (".csv", ".tsv")


def read_delimited(path: Path, spans_lines: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the line that it begins in.

    Args:
        path: `.csv` or `.tsv`, plain or .gz.
        spans_lines: Whether a text in quotes may go over several lines.

    Raises:
        UserError: A row is malformed, with its line.
    """
    csv.field_size_limit(_MOST_CHARACTERS)
    options: dict[str, Any] = {"strict": True, "delimiter": _find_delimiter(path)}
    if _find_end(path) == ".tsv":
        options |= {"quoting": csv.QUOTE_NONE}
    reader = csv.reader((f"{line}\n" for line in decode_lines(path)), **options)
    while True:
        begin = reader.line_num + 1
        try:
            row = next(reader, None)
            if row is not None and reader.line_num > begin and not spans_lines:
                raise csv.Error("a text goes over several lines")
        except csv.Error as error:
            raise UserError(
                f"{path}, line {begin}: this is no row of a table: {_explain_error(error)}",
                expected="a text with commas or quotes in quotes, its own quotes doubled",
            ) from None
        if row is None:
            return
        if any(value.strip() for value in row):
            yield begin, row


def _explain_error(error: csv.Error) -> str:
    """Explain what is wrong with a row: Python tells of a carriage return how to open a file."""
    text = f"{error}"
    return "a carriage return stands in it without a newline" if "new-line" in text else text


def _find_end(path: Path) -> str:
    """Find how a name ends, without .gz."""
    return Path(path.name.removesuffix(".gz")).suffix


def _find_delimiter(path: Path) -> str:
    """Find what parts the columns: a tab, a comma or, where the first line has none, a ";"."""
    if _find_end(path) == ".tsv":
        return "\t"
    first = next(decode_lines(path), "")
    return ";" if ";" in first and "," not in first else ","
