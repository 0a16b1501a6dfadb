"""A function compiled for each shape of its batches, whose state is donated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax
import numpy as np

from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.jax_process import choose_compiler_options
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
        self._function = jax.jit(function, donate_argnums=0, compiler_options=options)
        self._state = state
        self._names = names
        self._compiled: dict[Hashable, Any] = {}
        self._has_run: set[Hashable] = set()

    def compile(self, batch: Batch, *rest: Any) -> Program:
        """Compile the function for the shapes of a batch, without running it.

        Raises:
            DeviceMemoryError: The device has too little memory to try kernels on.
        """
        arrays = _put_on_device(batch)
        with tell_exhaustion():
            lowered = self._function.lower(self._state.read(self._names), arrays, *rest)
            self._compiled[_list_shapes(arrays)] = lowered.compile()
        return self

    def __call__(self, batch: Batch, *rest: Any) -> Any:
        """Run the function; return as soon as the device has its work.

        The first run of a shape is waited for: a program that does not fit the memory fails then.

        Raises:
            DeviceMemoryError: The device has too little memory.
        """
        arrays = _put_on_device(batch)
        shapes = _list_shapes(arrays)
        if shapes not in self._compiled:
            self.compile(arrays, *rest)
        with tell_exhaustion():
            kept, returned = self._compiled[shapes](self._state.read(self._names), arrays, *rest)
            self._state.put(kept)
            if shapes not in self._has_run:
                jax.block_until_ready(returned)  # type: ignore[no-untyped-call]
                self._has_run.add(shapes)
        return returned


def _put_on_device(batch: Batch) -> dict[str, Any]:
    arrays: dict[str, Any] = jax.device_put(
        {
            name: value if isinstance(value, jax.Array) else np.asarray(value)
            for name, value in batch.items()
        }
    )
    return arrays


def _list_shapes(arrays: Batch) -> Hashable:
    return tuple((name, array.shape) for name, array in sorted(arrays.items()))
