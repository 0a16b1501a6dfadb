"""Dropout whose random state has a stable path among the model's variables."""

from typing import Any

import keras
from keras import ops

Tensor = Any

LEVELS = 2**16
"""Random numbers that tell what is dropped; a rate is met to half of one of them."""


class Dropout(keras.layers.Layer):
    """Zeroes a share of the values in training and scales up the rest.

    Unlike `keras.layers.Dropout` its generator is made in `build`, inside the layer's own
    name scope, so that a checkpoint keyed by variable path holds it. A rate of 0 costs
    nothing: there is neither a generator nor an operation. In TensorFlow two values share the 32
    bits of one random number, which takes two thirds of the time.

    Args:
        rate: share of values set to zero, in [0, 1).
        seed: seed of the noise; None draws one from Python's `random`.

    Raises:
        ValueError: if `rate` is out of range.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"A dropout rate lies in [0, 1). Received: rate={rate}.")
        self.rate = rate
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        if self.rate:
            self.noise = keras.random.SeedGenerator(self.seed, name="noise")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Args: x: float[...]; training: whether to drop. Returns: float[...]."""
        if not training or not self.rate:
            return x
        least = min(round(self.rate * LEVELS), LEVELS - 1)
        kept = ops.cast(random_levels(x, self.noise) >= least, x.dtype)
        return x * (kept * (LEVELS / (LEVELS - least)))

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"rate": self.rate, "seed": self.seed}


def random_levels(x: Tensor, noise: keras.random.SeedGenerator) -> Tensor:
    """Draws a number in [0, `LEVELS`) for each value of `x`: int[...] of its shape."""
    if keras.backend.backend() != "tensorflow":
        return keras.random.randint(ops.shape(x), 0, LEVELS, seed=noise)
    import tensorflow as tf

    size = tf.size(x)
    words = tf.random.stateless_uniform(
        [(size + 1) // 2], ops.cast(noise.next(), "int32"), None, None, tf.uint32
    )
    levels = tf.reshape(tf.bitcast(words, tf.uint16), [-1])
    return tf.reshape(tf.slice(levels, [0], [size]), tf.shape(x))
