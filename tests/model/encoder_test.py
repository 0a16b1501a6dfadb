import numpy as np
import pytest

from t2t_mm.model.encoder import Encoder, choose_middle

EXPERTS = {"num_experts": 4, "experts_per_token": 2, "expert_width": 8}


def test_the_mixture_is_in_the_middle_unless_said_otherwise():
    assert choose_middle(6, None) == 3
    assert choose_middle(6, 2) == 2
    with pytest.raises(ValueError, match=r"0 to 6 of the blocks\. Received: moe_after=7"):
        Encoder(6, EXPERTS, moe_after=7)


@pytest.mark.parametrize("moe_after", [0, 1, 2])
def test_the_mixture_runs_after_that_many_blocks(moe_after):
    encoder = Encoder(2, EXPERTS, moe_after=moe_after, timing=False)
    x = np.random.default_rng(0).normal(size=(1, 5, 8)).astype("float32")
    out, routings = encoder(x)
    stages = list(encoder.blocks)
    stages.insert(moe_after, lambda y: encoder.moe(y)[0])
    expected = x
    for stage in stages:
        expected = stage(expected)
    np.testing.assert_allclose(out, expected, atol=1e-5)
    assert len(routings) == 1


def test_without_experts_there_is_no_routing():
    encoder = Encoder(1)
    _, routings = encoder(np.ones((1, 5, 8), "float32"))
    assert routings == []
    assert not any("experts" in weight.path for weight in encoder.weights)


def test_timing_tells_equal_inputs_apart():
    # 300 equal positions: convolutions alone give the same far from both ends.
    x = np.ones((1, 300, 8), "float32")
    without = np.asarray(Encoder(1, timing=False)(x)[0])[0]
    with_timing = np.asarray(Encoder(1)(x)[0])[0]
    assert np.abs(without[140] - without[155]).max() < 1e-6
    assert np.abs(with_timing[140] - with_timing[155]).max() > 1e-3


def test_padded_positions_are_zero():
    mask = np.array([[True, True, False]])
    # The mixture comes last, whose norm leaves no zeros.
    encoder = Encoder(1, EXPERTS, moe_after=1)
    encoder.build((1, 3, 8))
    encoder.moe.norm.shift.assign(np.ones(8))
    out, _ = encoder(np.ones((1, 3, 8), "float32"), position_mask=mask)
    np.testing.assert_array_equal(out[0, 2], np.zeros(8))
