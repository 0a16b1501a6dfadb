import numpy as np
import pytest
import tensorflow as tf
from expert_cases import (
    NUM_EXPERTS,
    WIDTH,
    layer_inputs,
    output_and_gradients,
    padding_mask,
    run_one_by_one,
)

from t2t_mm.layers.dispatch import run_dense
from t2t_mm.layers.on_tensorflow.ragged import run_ragged


@pytest.mark.parametrize("in_use", [NUM_EXPERTS, 3])
def test_each_position_runs_through_its_experts(in_use):
    inputs = layer_inputs(in_use=in_use)
    np.testing.assert_allclose(run_ragged(*inputs), run_one_by_one(*inputs), atol=1e-4)


def test_a_loop_gives_the_same():
    x, experts, gates, w_in, w_out = layer_inputs(num_tokens=4)
    mask = tf.constant([True, True, False, True])

    @tf.function(input_signature=[tf.TensorSpec([None, WIDTH])])
    def run_in_loop(x):
        def body(i, total):
            return i + 1, total + run_ragged(x, experts, gates, w_in, w_out, mask)

        return tf.while_loop(lambda i, total: i < 2, body, (0, tf.zeros_like(x)))[1]

    expected = run_one_by_one(x, experts, gates, w_in, w_out) * mask.numpy()[:, None]
    np.testing.assert_allclose(run_in_loop(x), 2 * expected, atol=1e-4)


@pytest.mark.parametrize("has_padding", [False, True])
def test_gradients_are_those_derived_for_all_experts_on_all_positions(has_padding):
    mask = padding_mask() if has_padding else None
    expected = output_and_gradients(run_dense, layer_inputs(), mask)
    got = output_and_gradients(run_ragged, layer_inputs(), mask)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_gradients_equal_differences():
    x, experts, *rest = layer_inputs(num_tokens=7)
    x, gates, w_in, w_out = (tf.constant(argument, tf.float64) for argument in (x, *rest))
    analytic, numeric = tf.test.compute_gradient(
        lambda x, gates: run_ragged(x, experts, gates, tf.unstack(w_in), tf.unstack(w_out)),
        [x, gates],
        delta=1e-6,
    )
    for a, n in zip(analytic, numeric, strict=True):
        np.testing.assert_allclose(a, n, atol=1e-6)


def test_padded_positions_get_zero_even_if_all_are_padded():
    x, experts, gates, w_in, w_out = layer_inputs()
    out = run_ragged(x, experts, gates, w_in, w_out, tf.zeros(23, tf.bool))
    np.testing.assert_array_equal(out, np.zeros((23, WIDTH)))


def test_a_slot_of_no_expert_is_run_by_none():
    x, experts, gates, w_in, w_out = layer_inputs()
    fewer, closed = experts.copy(), gates.copy()
    fewer[3:, 1], closed[3:, 1] = NUM_EXPERTS, 0.0
    out = run_ragged(x, fewer, gates, w_in, w_out)
    np.testing.assert_allclose(out, run_one_by_one(x, experts, closed, w_in, w_out), atol=1e-4)


def test_gradients_of_positions_only_gather():
    x, experts, gates, w_in, w_out = layer_inputs()

    @tf.function
    def gradient(x, gates):
        with tf.GradientTape() as tape:
            tape.watch([x, gates])
            total = tf.reduce_sum(run_ragged(x, experts, gates, w_in, w_out))
        return tape.gradient(total, [x, gates])

    nodes = gradient.get_concrete_function(x, gates).graph.as_graph_def().node
    operations = {node.op for node in nodes}
    assert "GatherV2" in operations
    assert not {name for name in operations if "Scatter" in name or "SegmentSum" in name}
