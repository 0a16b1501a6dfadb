"""The mixture of experts: gate, experts, and the residual sub-layer around them.

Axis letters: B batch, L positions, N = B * L, D width, E experts, K per position, F expert width.
Source: arXiv:1706.05137, section 2.3; Shazeer et al. 2017, arXiv:1701.06538.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.dispatch import check_dispatch, choose_dispatch, measure_dropped
from t2t_mm.layers.dispatch.slots import send_padding_nowhere
from t2t_mm.layers.experts.gating import NoisyTopKGate, Routing
from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.on_mesh_tensorflow.expert_mesh import check_mesh, run_on_mesh

Tensor = Any


class Experts(keras.layers.Layer):
    """E feed-forward nets, ReLU(x W_inᵀ) W_out without biases; each position runs through K.

    No position is ever dropped, unless one asks for a capacity.

    Args:
        num_experts: E.
        expert_width: F.
        dispatch: How positions reach their experts. All but "capacity" give the same numbers.
            "ragged": one matmul for each expert, of exactly its positions; where XLA compiles, as
            "auto". "blocked": the same in blocks of equal size. "tiered": one batched matmul
            with room for most, and blocks for the rest. "capacity": the former alone; in training,
            what has no room is dropped; at inference nothing is, as in "auto". "dense": all
            experts on all positions. "auto": tiered on a GPU; on a CPU ragged in TensorFlow graphs,
            under `jit_compile=True` and on JAX blocked, and dense for few rows.
        capacity_factor: The row limit as a multiple of an equal share; for "capacity" only.
        devices: Those of the slices of an expert mesh, such as ("CPU:0", "CPU:1"); their number
            divides E. Slice i has the experts from i * E / n on, and their variables. Empty: all
            experts are where the layer is.

    Raises:
        ValueError: If `dispatch` is unknown, or there is a mesh on another backend, or the devices
            do not divide the experts.

    Example:
        >>> experts = Experts(num_experts=4, expert_width=16)
        >>> chosen = ops.array([[0, 2], [1, 3]])
        >>> experts(ops.ones((2, 8)), chosen, ops.full((2, 2), 0.5)).shape
        TensorShape([2, 8])

    Chosen: Glorot uniform for each expert by itself. On TensorFlow each expert has its own two
    variables: one stacked tensor would be put together again from the experts' gradients at every
    step, which is as many bytes as the weights have, and an expert can live on a device of its own.
    On JAX all are stacked in two variables: a program of few operations compiles in less time, and
    a GPU multiplies them at once. Checkpoints are the same, see `row_names`. Both hold a row for
    each hidden unit: one product of each pass takes a matrix transposed, and the CPU is slower the
    longer its rows are.
    Departs: Tensor2Tensor scales the output by sqrt(D / F); no effect where F = D, as in the paper.
    """

    def __init__(
        self,
        num_experts: int,
        expert_width: int,
        dispatch: str = "auto",
        capacity_factor: float = 1.25,
        devices: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_dispatch(dispatch)
        if devices:
            check_mesh(num_experts, dispatch, devices)
        self.num_experts = num_experts
        self.expert_width = expert_width
        self.dispatch = dispatch
        self.capacity_factor = capacity_factor
        self.devices = tuple(devices)

    def build(self, input_shape: Any) -> None:
        """Create the experts' matrices for inputs of this shape, (N, D)."""
        width, hidden = input_shape[-1], self.expert_width
        limit = (6.0 / (width + hidden)) ** 0.5
        self.w_in = self._add_matrices("w_in", (hidden, width), limit)
        self.w_out = self._add_matrices("w_out", (hidden, width), limit)

    def _add_matrices(self, name: str, shape: tuple[int, int], limit: float) -> Any:
        if not is_on_tensorflow():
            initializer = keras.initializers.RandomUniform(-limit, limit)
            return self.add_weight((self.num_experts, *shape), initializer, name=name)
        matrices = []
        for expert in range(self.num_experts):
            with self._place_on_device(expert):
                initializer = keras.initializers.RandomUniform(-limit, limit)
                matrices.append(self.add_weight(shape, initializer, name=f"{name}.{expert}"))
        return matrices

    @property
    def row_names(self) -> dict[str, list[str]]:
        """Names of the experts in stacked variables, by path: those of variables of their own."""
        return {
            stacked.path: [f"{stacked.path}.{expert}" for expert in range(self.num_experts)]
            for stacked in (self.w_in, self.w_out)
            if not isinstance(stacked, list)
        }

    def _place_on_device(self, expert: int) -> Any:
        """Enter the scope of the device of this expert's slice."""
        if not self.devices:
            return contextlib.nullcontext()
        return keras.device(self.devices[expert * len(self.devices) // self.num_experts])

    def call(
        self,
        x: Tensor,
        experts: Tensor,
        gates: Tensor,
        position_mask: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        """Run each position through its experts.

        Args:
            x: float[N, D].
            experts: int32[N, K].
            gates: float[N, K].
            position_mask: bool[N], False where padded.
            training: Whether slots beyond a capacity are dropped.

        Returns:
            float[N, D], the sum of each position's experts times their gates.
        """
        name, options = self.dispatch, {}
        if self._drops(training):
            options["capacity_factor"] = self.capacity_factor
        elif name == "capacity":
            name = "auto"
        w_in, w_out = _read_values(self.w_in), _read_values(self.w_out)
        gates = ops.cast(gates, x.dtype)
        if len(self.devices) > 1 and name == "auto":
            name = "ragged"  # others would run rows of other slices, too
        run = choose_dispatch(name, x.shape[0])
        if self.devices:
            experts = send_padding_nowhere(experts, self.num_experts, position_mask)
            return run_on_mesh(run, x, experts, gates, w_in, w_out, self.devices)
        return run(x, experts, gates, w_in, w_out, position_mask, **options)

    def measure_dropped_share(
        self, experts: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor | None:
        """Measure the share of the chosen experts that such a call drops; None if it drops none."""
        if not self._drops(training):
            return None
        return measure_dropped(experts, self.num_experts, self.capacity_factor, position_mask)

    def _drops(self, training: bool) -> bool:
        return training and self.dispatch == "capacity"

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_experts": self.num_experts,
            "expert_width": self.expert_width,
            "dispatch": self.dispatch,
            "capacity_factor": self.capacity_factor,
            "devices": self.devices,
        }


def _read_values(matrices: Any) -> Any:
    """Read a stacked variable, or each of a list."""
    return [matrix.value for matrix in matrices] if isinstance(matrices, list) else matrices.value


class ExpertBlock(keras.layers.Layer):
    """LN(x + MoE(x)): a sparsely-gated mixture of experts in the residual stream.

    Padded positions reach no expert and are outside of the balance statistics.

    Args:
        num_experts: E.
        experts_per_token: K.
        expert_width: F.
        outer_residual: True for x + LN(x + MoE(x)).
        gain_per_channel: See `LayerNorm`.
        gate_arguments: Further ones of `NoisyTopKGate`, such as the seed of its noise.
        dispatch_arguments: Further ones of `Experts`, such as the dispatch.

    Example:
        >>> block = ExpertBlock(num_experts=4, experts_per_token=2, expert_width=16)
        >>> y, routing = block(ops.ones((2, 5, 8)))
        >>> y.shape, routing.load.numpy().tolist()
        (TensorShape([2, 5, 8]), [10.0, 10.0, 0.0, 0.0])

    Chosen: residual and norm as in Tensor2Tensor's first commit; the paper is silent. Where the
    outer residual, which the decoder's attention has, helps and where not: docs/results.md.
    Departs: Tensor2Tensor counts padding in the balance statistics; here it is left out, so that
    padding changes nothing.
    """

    def __init__(
        self,
        num_experts: int,
        experts_per_token: int,
        expert_width: int,
        outer_residual: bool = False,
        gain_per_channel: bool = True,
        gate_arguments: Mapping[str, Any] | None = None,
        dispatch_arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_experts = num_experts
        self.experts_per_token = experts_per_token
        self.expert_width = expert_width
        self.outer_residual = outer_residual
        self.gain_per_channel = gain_per_channel
        self.gate_arguments = dict(gate_arguments or {})
        self.dispatch_arguments = dict(dispatch_arguments or {})

    def build(self, input_shape: Any) -> None:
        """Create gate, experts and norm for inputs of this shape, (B, L, D)."""
        policy = {"dtype": self.dtype_policy}
        self.gate = NoisyTopKGate(
            self.num_experts,
            self.experts_per_token,
            name="gate",
            **self.gate_arguments,
            **policy,
        )
        self.experts = Experts(
            self.num_experts,
            self.expert_width,
            name="experts",
            **self.dispatch_arguments,
            **policy,
        )
        self.norm = LayerNorm(self.gain_per_channel, name="norm", **policy)
        for layer in (self.gate, self.experts, self.norm):
            layer.build(input_shape)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What the axes of the gate's weights stand for; the experts have names of their own."""
        return self.gate.axes

    def call(
        self,
        x: Tensor,
        position_mask: Tensor | None = None,
        training: bool = False,
        problem: Tensor | None = None,
    ) -> tuple[Tensor, Routing]:
        """Run the block.

        Args:
            x: float[B, L, D].
            position_mask: bool[B, L].
            training: Whether noise is on and a capacity drops.
            problem: Read by `ProblemGatedExperts` only, which may stand in this block's place.

        Returns:
            float[B, L, D] and the routing.
        """
        flat = ops.reshape(x, (-1, x.shape[-1]))
        flat_mask = None if position_mask is None else ops.reshape(position_mask, (-1,))
        routing = self.gate(flat, position_mask=flat_mask, training=training)
        mixed = self.experts(flat, routing.experts, routing.gates, flat_mask, training=training)
        dropped = self.experts.measure_dropped_share(routing.experts, flat_mask, training=training)
        routing = routing._replace(dropped_share=dropped)
        out = self.norm(x + ops.reshape(mixed, ops.shape(x)))
        return (x + out if self.outer_residual else out), routing

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_experts": self.num_experts,
            "experts_per_token": self.experts_per_token,
            "expert_width": self.expert_width,
            "outer_residual": self.outer_residual,
            "gain_per_channel": self.gain_per_channel,
            "gate_arguments": self.gate_arguments,
            "dispatch_arguments": self.dispatch_arguments,
        }
