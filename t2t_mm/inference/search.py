"""Searching for outputs: greedily, the most probable symbol at every step; or the best classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from t2t_mm.data.vocabulary.vocabulary import EOS_ID, PAD_ID
from t2t_mm.features import NUM_RANKED
from t2t_mm.inference.tracing import trace
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import DecodingCache

IntArray = npt.NDArray[np.int32]


class GreedyState(NamedTuple):
    """What one step of the greedy search hands to the next.

    Attributes:
        ids: int32[B, T], the symbols so far.
        previous: int32[B], the last of them.
        is_finished: bool[B], whether a row had its EOS or came to its limit.
        cache: The model's.
    """

    ids: tf.Tensor
    previous: tf.Tensor
    is_finished: tf.Tensor
    cache: DecodingCache


class GreedySearch:
    """Decodes batches of one signature; one trace serves every length and batch size.

    Each step computes one position of every row and caches what later positions need of it.

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
        self._search: Any = None

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
        inputs = _select_inputs(batch)
        if self._search is None:
            number = tf.TensorSpec([], tf.int32)
            self._search = trace(self._search_batch, [inputs, number, number, number])
        numbers = (command_index, extra_length, problem_index)
        found = self._search(inputs, *(tf.constant(number, tf.int32) for number in numbers))
        ids: IntArray = found.numpy()
        return ids

    def _search_batch(
        self,
        inputs: Mapping[str, tf.Tensor],
        command: tf.Tensor,
        extra_length: tf.Tensor,
        problem: tf.Tensor,
    ) -> tf.Tensor:
        encoded = self.model.encode(
            inputs["inputs"],
            modality=self.input_modality,
            sizes=inputs.get("inputs_size"),
            problem=problem,
        )
        mask = encoded.positions.mask
        batch = tf.shape(mask)[0]
        limits = tf.math.count_nonzero(mask, axis=1, dtype=tf.int32) + extra_length

        def step(state: GreedyState) -> tuple[GreedyState]:
            position = tf.shape(state.ids)[1]
            x, cache = self.model.decode_step(
                state.previous, position, state.cache, modality=self.target_modality
            )
            logits = self.model.compute_logits(x, self.target_modality)
            chosen = tf.argmax(logits, axis=-1, output_type=tf.int32)
            chosen = tf.where(state.is_finished, PAD_ID, chosen)
            is_finished = state.is_finished | (chosen == EOS_ID) | (position + 1 >= limits)
            ids = tf.concat([state.ids, chosen[:, None]], axis=1)
            return (GreedyState(ids, chosen, is_finished, cache),)

        start = GreedyState(
            ids=tf.zeros([batch, 0], tf.int32),
            previous=tf.fill([batch], PAD_ID),
            is_finished=tf.zeros([batch], tf.bool),
            cache=self.model.start_decoding(
                encoded, modality=self.target_modality, command=command
            ),
        )
        (end,) = tf.while_loop(
            lambda state: ~tf.reduce_all(state.is_finished),
            step,
            (start,),
            shape_invariants=(tf.nest.map_structure(_open_shape, start),),
        )
        return end.ids


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

    def __call__(self, batch: Mapping[str, Any], *, problem_index: int = 0) -> IntArray:
        """Rank the classes of a batch.

        Args:
            batch: As :class:`GreedySearch` takes it.
            problem_index: The problem's place among the run's.

        Returns:
            int[B, count], ids of classes, the most probable first.
        """
        inputs = _select_inputs(batch)
        if self._rank is None:
            self._rank = trace(self._rank_batch, [inputs, tf.TensorSpec([], tf.int32)])
        ids: IntArray = self._rank(inputs, tf.constant(problem_index, tf.int32)).numpy()
        return ids

    def _rank_batch(self, inputs: Mapping[str, tf.Tensor], problem: tf.Tensor) -> tf.Tensor:
        encoded = self.model.encode(
            inputs["inputs"],
            modality=self.input_modality,
            sizes=inputs.get("inputs_size"),
            problem=problem,
        )
        logits = self.model.classify(encoded, self.target_modality)
        count = min(self.count, logits.shape[-1])
        return tf.math.top_k(logits, k=count).indices


def _select_inputs(batch: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Return the entries of a batch that an encoder reads: "inputs" and their sizes."""
    return {
        name: tf.convert_to_tensor(batch[name])
        for name in ("inputs", "inputs_size")
        if name in batch
    }


def _open_shape(tensor: tf.Tensor) -> tf.TensorShape:
    """Return the shape of what a loop carries: an axis that is empty at the start may grow."""
    return tf.TensorShape([size or None for size in tensor.shape])
