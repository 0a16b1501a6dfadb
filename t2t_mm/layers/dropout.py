"""Dropout whose random state has a stable path among the model's variables."""

from typing import Any

import keras

Tensor = Any


class Dropout(keras.layers.Layer):
    """Zeroes a share of the values in training and scales up the rest.

    Unlike `keras.layers.Dropout` its generator is made in `build`, inside the layer's own
    name scope, so that a checkpoint keyed by variable path holds it. A rate of 0 costs
    nothing: there is neither a generator nor an operation.

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
        return keras.random.dropout(x, self.rate, seed=self.noise)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"rate": self.rate, "seed": self.seed}
