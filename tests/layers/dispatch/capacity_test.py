import functools

import numpy as np
import pytest
from expert_cases import NUM_EXPERTS, layer_inputs, output_and_gradients, padding_mask
from keras import ops

from t2t_mm.layers.dispatch import measure_dropped, run_capacity
from t2t_mm.layers.on_tensorflow.ragged import run_ragged


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_with_room_for_all_it_is_ragged(compiled):
    run = functools.partial(run_capacity, capacity_factor=float(NUM_EXPERTS))
    for mask in (None, padding_mask()):
        expected = output_and_gradients(run_ragged, layer_inputs(), mask)
        got = output_and_gradients(run, layer_inputs(), mask, jit_compile=compiled)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)


def test_what_finds_no_room_is_dropped_and_the_rest_unchanged():
    # Four slots, two experts: room for two each. Expert 0 is asked for three times.
    x, _, _, w_in, w_out = layer_inputs(num_tokens=4)
    experts = np.array([[0], [0], [0], [1]], "int32")
    inputs = x, experts, np.ones((4, 1), "float32"), w_in[:2], w_out[:2]
    run = functools.partial(run_capacity, capacity_factor=1.0)
    out, d_x, d_gates, *_ = output_and_gradients(run, inputs)
    expected, expected_d_x, *_ = output_and_gradients(run_ragged, inputs)
    kept = [0, 1, 3]
    np.testing.assert_allclose(out[kept], expected[kept], atol=1e-5)
    np.testing.assert_allclose(d_x[kept], expected_d_x[kept], atol=1e-5)
    for dropped in (out[2], d_x[2], d_gates[2]):
        np.testing.assert_array_equal(dropped, np.zeros_like(dropped))


def test_the_weights_learn_from_what_was_not_dropped_only():
    x, _, _, w_in, w_out = layer_inputs(num_tokens=4)
    experts, gates = np.array([[0], [0], [0], [1]], "int32"), np.ones((4, 1), "float32")
    run = functools.partial(run_capacity, capacity_factor=1.0)
    full = output_and_gradients(run, (x, experts, gates, w_in[:2], w_out[:2]))
    gates[2] = 0.0
    without = output_and_gradients(run_ragged, (x, experts, gates, w_in[:2], w_out[:2]))
    for one, other in zip(full[3:], without[3:], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_dropped_are_counted_without_padding():
    experts = ops.array([[0], [0], [0], [1]])
    assert float(measure_dropped(experts, 2, 1.0)) == 0.25
    assert float(measure_dropped(experts, 2, 1.5)) == 0.0
    # A padded position takes no room.
    mask = ops.array([False, True, True, True])
    assert float(measure_dropped(experts, 2, 1.0, mask)) == 0.0
    assert float(measure_dropped(experts, 2, 0.5, mask)) == pytest.approx(1 / 3)
    assert float(measure_dropped(experts, 2, 1.0, ops.zeros(4, "bool"))) == 0.0
