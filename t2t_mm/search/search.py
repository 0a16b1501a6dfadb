"""Searching for outputs, one position of all hypotheses at a time.

Axis letters: B inputs, K hypotheses of each, N = B * K rows, T positions, V symbols.
"""

from __future__ import annotations

import functools
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID
from t2t_mm.layers.caching import double_room, grow, share_among, take_rows, write_position
from t2t_mm.layers.lineage import Lineage
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.search.constraint import Constraint
from t2t_mm.search.few_shapes import find_power, needs_few_shapes
from t2t_mm.search.forward import compile_forward, describe_results
from t2t_mm.search.search_inputs import encode_inputs, select_inputs
from t2t_mm.search.search_state import Hypotheses, OutputCollector, SearchState

Tensor = Any


class Search(ABC):
    """Decodes batches of one signature; a subclass says how symbols are chosen.

    Each step computes one position of every row and caches what later positions need of it. The
    room for positions is doubled whenever it is used up, so that the time of a step follows the
    length, and then inputs whose outputs are finished leave. On TensorFlow one trace serves every
    length and batch size.

    Args:
        model: built.
        input_modality: Share key of the input net.
        target_modality: Share key of the target net.
        num_hypotheses: K.
        constraint: What may be written; anything by default.

    Attributes:
        jit_compile: Whether XLA compiles it on TensorFlow, too, once more for every shape.
        num_sharing: How many hypotheses of an input share its keys and values.
    """

    jit_compile = False
    num_sharing = 1

    def __init__(
        self,
        model: MultiModel,
        input_modality: str,
        target_modality: str,
        num_hypotheses: int = 1,
        constraint: Constraint | None = None,
    ) -> None:
        self.model = model
        self.input_modality = input_modality
        self.target_modality = target_modality
        self.num_hypotheses = num_hypotheses
        self.constraint = constraint
        self._start: Any = None
        self._go_on: Any = None
        self._take: Any = None
        self._compiling = threading.Lock()

    def __call__(
        self,
        batch: Mapping[str, Any],
        *,
        command_index: int,
        extra_length: int,
        problem_index: int = 0,
        places: Sequence[int] | None = None,
        seed: int = 0,
        open_axes: Sequence[int] = (),
    ) -> Hypotheses:
        """Decode a batch.

        Args:
            batch: "inputs" as the input net takes them, padded, and their "inputs_size" where
                padding cannot be seen in the inputs themselves; other entries are not looked at.
            command_index: Row of the command embedding.
            extra_length: An output may be this many symbols longer than its own input has
                positions in the encoder.
            problem_index: The problem's place among the run's.
            places: Numbers of the inputs, which seed what is drawn for them; 0 to B - 1 by default.
            seed: Of all that is drawn.
            open_axes: Of the inputs, see `list_open_axes`; without them programs are compiled for
                inputs of every length where one is compiled for each shape.
        """
        has_few_shapes = needs_few_shapes(self.jit_compile)
        inputs = select_inputs(
            batch, has_few_shapes, self.constraint, open_axes, self.num_hypotheses
        )
        numbers = [np.int32(number) for number in (command_index, extra_length, problem_index)]
        self._compile([inputs, *numbers])
        state = self._start(inputs, *numbers)
        num_inputs = len(batch["inputs"])
        outputs = OutputCollector(num_inputs)
        # Numbers from `num_inputs` on are of rows that only fill up: nobody asks for their outputs.
        remaining = np.arange(len(state.limits) // self.num_hypotheses)
        named = np.zeros(1 + max(num_inputs, len(remaining)), np.int64)
        named[:num_inputs] = np.arange(num_inputs) if places is None else places
        while True:
            is_finished = np.all(
                np.array(state.is_finished).reshape(-1, self.num_hypotheses), axis=1
            )
            if is_finished.any():
                outputs.put(remaining[is_finished], self._read(state), is_finished)
            if is_finished.all():
                return outputs.join()
            kept = _choose_remaining(is_finished, has_few_shapes)
            if len(kept) < len(remaining):
                remaining = np.where(is_finished[kept], num_inputs, remaining[kept])
                rows = kept[:, None] * self.num_hypotheses + np.arange(self.num_hypotheses)
                state = self._take_rows(state, rows.reshape(-1).astype(np.int32))
            state = self._go_on(self._prepare(state, named[remaining], seed))

    def _compile(self, arguments: Sequence[Any]) -> None:
        """Compile the parts that every search has, unless that is done: both, or neither."""
        compile_part = functools.partial(compile_forward, self.model, jit_compile=self.jit_compile)
        with self._compiling:
            if self._start is None:
                start = compile_part(self._start_batch, arguments)
                self._go_on = compile_part(self._decode_segment, [describe_results(start)])
                self._start = start

    def _start_batch(
        self, inputs: Mapping[str, Tensor], command: Tensor, extra_length: Tensor, problem: Tensor
    ) -> SearchState:
        encoded = encode_inputs(self.model, self.input_modality, inputs, problem)
        lengths = ops.sum(ops.cast(encoded.positions.mask, "int32"), axis=1)
        cache = self.model.start_decoding(encoded, modality=self.target_modality, command=command)
        limits, constraint = lengths + extra_length, ()
        if self.constraint:
            limits, constraint = self.constraint.start(inputs, limits)
        if self.num_hypotheses > 1:
            rows = ops.repeat(ops.arange(ops.shape(lengths)[0]), self.num_hypotheses)
            constraint = take_rows(constraint, rows)
            if self.num_sharing > 1:
                cache = share_among(cache, self.num_sharing)
            else:
                cache = take_rows(cache, rows)
            lengths, limits = ops.take(lengths, rows), ops.take(limits, rows)
        state = SearchState(
            ids=ops.zeros((0, ops.shape(lengths)[0]), "int32"),
            position=ops.zeros((), "int32"),
            previous=ops.full_like(lengths, PAD_ID),
            is_finished=ops.equal(lengths, 0),
            limits=limits,
            cache=cache,
            constraint=constraint,
        )
        return state._replace(method=self._start_method(state))

    def _decode_segment(self, state: SearchState) -> SearchState:
        """Double the room for symbols and fill it, unless all rows are finished before."""
        state = state._replace(
            ids=double_room(state.ids),
            cache=grow(state.cache, self.num_sharing),
            method=self._grow_method(state.method),
        )
        room = ops.shape(state.ids)[0]

        def is_running(state: SearchState) -> Tensor:
            return ops.logical_and(
                state.position < room, ops.logical_not(ops.all(state.is_finished))
            )

        def step(state: SearchState) -> tuple[SearchState]:
            x, cache = self.model.decode_step(
                state.previous,
                state.position,
                state.cache,
                modality=self.target_modality,
                lineage=self._find_lineage(state),
            )
            logits = self.model.compute_logits(x, self.target_modality)
            return (self._advance(state._replace(cache=cache), logits),)

        (end,) = ops.while_loop(is_running, step, (state,))
        return SearchState(*end)

    def _take_rows(self, state: SearchState, rows: np.ndarray[Any, Any]) -> SearchState:
        """Return the state of some rows; many searches end before that is asked for."""

        def take(state: SearchState, rows: Tensor) -> SearchState:
            return state.take(rows, self.num_sharing)

        with self._compiling:
            if self._take is None:
                examples = [describe_results(self._start), rows]
                self._take = compile_forward(self.model, take, examples)
        return SearchState(*self._take(state, rows))

    def _start_method(self, state: SearchState) -> Any:
        """Return what the way to search remembers before the first symbol."""
        return ()

    def _grow_method(self, method: Any) -> Any:
        """Double the room of what the way to search remembers."""
        return method

    def _find_lineage(self, state: SearchState) -> Lineage | None:
        """Return whose entries of the caches each row continues, if several share one."""
        return None

    def _prepare(self, state: SearchState, places: np.ndarray[Any, Any], seed: int) -> SearchState:
        """Change a state before the next part, outside of what is compiled."""
        return state

    @abstractmethod
    def _advance(self, state: SearchState, logits: Tensor) -> SearchState:
        """Choose a symbol for each row: logits float[N, V] are of the state's position."""

    def _read(self, state: SearchState) -> Hypotheses:
        """Return what was found for every input."""
        ids = np.array(state.ids).T[:, : int(state.position)]
        num_inputs = len(ids) // self.num_hypotheses
        return Hypotheses(ids.reshape(num_inputs, self.num_hypotheses, ids.shape[1]))

    def _forbid(self, state: SearchState, logits: Tensor) -> Tensor:
        """Return logits, minus infinity of padding and of what the constraint does not allow."""
        is_allowed = ops.arange(logits.shape[-1]) != PAD_ID
        if self.constraint:
            allowed = self.constraint.allow(state.constraint, state, logits.shape[-1])
            is_allowed = ops.logical_and(is_allowed, allowed)
        return ops.where(is_allowed, logits, float("-inf"))

    def _append(self, state: SearchState, chosen: Tensor) -> SearchState:
        """Write int32[N], a symbol for each row; those with their EOS or at their limit end."""
        chosen = ops.where(state.is_finished, PAD_ID, chosen)
        is_last = ops.logical_or(chosen == EOS_ID, state.position + 1 >= state.limits)
        if self.constraint:
            is_last = ops.logical_or(is_last, chosen == PAD_ID)  # nothing else was allowed
            constraint = self.constraint.advance(state.constraint, chosen)
            state = state._replace(constraint=constraint)
        return state._replace(
            ids=write_position(state.ids, state.position, chosen),
            position=state.position + 1,
            previous=chosen,
            is_finished=ops.logical_or(state.is_finished, is_last),
        )


def _choose_remaining(is_finished: Any, has_few_shapes: bool) -> Any:
    """Return which inputs go on; where a program is compiled for each size, to fill up, others."""
    kept = np.flatnonzero(np.logical_not(is_finished))
    if not has_few_shapes:
        return kept
    size = min(find_power(len(kept)), len(is_finished))
    return np.concatenate([kept, np.flatnonzero(is_finished)[: size - len(kept)]])
