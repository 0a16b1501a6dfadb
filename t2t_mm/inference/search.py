"""Searching for an output sequence. Greedy: the most probable symbol at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from t2t_mm.data.vocabulary import EOS_ID, PAD_ID
from t2t_mm.model.multimodel import MultiModel

IntArray = npt.NDArray[np.int32]


class GreedySearch:
    """Decodes batches of one signature; one trace serves every length and batch size.

    Each step runs the decoder over the whole prefix: exact, and quadratic in the output's length.

    Args:
        model: built.
        input_modality: share key of the input net.
        target_modality: share key of the target net.

    Example:
        >>> search = GreedySearch(model, "language:shared", "language:shared")  # doctest: +SKIP
        >>> search(np.array([[7, 9, 1]], np.int32), command_index=0, extra_length=50)
        array([[12, 5, 1]], dtype=int32)
    """

    def __init__(self, model: MultiModel, input_modality: str, target_modality: str) -> None:
        self.model = model
        self.input_modality = input_modality
        self.target_modality = target_modality
        self._search: Callable[..., Any] = tf.function(
            self._trace,
            input_signature=[
                tf.TensorSpec([None, None], tf.int32),
                tf.TensorSpec([], tf.int32),
                tf.TensorSpec([], tf.int32),
            ],
        )

    def __call__(self, inputs: IntArray, *, command_index: int, extra_length: int) -> IntArray:
        """Decodes a batch.

        Args:
            inputs: int[B, L], each row ends in EOS and is padded with 0.
            command_index: row of the command embedding.
            extra_length: an output may be this many symbols longer than its own input.

        Returns:
            int[B, T]; what follows a row's EOS is 0. A row without EOS ran into the limit.
        """
        found = self._search(
            tf.constant(inputs, tf.int32),
            tf.constant(command_index, tf.int32),
            tf.constant(extra_length, tf.int32),
        )
        ids: IntArray = found.numpy()
        return ids

    def _trace(self, inputs: tf.Tensor, command: tf.Tensor, extra_length: tf.Tensor) -> tf.Tensor:
        encoded = self.model.encode(inputs, modality=self.input_modality, training=False)
        batch = tf.shape(inputs)[0]
        limits = tf.math.count_nonzero(inputs, axis=1, dtype=tf.int32) + extra_length

        def step(ids: tf.Tensor, is_finished: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            # The decoder shifts right: the symbol in the last place is never read, only its
            # being there (any id but padding) asks for one more prediction.
            asked = tf.concat([ids, tf.fill([batch, 1], EOS_ID)], axis=1)
            x, _ = self.model.decode(
                encoded, asked, modality=self.target_modality, command=command, training=False
            )
            logits = self.model.logits(x[:, -1:], self.target_modality)[:, 0]
            chosen = tf.argmax(logits, axis=-1, output_type=tf.int32)
            chosen = tf.where(is_finished, PAD_ID, chosen)
            is_finished |= (chosen == EOS_ID) | (tf.shape(asked)[1] >= limits)
            return tf.concat([ids, chosen[:, None]], axis=1), is_finished

        ids, _ = tf.while_loop(
            lambda ids, is_finished: ~tf.reduce_all(is_finished),
            step,
            (tf.zeros([batch, 0], tf.int32), tf.zeros([batch], tf.bool)),
            shape_invariants=(tf.TensorShape([None, None]), tf.TensorShape([None])),
        )
        return ids
