import numpy as np
import pytest
import tensorflow as tf
from expert_cases import WIDTH, layer_inputs, output_and_gradients, padding_mask

from t2t_mm.layers.dispatch import run_tiered
from t2t_mm.layers.dispatch.slots import sort_slots
from t2t_mm.layers.dispatch.tiered import _choose_capacity, _Standing
from t2t_mm.layers.on_tensorflow.ragged import run_ragged

# All of expert 1's slots have a seat; 8 of 40 stand, for one step; 24 of 40, for two.
LOADS = {"seated": (23, 3), "a step": (40, 3), "two steps": (40, 1)}


def count_steps(num_tokens, chosen):
    _, experts, *_ = layer_inputs(num_tokens, chosen)
    capacity = _choose_capacity(num_tokens * chosen, 5)
    return int(_Standing.find(sort_slots(experts, 5), capacity).ends[-1])


def test_the_loads_are_what_they_are_called():
    assert [count_steps(*load) for load in LOADS.values()] == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("load", LOADS)
def test_outputs_and_gradients_are_those_of_ragged(load, compiled):
    num_tokens, chosen = LOADS[load]
    inputs = layer_inputs(num_tokens, chosen)
    for mask in (None, padding_mask(num_tokens)):
        expected = output_and_gradients(run_ragged, inputs, mask)
        got = output_and_gradients(run_tiered, inputs, mask, jit_compile=compiled)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.slow
def test_a_number_of_positions_unknown_when_traced():
    signature = [
        tf.TensorSpec([None, WIDTH], tf.float32),
        tf.TensorSpec([None, 3], tf.int32),
        tf.TensorSpec([None, 3], tf.float32),
    ]
    inputs = layer_inputs(num_tokens=150)
    expected = output_and_gradients(run_ragged, inputs)
    got = output_and_gradients(run_tiered, inputs, jit_compile=True, input_signature=signature)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_padded_positions_get_zero_even_if_all_are_padded():
    x, experts, gates, w_in, w_out = layer_inputs()
    out = run_tiered(x, experts, gates, w_in, w_out, tf.zeros(23, tf.bool))
    np.testing.assert_array_equal(out, np.zeros((23, WIDTH)))


def test_experts_of_a_group_take_a_step_together():
    # Of 16 experts, in groups of two, three have 20 slots each where 8 have a seat: two blocks.
    experts = np.repeat([3, 9, 14], 20)[:, None].astype("int32")
    standing = _Standing.find(sort_slots(experts, 16), capacity=8)
    assert np.asarray(standing.groups)[:2].tolist() == [[3, 9], [14, 0]]
    assert np.asarray(standing.ends).tolist() == [2] + [4] * 7


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_groups_of_experts_give_the_numbers_of_ragged(compiled):
    generator = np.random.default_rng(3)
    x, *_ = layer_inputs(num_tokens=96)
    experts = generator.choice([3, 9, 14], (96, 1)).astype("int32")
    experts = np.concatenate([experts, (experts + 1) % 16], axis=1)
    gates = generator.uniform(0.1, 1.0, experts.shape).astype("float32")
    w_in, w_out = (list(generator.normal(size=(16, 9, 6)).astype("float32")) for _ in range(2))
    inputs = x, experts, gates, w_in, w_out
    assert int(_Standing.find(sort_slots(experts, 16), _choose_capacity(192, 16)).ends[-1]) > 2
    expected = output_and_gradients(run_ragged, inputs)
    got = output_and_gradients(run_tiered, inputs, jit_compile=compiled)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
