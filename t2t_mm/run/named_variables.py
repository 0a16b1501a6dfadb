"""What checkpoints keep by name: variables, and rows of tables as variables of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.run.written_arrays import open_arrays


@dataclass(frozen=True)
class TableRow:
    """One row of a variable; it is read as a variable is, and assigned by `assign_arrays`.

    Args:
        table: A variable of Keras or of its backend.
        index: Which row.

    Example:
        >>> import keras
        >>> table = keras.Variable(np.zeros((2, 3)))
        >>> np.asarray(TableRow(table, 1)).tolist()
        [0.0, 0.0, 0.0]
    """

    table: Any
    index: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The table's, without its first axis."""
        return tuple(self.table.shape[1:])

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


def assign_arrays(variables: Mapping[str, Any], read: Callable[[str], Any]) -> None:
    """Assign to each variable the array of its name.

    Args:
        variables: As `name_variables` returns them; rows side by side are assigned at once.
        read: Returns the array of a name, of the variable's shape; called once for each.

    Example:
        >>> import keras
        >>> table = keras.Variable(np.zeros((2, 1)))
        >>> assign_arrays(name_rows(table, ["a", "b"]), {"a": [1.0], "b": [2.0]}.get)
        >>> np.asarray(table).tolist()
        [[1.0], [2.0]]
    """

    def find_table(name: str) -> int:
        return id(getattr(variables[name], "table", variables[name]))

    for _, names in groupby(variables, find_table):
        first, *rest = names
        variable = variables[first]
        if not isinstance(variable, TableRow):
            variable.assign(read(first))
            continue
        values = np.asarray(variable.table).copy()
        for name in (first, *rest):
            values[variables[name].index] = read(name)
        variable.table.assign(values)


def restore_variables(
    path: Path,
    variables: Mapping[str, Any],
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda arrays: arrays,
) -> None:
    """Assign the arrays of a file to variables.

    Args:
        path: An `.npz` archive, as `write_arrays` makes it.
        variables: Name in the archive -> variable.
        convert: Turns the arrays of earlier versions into today's.

    Raises:
        UserError: A variable is missing from the file or has another shape there.
    """
    with open_arrays(path) as saved:
        arrays = convert(saved)
        missing = sorted(set(variables) - set(arrays))
        if missing:
            raise UserError(
                f"{path} does not hold {len(missing)} of the model's variables, the first "
                f"{missing[0]!r}. The run was made with other settings or another version."
            )

        def read(name: str) -> Any:
            array, expected = arrays[name], tuple(variables[name].shape)
            if tuple(array.shape) != expected:
                raise UserError(
                    f"Variable {name!r} has shape {tuple(array.shape)} in {path}, the model "
                    f"expects {expected}: the settings or the vocabulary differ."
                )
            return array

        assign_arrays(variables, read)
