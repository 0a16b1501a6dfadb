"""Searching for outputs: greedily, the most probable symbol at every step; or the best classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from keras import ops

from t2t_mm.data.vocabulary.vocabulary import EOS_ID, PAD_ID
from t2t_mm.features import NUM_RANKED
from t2t_mm.inference.few_shapes import pad_to_few_shapes
from t2t_mm.inference.forward import compile_forward, describe_results
from t2t_mm.layers.caching import double_room, grow, write_position
from t2t_mm.layers.forms import choose_form, is_on_tensorflow
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import DecodingCache, Encoded

Tensor = Any
IntArray = npt.NDArray[np.int32]


class SearchState(NamedTuple):
    """What one part of a search hands to the next.

    Attributes:
        ids: int32[T, B], the symbols so far, and room for others.
        position: int32 scalar, how many of each row there are.
        previous: int32[B], the last of them.
        is_finished: bool[B], whether a row had its EOS or came to its limit.
        limits: int32[B], the most symbols of each row.
        cache: The model's.
    """

    ids: Tensor
    position: Tensor
    previous: Tensor
    is_finished: Tensor
    limits: Tensor
    cache: DecodingCache


class GreedySearch:
    """Decodes batches of one signature.

    Each step computes one position of every row and caches what later positions need of it. The
    room for positions is doubled whenever it is used up, so that the time of a step follows the
    length. On TensorFlow one trace serves every length and batch size.

    Args:
        model: built.
        input_modality: Share key of the input net.
        target_modality: Share key of the target net.

    Example:
        >>> import t2t_mm
        >>> loaded = t2t_mm.load("demo/run")
        >>> task = loaded.run.task("mini_ende")
        >>> search = GreedySearch(loaded.restored.model, *task.signature)
        >>> batch = {"inputs": np.array([[7, 9, 1], [5, 1, 0]], np.int32)}
        >>> ids = search(batch, command_index=task.command_index, extra_length=4)
        >>> ids.dtype, len(ids), ids.shape[1] <= 3 + 4
        (dtype('int32'), 2, True)
    """

    def __init__(self, model: MultiModel, input_modality: str, target_modality: str) -> None:
        self.model = model
        self.input_modality = input_modality
        self.target_modality = target_modality
        self._start: Any = None
        self._go_on: Any = None

    def __call__(
        self,
        batch: Mapping[str, Any],
        *,
        command_index: int,
        extra_length: int,
        problem_index: int = 0,
    ) -> IntArray:
        """Decode a batch.

        Args:
            batch: "inputs" as the input net takes them, padded, and their "inputs_size" where
                padding cannot be seen in the inputs themselves; other entries are not looked at.
            command_index: Row of the command embedding.
            extra_length: An output may be this many symbols longer than its own input has
                positions in the encoder.
            problem_index: The problem's place among the run's.

        Returns:
            int[B, T]; what follows a row's EOS is 0. A row without EOS ran into the limit.
        """
        inputs = select_inputs(batch)
        numbers = [np.int32(number) for number in (command_index, extra_length, problem_index)]
        if self._start is None:
            self._start = compile_forward(self.model, self._start_batch, [inputs, *numbers])
            examples = [describe_results(self._start)]
            self._go_on = compile_forward(self.model, self._decode_segment, examples)
        state = self._start(inputs, *numbers)
        while not np.all(state.is_finished):
            state = self._go_on(state)
        return np.array(state.ids).T[: len(batch["inputs"]), : int(state.position)]

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
            int32[B, T], as `__call__` returns it.
        """
        from t2t_mm.inference.tracing import repeat_in_graph

        end = repeat_in_graph(
            self._decode_segment,
            self._start_batch(inputs, command, extra_length, problem),
            lambda state: ops.logical_not(ops.all(state.is_finished)),
        )
        return ops.transpose(end.ids[: end.position])

    def _start_batch(
        self, inputs: Mapping[str, Tensor], command: Tensor, extra_length: Tensor, problem: Tensor
    ) -> SearchState:
        encoded = encode_inputs(self.model, self.input_modality, inputs, problem)
        lengths = ops.sum(ops.cast(encoded.positions.mask, "int32"), axis=1)
        return SearchState(
            ids=ops.zeros((0, ops.shape(lengths)[0]), "int32"),
            position=ops.zeros((), "int32"),
            previous=ops.full_like(lengths, PAD_ID),
            is_finished=ops.equal(lengths, 0),
            limits=lengths + extra_length,
            cache=self.model.start_decoding(
                encoded, modality=self.target_modality, command=command
            ),
        )

    def _decode_segment(self, state: SearchState) -> SearchState:
        """Double the room for symbols and fill it, unless all rows are finished before."""
        ids = double_room(state.ids)
        room = ops.shape(ids)[0]

        def is_running(state: SearchState) -> Tensor:
            return ops.logical_and(
                state.position < room, ops.logical_not(ops.all(state.is_finished))
            )

        def step(state: SearchState) -> tuple[SearchState]:
            x, cache = self.model.decode_step(
                state.previous, state.position, state.cache, modality=self.target_modality
            )
            chosen = find_largest(self.model.compute_logits(x, self.target_modality))
            chosen = ops.where(state.is_finished, PAD_ID, chosen)
            at_end = ops.logical_or(chosen == EOS_ID, state.position + 1 >= state.limits)
            following = SearchState(
                ids=write_position(state.ids, state.position, chosen),
                position=state.position + 1,
                previous=chosen,
                is_finished=ops.logical_or(state.is_finished, at_end),
                limits=state.limits,
                cache=cache,
            )
            return (following,)

        state = state._replace(ids=ids, cache=grow(state.cache))
        (end,) = ops.while_loop(is_running, step, (state,))
        return SearchState(*end)


