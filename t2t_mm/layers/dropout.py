"""Dropout whose random state has a stable path among the model's variables."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.forms import choose_form

Tensor = Any

LEVELS = 2**16
"""Random numbers that tell what is dropped; a rate is met to half of one of them."""


class Dropout(keras.layers.Layer):
    """A share of the values set to zero in training, the rest scaled up.

    Unlike `keras.layers.Dropout` its generator is made in `build`, inside the layer's own
    name scope, so that a checkpoint keyed by variable path holds it. A rate of 0 costs
    nothing: there is neither a generator nor an operation.

    Args:
        rate: Share of values set to zero, in [0, 1).
        seed: Seed of the noise; None draws one from Python's `random`.

    Raises:
        ValueError: If `rate` is out of range.

    Example:
        >>> x = Dropout(0.5, seed=1)(ops.ones((100,)), training=True)
        >>> sorted(set(x.numpy().tolist()))
        [0.0, 2.0]
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"A dropout rate lies in [0, 1). Received: rate={rate}.")
        self.rate = rate
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Create the random state, unless the rate is 0."""
        if self.rate:
            self.noise = keras.random.SeedGenerator(self.seed, name="noise")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Drop from float[...] in training; otherwise return it as it is."""
        return self.drop(x, ops.shape(x), training)

    def drop(self, x: Tensor, shape: Sequence[Any], training: bool) -> Tensor:
        """Drop as a call does, with a shape that is known before `x` is.

        So the noise is drawn beside the operations that lead to `x`, by another core.

        Args:
            x: float[...].
            shape: That of `x`, from tensors that are there earlier.
            training: Whether to drop.

        Returns:
            float[...].
        """
        if not training or not self.rate:
            return x
        least = find_least_kept(self.rate)
        kept = ops.cast(draw_levels(shape, self.noise) >= least, x.dtype)
        return x * (kept * (LEVELS / (LEVELS - least)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"rate": self.rate, "seed": self.seed}


def find_least_kept(rate: float) -> int:
    """Return the least random number, below `LEVELS`, of what is kept at a rate.

    Example:
        >>> find_least_kept(0.25) / LEVELS
        0.25
    """
    return min(round(rate * LEVELS), LEVELS - 1)


@choose_form
def draw_levels(shape: Sequence[Any], noise: keras.random.SeedGenerator) -> Tensor:
    """Draw integers in [0, `LEVELS`).

    Args:
        shape: Of the result.
        noise: Moves on.

    Example:
        >>> draw_levels([2, 3], keras.random.SeedGenerator(1)).shape
        TensorShape([2, 3])
    """
    return keras.random.randint(shape, 0, LEVELS, seed=noise)
