"""Greedy search: the most probable symbol at every step.

Axis letters: B inputs, N rows, T positions, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import ops

from t2t_mm.layers.forms import choose_form
from t2t_mm.search.search import Search
from t2t_mm.search.search_state import SearchState

Tensor = Any


class GreedySearch(Search):
    """Takes the most probable symbol at every step.

    Example:
        >>> import numpy as np
        >>> import t2t_mm
        >>> loaded = t2t_mm.load("demo/run")
        >>> task = loaded.run.task("mini_ende")
        >>> search = GreedySearch(loaded.restored.model, *task.signature)
        >>> batch = {"inputs": np.array([[7, 9, 1], [5, 1, 0]], np.int32)}
        >>> found = search(batch, command_index=task.command_index, extra_length=4)
        >>> found.ids.dtype, found.ids.shape[:2], found.ids.shape[2] <= 3 + 4
        (dtype('int32'), (2, 1), True)
    """

    def search_in_graph(
        self, inputs: Mapping[str, Tensor], command: Tensor, extra_length: Tensor, problem: Tensor
    ) -> Tensor:
        """Decode a batch inside a graph of TensorFlow that a caller traces: segment by segment.

        Args:
            inputs: As `select_inputs` returns them.
            command: int32 scalar; so are the others, see `__call__`.
            extra_length: Symbols.
            problem: Index of the problem.

        Returns:
            int32[B, T]; what follows a row's EOS is 0.
        """
        from t2t_mm.search.tracing import repeat_in_graph

        end = repeat_in_graph(
            self._decode_segment,
            self._start_batch(inputs, command, extra_length, problem),
            lambda state: ops.logical_not(ops.all(state.is_finished)),
        )
        return ops.transpose(end.ids[: end.position])

    def _advance(self, state: SearchState, logits: Tensor) -> SearchState:
        if self.constraint:  # padding is never the most probable once a model was trained
            logits = self._forbid(state, logits)
        return self._append(state, find_largest(logits))


@choose_form
def find_largest(values: Tensor) -> Tensor:
    """Return the place of the largest value along the last axis, the first of equal ones.

    Args:
        values: float[..., V].

    Returns:
        int32[...].

    Example:
        >>> find_largest(ops.array([[1.0, 3.0, 2.0]])).numpy().tolist()
        [1]
    """
    return ops.cast(ops.argmax(values, axis=-1), "int32")
