"""Noisy top-k gating: which experts see a position, and how evenly they are used.

Axis letters: N positions of the flattened batch, E experts, K experts chosen per position.
Source: arXiv:1706.05137, section 2.3; Shazeer et al. 2017, arXiv:1701.06538, section 4 and
appendix A.
"""

import math
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any

LEAST_NOISE = 0.01


class Routing(NamedTuple):
    """Where every position goes.

    Attributes:
        experts: int32[N, K], the chosen experts, the strongest first.
        gates: float32[N, K], their weights: positive, sum 1; all 0 at padded positions.
        importance: float32[E], the sum of each expert's gates.
        load: float32[E], each expert's number of positions: in training a smooth estimate
            that has a gradient, otherwise the count.
        balance_loss: float32 scalar, CV²(importance) + CV²(load); 0 when all are used alike.
        dropped_share: float32 scalar, the share of the chosen that found no room at their expert;
            None where there is room for all.
    """

    experts: Tensor
    gates: Tensor
    importance: Tensor
    load: Tensor
    balance_loss: Tensor
    dropped_share: Tensor | None = None


def squared_variation(values: Tensor) -> Tensor:
    """The squared coefficient of variation: population variance over squared mean.

    Args:
        values: float[E].

    Returns:
        Scalar; 0 if all values are equal.

    Example:
        >>> squared_variation(keras.ops.array([1.0, 3.0]))  # variance 1, mean 2: 0.25
    """
    return ops.var(values) / (ops.square(ops.mean(values)) + 1e-10)


def sum_by_expert(values_NK: Tensor, experts_NK: Tensor, num_experts: int) -> Tensor:
    """Adds up what each expert gets.

    Args:
        values_NK: float[N, K].
        experts_NK: int[N, K], in [0, E).
        num_experts: E.

    Returns:
        float[E].
    """
    flat_values = ops.reshape(values_NK, (-1,))
    return ops.segment_sum(flat_values, ops.reshape(experts_NK, (-1,)), num_experts)


def _softmax(logits_NK: Tensor) -> Tensor:
    if logits_NK.shape[-1] == 1:  # Keras warns of a softmax over one value
        return ops.ones_like(logits_NK)
    return ops.softmax(logits_NK)


class NoisyTopKGate(keras.layers.Layer):
    """Chooses the k experts of largest noisy logit; their weights are a softmax over the chosen.

    All in float32. Both weights start at zero, so that at first noise alone decides in
    training, and without noise every position goes to the first k experts.

    Args:
        num_experts: E.
        experts_per_token: K, at most E.
        seed: of the noise.

    Raises:
        ValueError: if K is not in 1 to E.

    Example:
        >>> gate = NoisyTopKGate(num_experts=4, experts_per_token=2)
        >>> gate(keras.ops.ones((10, 8))).experts.shape  # (10, 2)
    """

    def __init__(
        self, num_experts: int, experts_per_token: int, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 1 <= experts_per_token <= num_experts:
            raise ValueError(
                "Each position needs between 1 and all of the experts. Received: "
                f"experts_per_token={experts_per_token}, num_experts={num_experts}."
            )
        self.num_experts = num_experts
        self.experts_per_token = experts_per_token
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1], self.num_experts)
        self.choice = self.add_weight(shape, "zeros", name="choice", autocast=False)
        self.spread = self.add_weight(shape, "zeros", name="spread", autocast=False)
        self.noise = keras.random.SeedGenerator(self.seed, name="noise")

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Routing:
        """Args: x: float[N, D]; position_mask: bool[N]; training: whether noise is on.

        Padded positions get weight 0 and count in no statistic.
        """
        x = ops.cast(x, "float32")
        clean = ops.matmul(x, self.choice)
        logits, spread = clean, None
        if training:
            spread = ops.softplus(ops.matmul(x, self.spread)) + LEAST_NOISE
            noise = keras.random.normal(ops.shape(clean), dtype="float32", seed=self.noise)
            logits = clean + noise * spread
        num_best = min(self.experts_per_token + 1, self.num_experts)
        best, indices = ops.top_k(logits, num_best)
        experts = ops.cast(indices[:, : self.experts_per_token], "int32")
        gates = _softmax(best[:, : self.experts_per_token])
        if position_mask is not None:
            gates = gates * ops.cast(position_mask, "float32")[:, None]
        importance = sum_by_expert(gates, experts, self.num_experts)
        if spread is None or num_best == self.experts_per_token:
            used = ops.cast(gates > 0, "float32")
            load = ops.stop_gradient(sum_by_expert(used, experts, self.num_experts))
        else:
            load = self._expected_load(clean, logits, spread, best, position_mask)
        loss = squared_variation(importance) + squared_variation(load)
        return Routing(experts, gates, importance, load, loss)

    def _expected_load(
        self,
        clean: Tensor,
        logits: Tensor,
        spread: Tensor,
        best: Tensor,
        position_mask: Tensor | None,
    ) -> Tensor:
        """Sums each expert's chance of being chosen if its own noise alone were drawn again."""
        last_in = best[:, self.experts_per_token - 1, None]
        first_out = best[:, self.experts_per_token, None]
        rival = ops.where(logits > first_out, first_out, last_in)
        chance = 0.5 * (1.0 + ops.erf((clean - rival) / (spread * math.sqrt(2.0))))
        if position_mask is not None:
            chance = chance * ops.cast(position_mask, "float32")[:, None]
        return ops.sum(chance, axis=0)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_experts": self.num_experts,
            "experts_per_token": self.experts_per_token,
            "seed": self.seed,
        }