class RankedClasses(NamedTuple):
    """The most probable classes of each input, best first.

    Attributes:
        ids: int32[B, count].
        probabilities: float32[B, count].
    """

    ids: Tensor
    probabilities: Tensor


class TopClasses:
    """Finds the most probable classes of inputs; one trace serves every size.

    Args:
        model: built.
        input_modality: Share key of the input net.
        target_modality: Share key of a net that reads the encoder's output.
        count: How many classes, best first; fewer where there are fewer.
    """

    def __init__(
        self, model: MultiModel, input_modality: str, target_modality: str, count: int = NUM_RANKED
    ) -> None:
        self.model = model
        self.input_modality = input_modality
        self.target_modality = target_modality
        self.count = count
        self._rank: Any = None

    def __call__(self, batch: Mapping[str, Any], *, problem_index: int = 0) -> RankedClasses:
        """Rank the classes of a batch.

        Args:
            batch: As :class:`GreedySearch` takes it.
            problem_index: The problem's place among the run's.

        Returns:
            Ids of classes, the most probable first, and how probable they are.
        """
        inputs, problem = select_inputs(batch), np.int32(problem_index)
        if self._rank is None:
            self._rank = compile_forward(self.model, self.rank_in_graph, [inputs, problem])
        ranked = self._rank(inputs, problem)
        return RankedClasses(*(np.array(values)[: len(batch["inputs"])] for values in ranked))

    def rank_in_graph(self, inputs: Mapping[str, Tensor], problem: Tensor) -> RankedClasses:
        """Rank the classes of what `select_inputs` returned, inside a graph."""
        encoded = encode_inputs(self.model, self.input_modality, inputs, problem)
        logits = self.model.classify(encoded, self.target_modality)
        probabilities = ops.softmax(ops.cast(logits, "float32"))
        values, ids = ops.top_k(probabilities, min(self.count, logits.shape[-1]))
        return RankedClasses(ids, values)


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


def select_inputs(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an encoder reads of a batch, "inputs" and their sizes; on JAX in few shapes."""
    read = {name: batch[name] for name in ("inputs", "inputs_size") if name in batch}
    return read if is_on_tensorflow() else pad_to_few_shapes(read)


def encode_inputs(
    model: MultiModel, modality: str, inputs: Mapping[str, Tensor], problem: Tensor
) -> Encoded:
    """Run the encoder on what `select_inputs` returned."""
    sizes = inputs.get("inputs_size")
    return model.encode(inputs["inputs"], modality=modality, sizes=sizes, problem=problem)
