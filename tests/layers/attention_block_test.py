import numpy as np
import pytest

from t2t_mm.layers import attention_block
from t2t_mm.layers.attention_block import AttentionBlock


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("convolutions", ["steps", "blocks"])
def test_a_later_target_moves_nothing_earlier(convolutions):
    block = AttentionBlock(2, convolutions=convolutions)
    x, source = normal(1, 12, 8), normal(1, 5, 8, seed=1)
    other = x.copy()
    other[0, 7] += 1.0
    difference = np.abs(np.asarray(block(x, source)) - np.asarray(block(other, source))).max(-1)[0]
    assert difference[:7].max() == 0.0
    assert difference[7:].min() > 0.0


def test_any_source_position_reaches_any_target():
    block = AttentionBlock(2)
    x, source = normal(1, 4, 8), normal(1, 5, 8, seed=1)
    other = source.copy()
    other[0, 4] += 1.0
    difference = np.abs(np.asarray(block(x, source)) - np.asarray(block(x, other))).max(-1)[0]
    assert difference.min() > 0.0


def test_the_block_tells_positions_apart_by_timing(monkeypatch):
    # Of equal inputs, far from the start, the average of all before changes little by itself.
    block, x, source = AttentionBlock(2), np.ones((1, 400, 8), "float32"), normal(1, 5, 8)
    differences = []
    for timing in (attention_block.add_timing, lambda x: x):
        monkeypatch.setattr(attention_block, "add_timing", timing)
        out = np.asarray(block(x, source))[0]
        differences.append(np.abs(out[300] - out[305]).max())
    assert differences[0] > 10 * differences[1]


def test_unknown_convolutions_are_refused():
    with pytest.raises(ValueError, match=r"'steps' or 'blocks'\. Received: convolutions='none'"):
        AttentionBlock(2, convolutions="none")
