import numpy as np
import pytest
import tensorflow as tf
from expert_cases import WIDTH, layer_inputs, output_and_gradients, padding_mask

from t2t_mm.layers.dispatch import run_blocked
from t2t_mm.layers.dispatch.blocked import _choose_block_size
from t2t_mm.layers.on_tensorflow.ragged import run_ragged


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_outputs_and_gradients_are_those_of_ragged(compiled):
    # 120 slots, 5 experts: blocks of 32, of which expert 1 needs two for its 40.
    inputs = layer_inputs(num_tokens=40)
    for mask in (None, padding_mask(40)):
        expected = output_and_gradients(run_ragged, inputs, mask)
        got = output_and_gradients(run_blocked, inputs, mask, jit_compile=compiled)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.slow
def test_a_number_of_positions_unknown_when_traced():
    # What TensorFlow's training loop traces, compiled; blocks are of 128 rows then.
    signature = [
        tf.TensorSpec([None, WIDTH], tf.float32),
        tf.TensorSpec([None, 3], tf.int32),
        tf.TensorSpec([None, 3], tf.float32),
    ]
    inputs = layer_inputs(num_tokens=150)  # 450 slots: more than one block of 128 for expert 1
    expected = output_and_gradients(run_ragged, inputs)
    options = {"jit_compile": True, "input_signature": signature}
    got = output_and_gradients(run_blocked, inputs, **options)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_padded_positions_get_zero_even_if_all_are_padded():
    x, experts, gates, w_in, w_out = layer_inputs()
    out = run_blocked(x, experts, gates, w_in, w_out, tf.zeros(23, tf.bool))
    np.testing.assert_array_equal(out, np.zeros((23, WIDTH)))


@pytest.mark.slow
def test_the_gradient_scatters_nothing():
    x, experts, gates, w_in, w_out = layer_inputs()

    @tf.function
    def gradient(x, gates):
        with tf.GradientTape() as tape:
            tape.watch([x, gates])
            total = tf.reduce_sum(run_blocked(x, experts, gates, w_in, w_out))
        return tape.gradient(total, [x, gates])

    graph = gradient.get_concrete_function(x, gates).graph.as_graph_def()
    loops = [node for function in graph.library.function for node in function.node_def]
    # The sort's own inverse is of integers, a number for each slot.
    moved = [node for node in [*graph.node, *loops] if node.attr["T"].type != tf.int32]
    operations = {node.op for node in moved}
    assert {"GatherV2", "MatMul"} <= operations
    assert not {name for name in operations if "Scatter" in name or "SegmentSum" in name}


@pytest.mark.parametrize(
    ("num_slots", "num_experts", "size"),
    [(12, 4, 8), (64, 4, 24), (4096, 60, 88), (4096, 8, 216), (1 << 20, 8, 256)],
)
def test_a_block_holds_an_equal_share_and_a_quarter_or_an_even_part_of_it(
    num_slots, num_experts, size
):
    assert _choose_block_size(num_slots, num_experts) == size
