"""A mixture whose gate knows the problem and not the position: one net merged from the experts.

Axis letters: B batch, L positions, N = B * L, D width, P problems, R rows with a problem of
their own (1 or B), E experts, K per problem, F expert width.
"""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.experts.gating import NoisyTopKGate, Routing
from t2t_mm.layers.experts.mixture_of_experts import ExpertBlock
from t2t_mm.layers.normalization import LayerNorm

Tensor = Any


class ProblemGatedExperts(keras.layers.Layer):
    """LN(x + ReLU(x W_in) W_out), both matrices a weighted sum of those of the problem's experts.

    Each problem has a vector of E logits; the K largest, with noise in training, choose its
    experts, and their softmax are the weights of the sum. A batch of one problem is one dense
    net, however many its experts. Where each row has its own problem, as in cached decoding, the
    products are summed instead of the matrices, which gives the same numbers and costs E times
    as much.

    There is no balance loss: a batch knows one problem, and evenness within it would only make
    every problem use all experts. A "bias" balances, since it remembers the batches before.

    Args:
        num_problems: P.
        num_experts: E.
        experts_per_token: K; as many as E give a mean over all experts.
        expert_width: F.
        outer_residual: See `ExpertBlock`.
        gain_per_channel: See `LayerNorm`.
        gate_arguments: Further ones of `NoisyTopKGate`, such as the seed of its noise.

    Example:
        >>> block = ProblemGatedExperts(3, num_experts=4, experts_per_token=2, expert_width=16)
        >>> y, routing = block(ops.ones((2, 5, 8)), problem=1)
        >>> y.shape, routing.load.numpy().tolist()
        (TensorShape([2, 5, 8]), [10.0, 10.0, 0.0, 0.0])

    Source: the attribute gate of Zhu et al. 2022, arXiv:2206.04674; merged experts: Muqeeth et
    al. 2023, arXiv:2306.03745.
    Chosen: one gate for both matrices; the attribute is the problem alone. Its vector is read
    through an input of length sqrt(D), so that it learns as fast as the gate of a position.
    """

    def __init__(
        self,
        num_problems: int,
        num_experts: int,
        experts_per_token: int,
        expert_width: int,
        outer_residual: bool = False,
        gain_per_channel: bool = True,
        gate_arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_problems = num_problems
        self.num_experts = num_experts
        self.experts_per_token = experts_per_token
        self.expert_width = expert_width
        self.outer_residual = outer_residual
        self.gain_per_channel = gain_per_channel
        self.gate_arguments = dict(gate_arguments or {})

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, L, D) or (B, D)."""
        width, hidden, policy = input_shape[-1], self.expert_width, {"dtype": self.dtype_policy}
        self.gate = NoisyTopKGate(
            self.num_experts,
            self.experts_per_token,
            name="gate",
            **self.gate_arguments,
            **policy,
        )
        self.gate.build((None, self.num_problems))
        limit = (6.0 / (width + hidden)) ** 0.5
        self.w_in = self._add_matrices("w_in", (width, hidden), limit)
        self.w_out = self._add_matrices("w_out", (hidden, width), limit)
        self.norm = LayerNorm(self.gain_per_channel, name="norm", **policy)
        self.norm.build(input_shape)

    def _add_matrices(self, name: str, shape: tuple[int, int], limit: float) -> Any:
        uniform = keras.initializers.RandomUniform(-limit, limit)
        return self.add_weight((self.num_experts, *shape), uniform, name=name)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What the axes of the weights stand for: "problem", "expert", "input" and "output"."""
        of_gate = {
            path: tuple("problem" if axis == "input" else axis for axis in axes)
            for path, axes in self.gate.axes.items()
        }
        return of_gate | {
            one.path: ("expert", "input", "output") for one in (self.w_in, self.w_out)
        }

    def call(
        self,
        x: Tensor,
        position_mask: Tensor | None = None,
        training: bool = False,
        problem: Tensor | int | None = None,
    ) -> tuple[Tensor, Routing]:
        """Run the block.

        Args:
            x: float[B, L, D], or float[B, D] where each row is one position.
            position_mask: bool[B, L] or bool[B]; padding is out of the statistics.
            training: Whether noise is on.
            problem: int scalar, one problem's batch, or int[B], of each row; in [0, P).

        Returns:
            As x, and the routing, `experts` and `gates` by rows of `problem`, the rest counted in
            positions.

        Raises:
            ValueError: If no problem is given.
        """
        if problem is None:
            raise ValueError("The gate asks for the problem. Received: problem=None.")
        problems: Tensor = ops.convert_to_tensor(problem)
        vectors_RP = ops.one_hot(ops.reshape(problems, (-1,)), self.num_problems)
        routing = self.gate(vectors_RP * x.shape[-1] ** 0.5, training=training)
        chosen = ops.one_hot(routing.experts, self.num_experts)
        gates_RE = ops.sum(chosen * routing.gates[:, :, None], axis=1)
        one_problem = len(problems.shape) == 0
        run = self._run_merged if one_problem else self._run_apart
        mixed = run(x, ops.cast(gates_RE, x.dtype))
        places_R = _count_places(x, position_mask)
        places_R = ops.sum(places_R, keepdims=True) if one_problem else places_R
        routing = routing._replace(
            importance=ops.matmul(places_R, gates_RE),
            load=ops.matmul(places_R, ops.sum(chosen, axis=1)),
            balance_loss=ops.zeros((), "float32"),
        )
        out = self.norm(x + mixed)
        return (x + out if self.outer_residual else out), routing

    def _run_merged(self, x: Tensor, gates_1E: Tensor) -> Tensor:
        w_in_DF = ops.tensordot(gates_1E[0], self.w_in, axes=1)
        w_out_FD = ops.tensordot(gates_1E[0], self.w_out, axes=1)
        x_ND = ops.reshape(x, (-1, x.shape[-1]))
        return ops.reshape(ops.matmul(ops.relu(ops.matmul(x_ND, w_in_DF)), w_out_FD), ops.shape(x))

    def _run_apart(self, x: Tensor, gates_BE: Tensor) -> Tensor:
        x_ND = ops.reshape(x, (-1, x.shape[-1]))
        per_row = 1 if len(x.shape) == 2 else ops.shape(x)[1]
        gates_EN1 = ops.transpose(ops.repeat(gates_BE, per_row, axis=0))[:, :, None]
        hidden_NF = ops.relu(ops.sum(ops.matmul(x_ND[None], self.w_in) * gates_EN1, axis=0))
        out_ND = ops.sum(ops.matmul(hidden_NF[None], self.w_out) * gates_EN1, axis=0)
        return ops.reshape(out_ND, ops.shape(x))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_problems": self.num_problems,
            "num_experts": self.num_experts,
            "experts_per_token": self.experts_per_token,
            "expert_width": self.expert_width,
            "outer_residual": self.outer_residual,
            "gain_per_channel": self.gain_per_channel,
            "gate_arguments": self.gate_arguments,
        }


def make_expert_block(
    arguments: Mapping[str, Any], **kwargs: Any
) -> ExpertBlock | ProblemGatedExperts:
    """Make the mixture that `arguments` are of: with `num_problems` the gate is the problem's.

    Args:
        arguments: Of `ExpertBlock` or `ProblemGatedExperts`.
        **kwargs: Further ones, of either.

    Example:
        >>> sizes = {"num_experts": 4, "experts_per_token": 2, "expert_width": 16}
        >>> type(make_expert_block(sizes)).__name__
        'ExpertBlock'
        >>> type(make_expert_block(sizes | {"num_problems": 3})).__name__
        'ProblemGatedExperts'
    """
    of_problem = "num_problems" in arguments
    return (ProblemGatedExperts if of_problem else ExpertBlock)(**arguments, **kwargs)


def _count_places(x: Tensor, position_mask: Tensor | None) -> Tensor:
    """Count the real positions of each row: float32[B]."""
    real = ops.ones_like(x[..., 0]) if position_mask is None else position_mask
    real = ops.cast(real, "float32")
    return real if len(real.shape) == 1 else ops.sum(real, axis=1)
