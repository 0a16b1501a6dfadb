"""Examples in Parquet, as Hugging Face stores them: pictures, sounds and texts as columns.

A picture or sound is a column of bytes, or of {bytes, path}; it is read when its turn comes. The
names of classes stand in the file. Needs pyarrow (`pip install t2t_mm[parquet]`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.bad_examples import BadExampleError, UnreadableFileError
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import LARGEST_PACKED, PackedFile
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.files.text_files import LONGEST_LINE
from t2t_mm.problems.json_objects import flatten_object
from t2t_mm.problems.picture_listing import hash_name

_ROWS_AT_ONCE, _BYTES_AT_ONCE = 256, 1 << 26
_LARGEST_CHUNK, _MOST_PACKED = 100_000_000, 100


@dataclass(frozen=True)
class ParquetCell(PackedFile):
    """A picture or sound in a Parquet file.

    Args:
        column: Of its bytes, as "image.bytes".
        group: The group of rows that it stands in.
        row: Its place in the group.
    """

    column: str
    group: int
    row: int

    def __call__(self) -> bytes:
        """Read it, which is quick for one after the other."""
        with _report_broken_file(self.archive):
            content = _open_column(self.archive, self.column, self.group).read(self.row)
        if not content or len(content) > LARGEST_PACKED:
            raise BadExampleError(
                f"{self} cannot be read",
                expected=f"1 to {LARGEST_PACKED:,} bytes",
                received={"bytes": len(content or b"")},
            )
        return content

    @property
    def key(self) -> str:
        """Its place: what paths stand in such files is often the same for all."""
        return f"{self.archive.name} {self.group} {self.row}"

    @property
    def order(self) -> tuple[int, int]:
        """Group by group, these in an order of chance, since files may be sorted by class."""
        return hash_name(f"{self.archive.name} {self.group}"), self.row


class _ColumnReader:
    """Reads the cells of a column in a group of rows, forwards."""

    def __init__(self, path: Path, column: str, group: int) -> None:
        self._path, self._column, self._group = path, column, group
        self._begin, self._batch = 0, None
        self._batches = self._read_batches()

    def read(self, row: int) -> bytes | None:
        """Return a cell; one before the last batch begins anew."""
        if row < self._begin:
            self._begin, self._batch, self._batches = 0, None, self._read_batches()
        while self._batch is None or row >= self._begin + len(self._batch):
            self._begin += len(self._batch) if self._batch is not None else 0
            self._batch = next(self._batches)
        array = self._batch.column(0)
        if _is_struct(array.type):  # as {bytes, path}
            array = array.field("bytes")
        value: bytes | None = array[row - self._begin].as_py()
        return value

    def _read_batches(self) -> Iterator[Any]:
        file = _open_parquet(self._path)
        return _read_batches(file, self._path, self._group, [self._column])


@functools.lru_cache(maxsize=1)
def _open_column(path: Path, column: str, group: int) -> _ColumnReader:
    return _ColumnReader(path, column, group)


def read_parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows with their numbers, from 1.

    Bytes are `ParquetCell`s, numbers of named classes their names, and the fields of a column of
    several are columns of their own, as those of {en, de}. A row with a text of more than 1 MB is
    left out.

    Raises:
        UserError: The file is broken, would fill the memory, or needs pyarrow.
    """
    number = 0
    with _report_broken_file(path):
        file = _open_parquet(path)
        cells, others = _part_columns(file.schema_arrow)
        names = _read_class_names(file.schema_arrow.metadata or {})
        for group in range(file.num_row_groups):
            number_before = number
            for row in _read_group(file, path, group, others):
                number += 1
                if any(len(text) > LONGEST_LINE for text in row.values() if isinstance(text, str)):
                    leave_out(f"{path}, row {number}: a text of more than {LONGEST_LINE:,} bytes")
                    continue
                row = flatten_object(_name_classes(row, names))
                for column, leaf in cells.items():
                    place = group, number - number_before - 1
                    name = _name_cell(row.pop(f"{column}.path", None), number)
                    row[column] = ParquetCell(path, name, leaf, *place)
                yield number, row


def _read_group(file: Any, path: Path, group: int, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a group, {} each where there is no column to read."""
    if not columns:
        yield from ({} for _ in range(file.metadata.row_group(group).num_rows))
        return
    for batch in _read_batches(file, path, group, columns):
        for row in batch.to_pylist():
            for leaf in (leaf for leaf in columns if leaf not in row):  # of a {bytes, path}
                row[leaf] = (row.pop(leaf.removesuffix(".path"), None) or {}).get("path")
            yield row


def _read_batches(file: Any, path: Path, group: int, columns: list[str]) -> Iterator[Any]:
    """Yield so many rows at once that they take little memory."""
    facts = file.metadata.row_group(group)
    chunks = [facts.column(index) for index in range(facts.num_columns)]
    wanted = [
        chunk
        for chunk in chunks
        if any(f"{chunk.path_in_schema}.".startswith(f"{column}.") for column in columns)
    ]
    for chunk in wanted:
        most = max(_LARGEST_CHUNK, _MOST_PACKED * chunk.total_compressed_size)
        if chunk.total_uncompressed_size > most:
            raise UserError(
                f"{path}: the column {chunk.path_in_schema} cannot be unpacked",
                expected=f"at most {_MOST_PACKED} times as many bytes as packed",
                received={"bytes": chunk.total_uncompressed_size},
            )
    num_bytes = sum(chunk.total_uncompressed_size for chunk in wanted)
    fitting = facts.num_rows * _BYTES_AT_ONCE // max(num_bytes, 1)
    size = max(1, min(_ROWS_AT_ONCE, fitting))
    yield from file.iter_batches(batch_size=size, row_groups=[group], columns=columns)


def _part_columns(schema: Any) -> tuple[dict[str, str], list[str]]:
    """Part the columns into bytes, with the leaf that holds these, and what is read at once."""
    cells, others = {}, []
    for field in schema:
        inner = {one.name: one.type for one in field.type} if _is_struct(field.type) else {}
        if _is_binary(field.type):
            cells[field.name] = field.name
        elif _is_binary(inner.get("bytes")):
            cells[field.name] = f"{field.name}.bytes"
            others += [f"{field.name}.path"] if "path" in inner else []
        else:
            others.append(field.name)
    return cells, others


def _is_struct(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_struct(kind))


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _name_cell(path: str | None, number: int) -> str:
    return path or f"row {number}"


def _read_class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Read the names of classes by column, which Hugging Face writes beside the schema."""
    try:
        features = parse_json(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {name: one["names"] for name, one in features.items() if "names" in one}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _name_classes(row: dict[str, Any], names: Mapping[str, list[str]]) -> dict[str, Any]:
    """Put names in the place of numbers; -1 stands for no class."""
    for column, known in names.items():
        value = row.get(column)
        if isinstance(value, int):
            row[column] = known[value] if 0 <= value < len(known) else None
    return row


def _open_parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise UserError(
            f"{path}: Parquet is read by pyarrow, which is not installed",
            fix="Install it: `pip install t2t_mm[parquet]`.",
        ) from None
    return pyarrow.parquet.ParquetFile(path, buffer_size=1 << 20, page_checksum_verification=True)


@contextmanager
def _report_broken_file(path: Path) -> Iterator[None]:
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:  # of pyarrow there are many kinds, all of them builtin ones, too
        if isinstance(error, OSError) and error.errno:
            raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from None
        raise UserError(
            f"{path}: the .parquet file is broken",
            expected="a whole Parquet file",
            received={type(error).__name__: str(error).splitlines()[0][:200]},
            fix="Copy or download it again.",
        ) from None
