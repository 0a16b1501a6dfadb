"""Mesh TensorFlow's own mixture of experts for `moe.py`, run as it is published, on one device.

Its package of transformers needs more of TensorFlow's past than
`t2t_mm.layers.on_mesh_tensorflow.mesh_shim` lends, but the file of its experts asks that package
for the name of a base class only.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from expert_patterns import CAPACITY_FACTOR, GROUP

PACKAGE = "mesh_tensorflow.transformer"


def make_mesh_tensorflow_step(
    num_experts: int, per_token: int, arrays: Any
) -> Callable[[Any], None]:
    """Make a step of `transformer_moe_layer_v1`, forward and backward, with weights of its own.

    It routes by a gate of its own, the product of the tokens with a random matrix, and takes the
    chosen experts that the step is called with for nothing.

    Args:
        num_experts: E.
        per_token: K.
        arrays: `expert_steps.Arrays`, of which it uses the tokens and the upstream gradient.

    Source: Shazeer et al. 2018, arXiv:1811.02084; `mesh_tensorflow/transformer/moe.py`, 0.1.21.
    """
    import tensorflow as tf

    with tf.Graph().as_default():
        x, upstream = (tf.Variable(tensor.numpy()) for tensor in (arrays.x, arrays.upstream))
        hidden = arrays.w_in[0].shape[0]
        gradients, prepare = _build_layer_gradients(x, upstream, num_experts, per_token, hidden)
        ends = [gradient[..., :1] for gradient in gradients]
        session = tf.compat.v1.Session()
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(prepare)

    def step(experts: Any, number: int = 1) -> None:
        for _ in range(number):
            session.run(ends)

    return step


def _build_layer_gradients(
    x_ND: Any, upstream_ND: Any, num_experts: int, per_token: int, hidden: int
) -> tuple[list[Any], Any]:
    """Build the gradients of tokens and weights, and the operation that fills the weights."""
    from t2t_mm.layers.on_mesh_tensorflow.mesh_shim import import_mesh_tensorflow

    mtf = import_mesh_tensorflow()
    moe = _import_published_experts(mtf)
    num_tokens, width = x_ND.shape
    mesh = mtf.Mesh(mtf.Graph(), "one device")
    depth = mtf.Dimension("depth", width)
    shape = mtf.Shape([mtf.Dimension("batch", 1), mtf.Dimension("length", num_tokens), depth])
    x, upstream = (
        mtf.import_tf_tensor(mesh, tensor.read_value()[None], shape)
        for tensor in (x_ND, upstream_ND)
    )
    settings = moe.MoE1D(
        num_experts=num_experts,
        hidden_size=hidden,
        group_size=GROUP,
        moe_gating="top_n",
        top_n_num_experts_per_token=per_token,
        capacity_factor_train=CAPACITY_FACTOR * per_token,  # it does not count the experts chosen
        second_policy_train="all",
    )
    layout, no_slices = mtf.convert_to_layout_rules(""), mtf.Shape([])
    y, balance_loss = moe.transformer_moe_layer_v1(
        x, depth, settings._hparams, True, mtf.VariableDType(), layout, no_slices
    )
    weights = [variable.outputs[0] for variable in mesh.graph.trainable_variables]
    found = mtf.gradients([mtf.reduce_sum(y * upstream) + balance_loss], [x, *weights])
    placement = mtf.placement_mesh_impl.PlacementMeshImpl(no_slices, layout, [""])
    lowering = mtf.Lowering(mesh.graph, {mesh: placement})
    gradients = [lowering.export_to_tf_tensor(gradient) for gradient in found]
    return gradients, lowering.copy_masters_to_slices()


def _import_published_experts(mtf: Any) -> Any:
    """Import the module of its experts, without the rest of its package."""
    if f"{PACKAGE}.moe" not in sys.modules:
        package, base = types.ModuleType(PACKAGE), types.ModuleType(f"{PACKAGE}.transformer")
        vars(package)["__path__"] = [str(Path(mtf.__file__).parent / "transformer")]
        vars(base)["TransformerLayer"] = object
        vars(package)["transformer"] = base
        sys.modules.update({PACKAGE: package, base.__name__: base})
    return importlib.import_module(f"{PACKAGE}.moe")
