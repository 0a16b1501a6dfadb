"""A model whose outputs have known probabilities: a symbol depends on the one before it alone."""

from itertools import product

import numpy as np
import tensorflow as tf

from t2t_mm.modalities.base import Positions
from t2t_mm.model.multimodel import Encoded

NUM_SYMBOLS = 5
LIMIT = 4
"""Of a row with one input symbol, if three are extra."""


class Chain:
    """Symbol b follows a with the probability `table[a, b]`, from row 0 at the beginning.

    The number that stands in the input's first place is added to the logits of symbol 4.
    """

    def __init__(self, seed=0):
        self.logits = np.random.default_rng(seed).normal(0, 1.5, (NUM_SYMBOLS, NUM_SYMBOLS))
        self.logits = self.logits.astype("float32")
        self.logits[:, 0] = -30.0  # padding

    def encode(self, inputs, **told):
        return Encoded(Positions(inputs, inputs > 0), [])

    def start_decoding(self, encoded, *, modality, command):
        return (encoded.positions.x[None, :, 0],)

    def decode_step(self, previous, position, cache, **told):
        rows = tf.gather(self.logits, tf.where(position == 0, 0, previous))
        added = tf.cast(cache[0][0], tf.float32)[:, None] * tf.one_hot(4, NUM_SYMBOLS)
        return rows + added, cache

    def compute_logits(self, x, modality):
        return x

    def probabilities(self, number):
        """float[V, V] of an input that begins with a number."""
        logits = self.logits + number * np.eye(NUM_SYMBOLS)[4]
        powers = np.exp(logits)
        return powers / powers.sum(axis=1, keepdims=True)

    def list_outputs(self, number):
        """All outputs up to the limit, with their log-probabilities."""
        log = np.log(self.probabilities(number))
        outputs = {}
        for length in range(1, LIMIT + 1):
            for symbols in product(range(2, NUM_SYMBOLS), repeat=length - 1):
                ends = [1] if length < LIMIT else range(1, NUM_SYMBOLS)
                for end in ends:
                    output = (*symbols, end)
                    steps = zip((0, *output), output, strict=False)
                    outputs[output] = sum(log[step] for step in steps)
        return outputs
