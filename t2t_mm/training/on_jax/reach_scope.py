"""A stateless scope that knows which variables a batch may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from t2t_mm.errors import UserError


class ReachScope(keras.StatelessScope):
    """Reads and changes values of variables instead of the variables themselves.

    A trainable variable that is not among them would be a constant of the program: never updated,
    and soon not even what it was when the program was compiled.

    Args:
        variables: Those of which there are values.
        values: Theirs by path.

    Raises:
        UserError: Another trainable variable is read.

    Example:
        >>> import numpy as np
        >>> variable = keras.Variable(np.ones(2), name="gain")
        >>> with ReachScope([variable], {"gain": np.zeros(2)}):
        ...     print(np.asarray(variable.value))
        [0. 0.]
    """

    def __init__(self, variables: Iterable[Any], values: Mapping[str, Any]) -> None:
        super().__init__([(variable, values[variable.path]) for variable in variables])

    def get_current_value(self, variable: Any) -> Any:
        """Return the value of a variable within the scope; see `keras.StatelessScope`."""
        value = super().get_current_value(variable)
        if value is None and variable.trainable:
            raise UserError(
                "A batch reads a variable that its nets do not name",
                received={"variable": variable.path},
                fix="Let list_input_variables and list_target_variables of the modality return all "
                "that each side uses; a variable of both sides belongs in both.",
            )
        return value
