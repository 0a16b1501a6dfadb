import numpy as np
import pytest

from t2t_mm.model.mixer import Mixer

ATTENTION = {"num_heads": 2}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("join", ["add", "concat"])
def test_source_and_targets_both_matter_and_later_targets_do_not(join):
    mixer = Mixer(1, ATTENTION, join)
    x, source = normal(1, 9, 8), normal(1, 4, 8, seed=1)
    out = np.asarray(mixer(x, source))
    other = x.copy()
    other[0, 5] += 1.0
    moved = np.abs(np.asarray(mixer(other, source)) - out).max(-1)[0] > 0
    assert not moved[:5].any()
    assert moved[5:].all()
    other_source = source.copy()
    other_source[0, 3] += 1.0
    assert (np.abs(np.asarray(mixer(x, other_source)) - out).max(-1) > 0).all()


def test_add_normalizes_the_sum():
    mixer = Mixer(0, ATTENTION)
    x, source = normal(1, 9, 8), normal(1, 4, 8, seed=1)
    out = mixer(x, source)
    np.testing.assert_allclose(out, mixer.merge(x + mixer.attention(x, source)), atol=1e-5)


def test_without_attention_the_targets_pass_alone():
    mixer = Mixer(1)
    x = normal(1, 9, 8)
    np.testing.assert_array_equal(mixer(x, normal(1, 4, 8)), mixer(x, normal(1, 4, 8, seed=1)))
    assert not any("attention" in weight.path for weight in mixer.weights)


def test_unknown_join_is_refused():
    with pytest.raises(ValueError, match=r"'add' or 'concat'\. Received: join='multiply'"):
        Mixer(1, join="multiply")
