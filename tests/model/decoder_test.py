import numpy as np
import pytest

from t2t_mm.model.decoder import Decoder, DecoderBlock

ATTENTION = {"num_heads": 2}
EXPERTS = {"num_experts": 4, "experts_per_token": 2, "expert_width": 8}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_a_later_target_moves_nothing_earlier():
    decoder = Decoder(2, ATTENTION, EXPERTS)
    decoder.build((None, None, 8))
    decoder.moe.gate.choice.assign(normal(8, 4, seed=3))
    x, source = normal(1, 9, 8), normal(1, 4, 8, seed=1)
    other = x.copy()
    other[0, 5] += 1.0
    difference = np.asarray(decoder(other, source)[0]) - np.asarray(decoder(x, source)[0])
    moved = np.abs(difference).max(-1)[0] > 0
    assert not moved[:5].any()
    assert moved[5:].all()


def test_a_block_adds_normalized_attention_to_its_stream():
    block = DecoderBlock(ATTENTION)
    x, source = normal(1, 9, 8), normal(1, 4, 8, seed=1)
    out = block(x, source)
    stream = block.convolution(x)
    attended = block.attention(stream, source)
    np.testing.assert_allclose(out, stream + block.norm(stream + attended), atol=1e-5)


def test_a_final_norm_is_of_the_output():
    decoder = Decoder(1, ATTENTION, final_norm=True)
    x, source = normal(1, 9, 8), normal(1, 4, 8, seed=1)
    out, _ = decoder(x, source)
    np.testing.assert_allclose(out, decoder.norm(decoder.blocks[0](x, source)), atol=1e-5)


def test_without_attention_a_block_is_its_convolutions():
    block = DecoderBlock()
    x = normal(1, 9, 8)
    np.testing.assert_array_equal(block(x, normal(1, 4, 8)), block.convolution(x))


@pytest.mark.parametrize("moe_after", [0, 2])
def test_the_mixture_runs_after_that_many_blocks(moe_after):
    decoder = Decoder(2, ATTENTION, EXPERTS, moe_after=moe_after)
    x, source = normal(1, 5, 8), normal(1, 4, 8, seed=1)
    out, _ = decoder(x, source)
    expected = decoder.moe(x)[0] if moe_after == 0 else x
    for block in decoder.blocks:
        expected = block(expected, source)
    expected = decoder.moe(expected)[0] if moe_after == 2 else expected
    np.testing.assert_allclose(out, expected, atol=1e-5)
