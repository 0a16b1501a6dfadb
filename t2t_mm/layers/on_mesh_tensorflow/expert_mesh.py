"""Expert parallelism: slices of the experts on devices of their own, by Mesh TensorFlow.

Each slice sees all positions, runs its own experts on those that chose them, and the slices' sums
are all-reduced. No position is dropped, as without a mesh.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width.
Source: Shazeer et al. 2018, arXiv:1811.02084 (Mesh TensorFlow).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras

from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.on_mesh_tensorflow.mesh_shim import import_mesh_tensorflow

Tensor = Any
Run = Callable[..., Tensor]

# Tensor dimension:mesh dimension. The slices' matrices of one shape lie side by side along
# `hidden`, and their outputs along `experts`; all else is whole on every device.
LAYOUT = "hidden:experts,experts:experts"


class Traffic(NamedTuple):
    """What one position of one layer of experts moves between devices, forward.

    The gradient takes the same ways back, without the numbers of the experts: the output's is
    copied, those of the position and its gates are summed. Weights and their gradients stay.

    Attributes:
        copied: Bytes of the position, its experts and gates, for all slices but the first.
        all_reduced: Bytes of the outputs that are summed, over all slices.
    """

    copied: int
    all_reduced: int


def check_mesh(num_experts: int, dispatch: str, devices: Sequence[str]) -> None:
    """Refuse a mesh that its experts, their dispatch or the backend do not fit.

    Args:
        num_experts: E.
        dispatch: The name of how positions reach their experts.
        devices: One for each slice.

    Raises:
        ValueError: They do not.

    Example:
        >>> check_mesh(8, "ragged", ["CPU:0", "CPU:1"])
    """
    by_slice = ("auto", "ragged", "dense")  # a capacity, say, would be counted slice by slice
    if num_experts % len(devices) or not is_on_tensorflow() or dispatch not in by_slice:
        raise ValueError(
            "A mesh needs experts in slices of one size, Keras's TensorFlow backend and one of the "
            f"dispatches {', '.join(by_slice)}. Received: num_experts={num_experts}, "
            f"devices={tuple(devices)}, dispatch={dispatch!r}, "
            f"backend={keras.backend.backend()!r}."
        )


def run_on_mesh(
    run: Run,
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Sequence[Tensor],
    w_out: Sequence[Tensor],
    devices: Sequence[str],
) -> Tensor:
    """Run slice i of the experts on device i, and sum over the slices.

    Args:
        run: The dispatch of each slice, as `t2t_mm.layers.dispatch` has them.
        x_ND: float[N, D].
        experts_NK: int32[N, K]; E for a slot that no expert is to run.
        gates_NK: float[N, K].
        w_in: E times float[F, D].
        w_out: E times float[F, D].
        devices: One for each slice; their number divides E. Slice i has the experts from
            i * E / n on.

    Returns:
        float[N, D].

    Example:
        >>> from t2t_mm.layers.dispatch import run_dense
        >>> import tensorflow as tf
        >>> x, experts, gates = tf.ones([1, 2]), tf.constant([[1]]), tf.constant([[0.5]])
        >>> w_in, w_out = [tf.zeros([3, 2]), tf.ones([3, 2])], [tf.ones([3, 2])] * 2
        >>> run_on_mesh(run_dense, x, experts, gates, w_in, w_out, ["CPU:0"]).numpy().tolist()
        [[3.0, 3.0]]
    """
    import tensorflow as tf

    whole = [tf.convert_to_tensor(tensor) for tensor in (x_ND, experts_NK, gates_NK)]
    lower = tf.autograph.experimental.do_not_convert(_lower)  # it would follow the whole library
    lowering, y = lower(run, *whole, w_in, w_out, devices)
    return lowering.export_to_tf_tensor(y)


def count_traffic(
    num_experts: int,
    experts_per_token: int,
    width: int,
    devices: Sequence[str],
    dtype: str = "float32",
) -> Traffic:
    """Count what a position moves, from the counters of Mesh TensorFlow's own lowering.

    Args:
        num_experts: E.
        experts_per_token: K.
        width: D.
        devices: One for each slice.
        dtype: Of the positions.

    Example:
        >>> count_traffic(8, 2, width=64, devices=["CPU:0", "CPU:1"])
        Traffic(copied=272, all_reduced=512)
    """
    import tensorflow as tf

    from t2t_mm.layers.dispatch import run_dense

    with tf.Graph().as_default():  # built and never run
        lowering, y = _lower(
            run_dense,
            tf.zeros([1, width], dtype),
            tf.zeros([1, experts_per_token], tf.int32),
            tf.zeros([1, experts_per_token], dtype),
            [tf.zeros([1, width], dtype)] * num_experts,
            [tf.zeros([1, width], dtype)] * num_experts,
            devices,
        )
        lowering.export_to_tf_tensor(y)  # an all-reduce is counted when its result is asked for
    outputs = [out for operation in lowering.graph.operations for out in operation.outputs]
    copied = [
        (lowering.laid_out_size(out) - out.size) * out.dtype.size
        for out in outputs
        if type(out.operation).__name__ == "ImportLaidOutTensorOperation"
    ]
    reduced = [count for key, count in lowering.counters if key.startswith("allreduce/")]
    return Traffic(sum(copied), sum(reduced) * y.dtype.size)


def _lower(
    run: Run,
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Sequence[Tensor],
    w_out: Sequence[Tensor],
    devices: Sequence[str],
) -> tuple[Any, Any]:
    """Build the layer as a graph of Mesh TensorFlow; return it lowered, and the output in it."""
    mtf = import_mesh_tensorflow()
    num_slices, per_slice = len(devices), len(w_in) // len(devices)
    mesh = mtf.Mesh(mtf.Graph(), "experts")
    placement = mtf.placement_mesh_impl.PlacementMeshImpl(
        f"experts:{num_slices}", LAYOUT, list(devices)
    )
    slices, positions = mtf.Dimension("experts", num_slices), mtf.Dimension("positions", 1)
    width = mtf.Dimension("width", x_ND.shape[1])
    chosen = mtf.Dimension("chosen", gates_NK.shape[1])
    hidden = mtf.Dimension("hidden", num_slices * w_in[0].shape[0])

    def lay_out(tensors: Sequence[Tensor], *dimensions: Any) -> Any:
        laid_out = placement.LaidOutTensor(list(tensors))
        return mtf.import_laid_out_tensor(mesh, laid_out, mtf.Shape(dimensions))

    everywhere = [
        lay_out([x_ND] * num_slices, positions, width),
        lay_out([experts_NK] * num_slices, positions, chosen),
        lay_out([gates_NK] * num_slices, positions, chosen),
    ]
    # The first expert of every slice is one tensor, the second of every slice another: so each
    # variable is a slice as it is, and nothing is stacked.
    matrices = [lay_out(w_in[e::per_slice], hidden, width) for e in range(per_slice)]
    matrices += [lay_out(w_out[e::per_slice], hidden, width) for e in range(per_slice)]
    parts = mtf.slicewise(
        _make_slice_function(run, per_slice),
        [mtf.range(mesh, slices, everywhere[1].dtype), *everywhere, *matrices],
        output_shape=mtf.Shape([slices, positions, width]),
        output_dtype=everywhere[0].dtype,
        splittable_dims=[slices, hidden],
    )
    y = mtf.reduce_sum(parts, reduced_dim=slices)
    return _make_lowering_class(mtf)(mesh.graph, {mesh: placement}), y


def _make_slice_function(run: Run, per_slice: int) -> Callable[..., Tensor]:
    """Make what Mesh TensorFlow calls for each slice, in the scope of the slice's device."""
    import tensorflow as tf

    def run_slice(
        index_1: Tensor, x_ND: Tensor, experts_NK: Tensor, gates_NK: Tensor, *matrices: Tensor
    ) -> Tensor:
        own_NK = experts_NK - index_1 * per_slice
        own_NK = tf.where((own_NK >= 0) & (own_NK < per_slice), own_NK, per_slice)

        @attach_gradient
        def run_here(*inputs: Tensor) -> Any:
            x, gates, *weights = inputs
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(inputs)
                y = run(x, own_NK, gates, weights[:per_slice], weights[per_slice:])

            def gradient(upstream: Tensor) -> Any:
                # A tape knows no devices: without this, all weights would travel to one of them.
                with tf.device(y.device):
                    return tape.gradient(y, inputs, upstream, unconnected_gradients="zero")

            return y, gradient

        return tf.expand_dims(run_here(x_ND, gates_NK, *matrices), 0)

    return run_slice


def _make_lowering_class(mtf: Any) -> Any:
    """Make a lowering for any number of positions, known only when a batch comes.

    Mesh TensorFlow wants the size of every dimension, but uses it only to check shapes and to
    count. So one position stands for all: what it counts is then the traffic of one position.
    """

    class Lowering(mtf.Lowering):
        def verify_slice_shapes(self, tensor: Any, laid_out_tensor: Any) -> None:
            sizes = [
                1 if name == "positions" else size
                for name, size in zip(
                    tensor.shape.dimension_names, laid_out_tensor.slice_shape, strict=True
                )
            ]
            super().verify_slice_shapes(tensor, types.SimpleNamespace(slice_shape=sizes))

    return Lowering
