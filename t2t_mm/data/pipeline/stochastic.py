"""Random numbers as a pure function of seed and place: a stream that goes on needs no state."""

from __future__ import annotations

import tensorflow as tf

NUM_DICE = 4
"""How many random numbers each feature of an example gets."""

_FEATURES = 16  # so that streams whose seeds are one apart share no numbers


class Dice:
    """The random numbers of one example of a stream.

    Args:
        seed: Of the stream.
        place: int64[], of the example in the stream, over all epochs.

    Source: Philox of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    def __init__(self, seed: int, place: tf.Tensor) -> None:
        self._seed = seed
        self._place = place

    def roll(self, feature: int) -> tf.Tensor:
        """Return the numbers of a feature by its number: float32[NUM_DICE], evenly from 0 to 1."""
        key = (self._seed * _FEATURES + feature) % 2**63
        seed = tf.stack([tf.constant(key, tf.int64), tf.cast(self._place, tf.int64)])
        return tf.random.stateless_uniform([NUM_DICE], seed, alg="philox")
