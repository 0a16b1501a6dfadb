"""What checkpoints keep by name: variables, and rows of tables as variables of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TableRow:
    """One row of a variable; it is read and assigned as a variable is.

    Args:
        table: A variable of Keras or of its backend.
        index: Which row.

    Example:
        >>> import keras
        >>> table = keras.Variable(np.zeros((2, 3)))
        >>> TableRow(table, 1).assign(np.array([4.0, 5.0, 6.0]))
        >>> np.asarray(TableRow(table, 1)).tolist(), np.asarray(table)[0].tolist()
        ([4.0, 5.0, 6.0], [0.0, 0.0, 0.0])
    """

    table: Any
    index: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The table's, without its first axis."""
        return tuple(self.table.shape[1:])

    def assign(self, value: Any) -> None:
        """Set this row; the others stay."""
        rows = np.asarray(self.table).copy()
        rows[self.index] = value
        self.table.assign(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """Return the row, copied."""
        return np.array(np.asarray(self.table)[self.index], dtype)


def name_rows(table: Any, names: Sequence[str]) -> dict[str, TableRow]:
    """Map a name to each row of a table; rows whose name is empty are left out.

    Example:
        >>> import keras
        >>> list(name_rows(keras.Variable(np.zeros((3, 2))), ["a", "", "b"]))
        ['a', 'b']
    """
    return {name: TableRow(table, index) for index, name in enumerate(names) if name}


def name_variables(
    variables: Sequence[Any], row_names: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Map the path of each Keras variable to it, and that of each row where rows have names.

    Args:
        variables: Such as a model's.
        row_names: Names of the rows of tables, by the table's path.
    """
    named: dict[str, Any] = {}
    for variable in variables:
        rows = row_names.get(variable.path)
        added = {variable.path: variable} if rows is None else name_rows(variable, rows)
        assert not named.keys() & added.keys(), "two variables of the model share a path"
        named |= added
    return named
