"""Noisy top-k gating: which experts see a position, and how evenly they are used.

Axis letters: N positions of the flattened batch, E experts, K experts chosen per position.
Source: arXiv:1706.05137, section 2.3; Shazeer et al. 2017, arXiv:1701.06538, section 4 and
appendix A.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.experts.balancing import (
    BALANCING,
    compute_expected_load,
    compute_router_z_loss,
    compute_squared_variation,
    compute_switch_loss,
    correct_bias,
)
from t2t_mm.layers.softmax import compute_softmax

Tensor = Any

LEAST_NOISE = 0.01
LEAST_ENTRY = 1e-37
"""What the logarithm of an entry is taken of at least: for smaller numbers it may be infinite."""


class Routing(NamedTuple):
    """Where every position goes.

    Attributes:
        experts: int32[N, K], the chosen experts, the strongest first.
        gates: float32[N, K], their weights: positive, sum 1; all 0 at padded positions.
        importance: float32[E], the sum of each expert's gates.
        load: float32[E], each expert's number of positions.
        balance_loss: float32 scalar, as the gate's `balancing` says.
        z_loss: float32 scalar, the router z-loss.
        dropped_share: float32 scalar, the share of the chosen that found no room at their expert;
            None where there is room for all.
    """

    experts: Tensor
    gates: Tensor
    importance: Tensor
    load: Tensor
    balance_loss: Tensor
    z_loss: Tensor
    dropped_share: Tensor | None = None


def sum_by_expert(values_NK: Tensor, experts_NK: Tensor, num_experts: int) -> Tensor:
    """Add up what each expert gets.

    Args:
        values_NK: float[N, K].
        experts_NK: int[N, K], in [0, E).
        num_experts: E.

    Returns:
        float[E].

    Example:
        >>> values, experts = ops.array([[0.75, 0.25]]), ops.array([[2, 0]])
        >>> sum_by_expert(values, experts, num_experts=3).numpy().tolist()
        [0.25, 0.0, 0.75]
    """
    flat_values = ops.reshape(values_NK, (-1,))
    return ops.segment_sum(flat_values, ops.reshape(experts_NK, (-1,)), num_experts)


class NoisyTopKGate(keras.layers.Layer):
    """The gate: the k experts of largest noisy logit, their weights a softmax over the chosen.

    All in float32. Both weights start at zero, so that at first noise alone decides in
    training, and without noise every position goes to the first k experts.

    Args:
        num_experts: E.
        experts_per_token: K, at most E.
        seed: Of the noise.
        balancing: What keeps the experts in use. "importance_load": a loss, CV² of the
            importance plus CV² of the expected load, as in the paper; "switch": a loss, see
            `compute_switch_loss`; "bias": no loss, but a bias on each expert's logit, for the
            choice and not for the weights, which each call in training corrects; "none": nothing.
        bias_update_rate: How far such a correction goes.
        entry_steps: Calls in training over which experts that were added to a trained mixture come
            in: the logarithm of their `entry`, from 0 up to 1, is added to their logits. 0: there
            are none.

    Raises:
        ValueError: If K is not in 1 to E, or `balancing` is unknown.

    Example:
        >>> gate = NoisyTopKGate(num_experts=4, experts_per_token=2)
        >>> routing = gate(ops.ones((10, 8)))
        >>> routing.experts.shape, routing.load.numpy().tolist()
        (TensorShape([10, 2]), [10.0, 10.0, 0.0, 0.0])

    Departs: Wang et al. add the bias to sigmoids, here it is added to logits, on which the softmax
    of the chosen depends alone.
    """

    def __init__(
        self,
        num_experts: int,
        experts_per_token: int,
        seed: int | None = None,
        balancing: str = "importance_load",
        bias_update_rate: float = 1e-3,
        entry_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 1 <= experts_per_token <= num_experts:
            raise ValueError(
                "Each position needs between 1 and all of the experts. Received: "
                f"experts_per_token={experts_per_token}, num_experts={num_experts}."
            )
        if balancing not in BALANCING:
            raise ValueError(
                f"Balancing is one of {', '.join(BALANCING)}. Received: balancing={balancing!r}."
            )
        self.num_experts = num_experts
        self.experts_per_token = experts_per_token
        self.seed = seed
        self.balancing = balancing
        self.bias_update_rate = bias_update_rate
        self.entry_steps = entry_steps

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (N, D)."""
        shape, every = (input_shape[-1], self.num_experts), {"autocast": False}
        self.choice = self.add_weight(shape, "zeros", name="choice", **every)
        self.spread = self.add_weight(shape, "zeros", name="spread", **every)
        self.noise = keras.random.SeedGenerator(self.seed, name="noise")
        self.bias = self.entry = None
        of_expert = {"shape": (self.num_experts,), "trainable": False, **every}
        if self.balancing == "bias":
            self.bias = self.add_weight(initializer="zeros", name="bias", **of_expert)
        if self.entry_steps:
            self.entry = self.add_weight(initializer="ones", name="entry", **of_expert)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What the axes of the weights stand for, by path; "input" and "expert"."""
        of_expert = (one for one in (self.bias, self.entry) if one is not None)
        return {one.path: ("input", "expert") for one in (self.choice, self.spread)} | {
            one.path: ("expert",) for one in of_expert
        }

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Routing:
        """Choose each position's experts.

        Args:
            x: float[N, D].
            position_mask: bool[N]; padded positions get weight 0 and count in no statistic.
            training: Whether noise is on, and a bias is corrected.
        """
        x = ops.cast(x, "float32")
        real = ops.ones_like(x[:, 0])
        if position_mask is not None:
            real = ops.cast(position_mask, "float32")
        clean = ops.matmul(x, self.choice)
        if self.entry is not None:
            clean = clean + ops.log(ops.maximum(self.entry, LEAST_ENTRY))
        noisy, spread = clean, None
        if training:
            spread = ops.softplus(ops.matmul(x, self.spread)) + LEAST_NOISE
            noise = keras.random.normal(ops.shape(clean), dtype="float32", seed=self.noise)
            noisy = clean + noise * spread
        best, experts, gates = self._choose(noisy)
        gates = gates * real[:, None]
        importance = sum_by_expert(gates, experts, self.num_experts)
        load = sum_by_expert(ops.ones_like(gates) * real[:, None], experts, self.num_experts)
        if self.balancing == "importance_load":
            smooth = load
            if spread is not None and self.experts_per_token < self.num_experts:
                smooth = compute_expected_load(clean, noisy, spread, best, real)
            loss = compute_squared_variation(importance) + compute_squared_variation(smooth)
        elif self.balancing == "switch":
            loss = compute_switch_loss(clean, load, real)
        else:
            loss = ops.zeros((), "float32")
        corrects = training and self.trainable
        if corrects and self.bias is not None:
            self.bias.assign(correct_bias(self.bias, load, self.bias_update_rate))
        if corrects and self.entry is not None:
            self.entry.assign(ops.minimum(self.entry + 1.0 / self.entry_steps, 1.0))
        return Routing(experts, gates, importance, load, loss, compute_router_z_loss(clean, real))

    def _choose(self, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the K + 1 (or all) largest logits, the K chosen experts and their weights."""
        num_best = min(self.experts_per_token + 1, self.num_experts)
        biased = logits if self.bias is None else logits + self.bias
        best, indices = ops.top_k(biased, num_best)
        experts = ops.cast(indices[:, : self.experts_per_token], "int32")
        chosen = best[:, : self.experts_per_token]
        if self.bias is not None:
            chosen = chosen - ops.take(self.bias, experts, axis=0)
        return best, experts, compute_softmax(chosen)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_experts": self.num_experts,
            "experts_per_token": self.experts_per_token,
            "seed": self.seed,
            "balancing": self.balancing,
            "bias_update_rate": self.bias_update_rate,
            "entry_steps": self.entry_steps,
        }
