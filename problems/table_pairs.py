"""Pairs of texts in the columns of a table, or of its shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.files.odd_items import leave_out
from t2t_mm.problems.json_objects import find_object
from t2t_mm.problems.named_columns import (
    check_columns,
    check_one_split,
    find_columns,
    has_columns,
    parse_columns,
    read_rows,
    write_cell,
)
from t2t_mm.problems.packed_tables import list_watched_files
from t2t_mm.problems.parallel_text import Pair, drop_empty_pairs

_USUAL: Final = {
    "inputs": ("inputs", "input", "source", "src", "question", "document", "article", "text"),
    "targets": ("targets", "target", "output", "tgt", "translation", "answer", "summary"),
}


@dataclass(frozen=True)
class TablePairs:
    """A table with a column of each language.

    Args:
        path: The table.
        languages: What the columns hold.
        columns: Which these are, where a person says so.
    """

    path: Path
    languages: tuple[str, str]
    columns: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The table, or its shards."""
        return tuple(list_watched_files(self.path))

    def read_pairs(self) -> Iterator[Pair]:
        """Yield (first, second) of each row, each in one line; empty ones are skipped and told.

        A row with `null` is left out: see `leave_out`.

        Raises:
            UserError: There is no such column, a row is malformed, or rows are of several splits.
        """
        chosen = find_columns(self.path, self._roles, self.columns)
        check_columns(self.path, chosen, self._roles, self.columns)
        names = [chosen[language] for language in self.languages]
        return drop_empty_pairs(self._read_texts(names), str(self.path))

    def _read_texts(self, names: list[str]) -> Iterator[Pair]:
        """Yield the texts of two columns, also of rows that lack one; `null` is left out."""
        rows = read_rows(self.path, parse_columns(self.columns))
        for place, row in check_one_split(rows):
            pair = find_object(row, names)
            first, second = (pair.get(name, "") for name in names)
            if first is None or second is None:
                leave_out(f"{place}: the {names[0] if first is None else names[1]} is null")
                continue
            yield write_cell(first, place), write_cell(second, place)

    def has_columns(self) -> bool:
        """Return whether the table has both columns."""
        return has_columns(self.path, self._roles, self.columns)

    def tell_left_out(self) -> None:
        """Tell that the table has not both columns.

        Raises:
            UserError: Its first row is malformed.
        """
        find_columns(self.path, self._roles, self.columns)
        first, second = self.languages
        warn_once(f"{self.path} is left out: it has no columns of {first} and {second}.")

    @property
    def _roles(self) -> dict[str, tuple[str, ...]]:
        return {language: _USUAL.get(language, (language,)) for language in self.languages}
