"""A function compiled for each shape of its batches, whose state is donated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from t2t_mm.run.jax_process import choose_compiler_options
from t2t_mm.training.backend import DeviceMemoryError
from t2t_mm.training.objective import Batch
from t2t_mm.training.on_jax.donated_state import DonatedState


class Program:
    """Runs a function that changes state, on the device.

    What it is given of the state is donated: the memory is used again for what comes out.

    Args:
        function: Takes arrays of the state by name, a batch and what else a call is given; returns
            the arrays that are to be kept, all that it was given, and what a call returns.
        state: Whose arrays they are.
        names: Of those that it changes.
        deterministic: Whether equal runs are to give equal bits on a GPU, too.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        state: DonatedState,
        names: Sequence[str],
        deterministic: bool = False,
    ) -> None:
        options = choose_compiler_options(deterministic)
        self._compiled = jax.jit(function, donate_argnums=0, compiler_options=options)
        self._state = state
        self._names = names
        self._shapes: set[Any] = set()

    def __call__(self, batch: Batch, *rest: Any) -> Any:
        """Run the function; return as soon as the device has its work.

        The first run of a shape is waited for: a program that does not fit the memory fails then.

        Raises:
            DeviceMemoryError: The device has too little memory.
        """
        arrays = jax.device_put({name: np.asarray(value) for name, value in batch.items()})
        shapes = tuple((name, array.shape) for name, array in sorted(arrays.items()))
        try:
            kept, returned = self._compiled(self._state.read(self._names), arrays, *rest)
            self._state.put(kept)
            if shapes not in self._shapes:
                jax.block_until_ready(returned)  # type: ignore[no-untyped-call]
                self._shapes.add(shapes)
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise DeviceMemoryError(str(error)) from error
        return returned
