"""Tables of examples: .csv and .tsv with a first line of names, and .jsonl; what a column holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from t2t_mm.data.declaring.splits import find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.files.text_files import LONGEST_LINE, decode_lines
from t2t_mm.problems.delimited_text import is_delimited, read_delimited
from t2t_mm.problems.json_objects import flatten_object, parse_object
from t2t_mm.problems.packed_tables import RowPlace, is_packed, read_packed_rows

TABLE_SUFFIXES: Final = (".jsonl", ".json", ".csv", ".tsv")

USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "file": (
        *("file_name", "filename", "file", "path", "filepath", "file_path", "image", "image_name"),
        *("image_id", "image_path", "picture", "audio", "audio_filepath", "audio_path", "wav"),
        *("slice_file_name", "clip", "id"),
    ),
    "label": (
        *("label", "class", "category", "labels", "label_name", "class_name", "sentiment"),
        *("intent", "topic", "emotion", "genre", "target"),
    ),
    "text": (
        *("text", "sentence", "review", "content", "document", "message", "tweet", "comment"),
        *("utterance", "title", "headline", "query", "question", "description"),
    ),
    "caption": ("caption", "captions", "text", "description", "sentence", "comment"),
    "split": ("split", "set", "subset", "partition"),
}
"""What the columns are mostly called, by what they hold, the first that is there."""

_ROWS_LOOKED_AT = 20

Row = Mapping[str, Any]


def parse_columns(given: str) -> dict[str, str]:
    """Parse which columns a person names, by what they hold.

    Args:
        given: As "text=review,label=stars".

    Raises:
        UserError: It is not of this form.

    Example:
        >>> parse_columns("text=review,label=stars")
        {'text': 'review', 'label': 'stars'}
    """
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    if not all(role.strip() and sign and column.strip() for role, sign, column in pairs):
        raise UserError(
            "The columns of a table are not named in this way",
            expected="columns='text=review,label=stars'",
            received={"columns": given},
        )
    return {role.strip(): column.strip() for role, _, column in pairs}


def choose_columns(
    row: Row, roles: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> dict[str, str]:
    """Choose the columns that hold what is wanted.

    Args:
        row: Any row.
        roles: What is wanted -> how such a column may be called, in any case.
        given: What a person named.

    Returns:
        What is wanted -> the column's name, where there is one.

    Example:
        >>> choose_columns({"Review": "", "stars": ""}, USUAL_NAMES, {"label": "stars"})
        {'label': 'stars', 'text': 'Review'}
    """
    chosen = {role: given[role] for role in roles if given.get(role) in row}
    packed = {name for name, value in row.items() if isinstance(value, PackedFile)}
    for role, names in roles.items():
        taken = set(chosen.values())
        fitting = packed if packed and role in ("file", "audio") else row.keys() - packed
        there = {str(name).strip().lower(): name for name in row if name in fitting}
        if len(there) == 1 and fitting is packed:
            names = (*names, *there)
        usual = (there[name.lower()] for name in names if name.lower() in there)
        column = next((name for name in usual if name not in taken), None)
        if role not in given and column is not None:
            chosen[role] = column
    return chosen


def find_columns(path: Path, roles: Mapping[str, Sequence[str]], given: str = "") -> dict[str, str]:
    """Choose the columns of a table by its first row; see `choose_columns`."""
    named = parse_columns(given)
    first = _read_first_row(path, named)
    return choose_columns(first, roles, named) if first else {}


def _read_first_row(path: Path, given: Mapping[str, str]) -> Row | None:
    """Read the first row that can be; those before it are counted by who reads them all.

    Of shards it has the columns of several, since an example in a tar may lack some.
    """
    if _is_one_document(path):
        return None
    with collect_odd_items():
        rows = list(islice(read_rows(path, given), _ROWS_LOOKED_AT if is_packed(path) else 1))
    return {name: row[name] for _, row in rows[::-1] for name in row} if rows else None


def _is_one_document(path: Path) -> bool:
    """Return whether a .json begins with a line too long for a row: one of many megabytes."""
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        return len(file.readline(LONGEST_LINE + 1)) > LONGEST_LINE


def has_columns(path: Path, roles: Mapping[str, Sequence[str]], given: str = "") -> bool:
    """Return whether a table has a column for all that is wanted; what is no table has none."""
    if _is_one_document(path):
        return False
    try:
        return find_columns(path, roles, given).keys() == roles.keys()
    except UserError:  # it is of another form, as a json of settings
        return False


def write_cell(value: object, place: object) -> str:
    """Write a value in one line; nothing of what is missing.

    Args:
        value: Any.
        place: Where it stands, for messages.

    Raises:
        UserError: It is a list or an object.

    Example:
        >>> [write_cell(value, "train.jsonl, line 1") for value in (" two  words", 5, None)]
        ['two words', '5', '']
    """
    if isinstance(value, list | dict):
        raise UserError(
            f"{place}: a {'list' if isinstance(value, list) else 'object'} stands for one value",
            expected="a text or a number, or null",
            received={"value": f"{value}"[:100]},
            fix="Write its values into rows or columns of their own.",
        )
    return "" if value is None else " ".join(str(value).split())


def check_columns(
    path: Path, chosen: Container[str], roles: Mapping[str, Sequence[str]], given: str = ""
) -> None:
    """Check that a table has the columns that are wanted, and that all that a person named counts.

    Args:
        path: The table.
        chosen: What it has columns for.
        roles: What is wanted -> how such a column may be called; "split" need not be there.
        given: What a person named.

    Raises:
        UserError: A column is missing, or one is named for what nobody asks for.
    """
    named = parse_columns(given)
    if unknown := [role for role in named if role not in roles]:
        raise UserError(
            f"--columns names the {' and the '.join(unknown)}, which count for nothing in {path}",
            expected=f"some of {', '.join(roles)}",
            received={"columns": given},
            fix="Generate problems whose columns differ by a command each.",
        )
    needed = [role for role in roles if role != "split" or role in named]
    if missing := [role for role in needed if role not in chosen]:
        raise _make_no_column_error(path, missing, roles, given)


def _make_no_column_error(
    path: Path, missing: Sequence[str], roles: Mapping[str, Sequence[str]], given: str
) -> UserError:
    first = _read_first_row(path, parse_columns(given)) or {}
    usual = "; ".join(f"{role}: one of {', '.join(roles[role])}" for role in missing)
    choice = ",".join(f"{role}=COLUMN" for role in roles if role != "split")
    return UserError(
        f"{path} has no column that is known to hold the {' and the '.join(missing)}",
        expected=usual,
        received={"columns": ", ".join(map(str, first))} | ({"given": given} if given else {}),
        fix=f"Say which it is: t2t-datagen --columns='{choice}'; in a file without names of "
        "columns by their numbers, from 1.",
    )


def read_rows(
    path: Path, given: Mapping[str, str] | None = None, *, spans_lines: bool = True
) -> Iterator[tuple[RowPlace, Row]]:
    """Yield the rows of a table with the file and the line that each begins in.

    Args:
        path: `.csv` or `.tsv`, plain or .gz, with a line of names (tabs are all that parts the
            columns of a `.tsv`); the first shard of a `.tar` or `.parquet` (see
            `read_packed_rows`); anything else has one JSON object a line.
        given: What a person named: where all are numbers the columns have these, from 1, and the
            first line is a row.
        spans_lines: Whether a text in quotes may go over several lines; else a quote that is not
            closed is found in its line.

    Raises:
        UserError: A line is malformed, with its number.
    """
    if is_packed(path):
        yield from read_packed_rows(path)
        return
    if not is_delimited(path):
        yield from _read_objects(path)
        return
    names: list[str] = []
    is_numbered = bool(given) and all(name.isdecimal() for name in (given or {}).values())
    for number, row in read_delimited(path, spans_lines):
        if is_numbered and not names:
            names = [str(index) for index in range(1, len(row) + 1)]
        if names and len(row) != len(names):
            raise UserError(
                f"{path}, line {number}: the row has not as many columns as the first line",
                expected=f"{len(names)}: {', '.join(names)}",
                received={"columns": len(row), "line": ",".join(row)[:100]},
                fix="In a .csv a text with commas stands in quotes.",
            )
        if names:
            yield RowPlace(path, number), dict(zip(names, row, strict=True))
        else:
            names = _check_names(RowPlace(path, number), row)


def check_one_split(rows: Iterable[tuple[RowPlace, Row]]) -> Iterator[tuple[RowPlace, Row]]:
    """Yield rows as they are, as long as no column says that they are of several splits.

    Raises:
        UserError: One does, and nothing would part them.
    """
    first = ""
    for place, row in rows:
        named = {str(name).strip().lower(): value for name, value in row.items()}
        said = next((named[name] for name in USUAL_NAMES["split"] if name in named), "")
        split = find_named_split(str(said)) or "train"  # as all that is named otherwise
        if first and split != first:
            raise UserError(
                f"{place}: the row is of the split {split}, and rows before it are of {first}",
                expected="a table for each split",
                fix="Cut it into tables called train, dev and test.",
            )
        first = split
        yield place, row


def _check_names(place: RowPlace, names: list[str]) -> list[str]:
    """Check that no two columns have one name; several may have none."""
    again = [name for name, count in Counter(names).items() if name.strip() and count > 1]
    if again:
        raise UserError(
            f"{place}: several columns are called {again[0]}",
            expected="a name of its own for each",
            received={"columns": ", ".join(names)[:100]},
            fix="Rename or drop one. Columns of a file without names count by their numbers: "
            "--columns='text=2,label=1'.",
        )
    return names


def _read_objects(path: Path) -> Iterator[tuple[RowPlace, Row]]:
    """Yield one object a line; the fields of objects within it count as its own."""
    for number, line in enumerate(decode_lines(path), start=1):
        if not line.strip():
            continue
        place = RowPlace(path, number)
        row = parse_object(line, str(place))
        if row is not None:
            yield place, flatten_object(row)
