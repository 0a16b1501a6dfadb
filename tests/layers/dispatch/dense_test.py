import numpy as np
import pytest
from expert_cases import NUM_EXPERTS, WIDTH, layer_inputs, padding_mask, run_one_by_one

from t2t_mm.layers.dispatch import run_dense


@pytest.mark.parametrize("in_use", [NUM_EXPERTS, 3])
def test_each_position_runs_through_its_experts(in_use):
    inputs = layer_inputs(in_use=in_use)
    np.testing.assert_allclose(run_dense(*inputs), run_one_by_one(*inputs), atol=1e-4)


def test_padded_positions_get_zero_and_the_others_what_they_get_alone():
    inputs, mask = layer_inputs(), padding_mask()
    out = np.asarray(run_dense(*inputs, mask))
    np.testing.assert_array_equal(out[~mask], np.zeros(((~mask).sum(), WIDTH)))
    np.testing.assert_array_equal(out[mask], np.asarray(run_dense(*inputs))[mask])


def test_a_slot_of_no_expert_is_run_by_none():
    x, experts, gates, w_in, w_out = layer_inputs()
    fewer, closed = experts.copy(), gates.copy()
    fewer[3:, 1], closed[3:, 1] = NUM_EXPERTS, 0.0
    out = run_dense(x, fewer, gates, w_in, w_out)
    np.testing.assert_allclose(out, run_one_by_one(x, experts, closed, w_in, w_out), atol=1e-4)
