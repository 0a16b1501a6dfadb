"""What updates change, as arrays that a program takes for good and gives back changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.named_variables import name_rows, name_variables

Arrays = dict[str, Any]

ADAM = ("first_moment", "second_moment", "count")
"""The kinds of Adam's state, in the order of `AdamState`."""
WAITING = ("sum", "reached")
"""The kinds of what is accumulated: gradients added up, and whether any batch reached them."""


class DonatedState:
    """The state of training by name, once in memory.

    A name is the path of a variable, or a kind and that path, "first_moment/...". What a program
    is given is its own: memory is used again, and the variables of Keras hold what is gone until
    `settle` hands them the arrays of today, uncopied.

    Args:
        model: Built.
        accumulates: Whether gradients are added up over several batches.

    Attributes:
        variables: Variables of Keras by name: those of the model, and those of the optimizer.
    """

    def __init__(self, model: MultiModel, accumulates: bool) -> None:
        self.model = model
        self.variables = {variable.path: variable for variable in model.variables}
        self.trained = [variable.path for variable in model.trainable_variables]
        self.statistics = [variable.path for variable in model.list_statistics()]
        known = {*self.trained, *self.statistics}
        self.seeds = [path for path in self.variables if path not in known]
        for path in self.trained:
            shape = self.variables[path].shape
            rows = (len(model.row_names[path]),) if path in model.row_names else ()
            added = {"first_moment": shape, "second_moment": shape, "count": rows}
            if accumulates:
                added |= {"sum": shape, "reached": rows}
            self.variables |= {f"{kind}/{path}": _make(kind, size) for kind, size in added.items()}
        self._arrays: Arrays = {}

    def read(self, names: Iterable[str]) -> Arrays:
        """Return the arrays of today; those that are donated are to be `put` again."""
        arrays, variables = self._arrays, self.variables
        return {n: arrays[n] if n in arrays else variables[n].value for n in names}

    def put(self, arrays: Arrays) -> None:
        """Take arrays, changed."""
        self._arrays |= arrays

    def settle(self) -> None:
        """Hand the arrays of today to the variables."""
        for name, array in self._arrays.items():
            self.variables[name].assign(array)
        self._arrays.clear()

    def name_weights(self) -> dict[str, Any]:
        """Name the model's variables as checkpoints do."""
        return name_variables(self.model.variables, self.model.row_names)

    def name_adam(self) -> dict[str, Any]:
        """Name Adam's state as checkpoints do."""
        named: dict[str, Any] = {}
        for path in self.trained:
            for kind in ADAM:
                variable = self.variables[f"{kind}/{path}"]
                rows = self._list_trained_rows(path)
                parts = {path: variable} if rows is None else name_rows(variable, rows)
                named |= {f"{kind}/{name}": part for name, part in parts.items()}
        return named

    def _list_trained_rows(self, path: str) -> list[str] | None:
        """List the rows of a table, those without a name that have no state on TensorFlow."""
        rows = self.model.row_names.get(path)
        commands, free = self.model.command_embeddings, self.model.free_rows.get(path)
        if rows is None or free is None or (commands is not None and path == commands.path):
            return rows
        return [name * bool(one) for name, one in zip(rows, free, strict=True)]


def _make(kind: str, shape: tuple[int, ...]) -> Any:
    dtype = {"count": "int32", "reached": "bool"}.get(kind, "float32")
    return keras.Variable(ops.zeros(shape, dtype), dtype=dtype, trainable=False, name=kind)
