import keras
import numpy as np
import pytest
from keras import ops

from t2t_mm.layers.attention import MultiHeadAttention
from t2t_mm.layers.masking import make_causal_bias, make_padding_bias


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_heads_equal_the_formula_written_out():
    layer = MultiHeadAttention(num_heads=2)
    x, source = normal(1, 3, 8), normal(1, 5, 8, seed=1)
    got = layer(x, source)
    query, key, value, out = (
        np.asarray(part.kernel)
        for part in (layer.query, layer.key, layer.value, layer.output_projection)
    )
    heads = []
    for channels in (slice(0, 4), slice(4, 8)):
        logits = (x[0] @ query)[:, channels] @ (source[0] @ key)[:, channels].T / 2.0
        heads.append(softmax(logits) @ (source[0] @ value)[:, channels])
    np.testing.assert_allclose(got[0], np.concatenate(heads, -1) @ out, atol=1e-5)


def test_weights_in_half_precision_are_of_a_softmax_in_float32(monkeypatch):
    layer = MultiHeadAttention(num_heads=2, dropout=0.1, dtype="mixed_bfloat16")
    x, seen, plain = normal(1, 3, 8), [], ops.softmax

    def keep_type(logits):
        seen.append(keras.backend.standardize_dtype(logits.dtype))
        return plain(logits)

    monkeypatch.setattr(ops, "softmax", keep_type)
    out = layer(x, x, training=True)
    assert seen == ["float32"] and keras.backend.standardize_dtype(out.dtype) == "bfloat16"


def test_padded_keys_count_nothing():
    layer = MultiHeadAttention(num_heads=2)
    x, source = normal(1, 3, 8), normal(1, 5, 8, seed=1)
    mask = np.array([[True, True, True, False, False]])
    np.testing.assert_allclose(
        layer(x, source, make_padding_bias(mask)), layer(x, source[:, :3]), atol=1e-5
    )


def test_causal_bias_hides_later_positions():
    layer = MultiHeadAttention(num_heads=2)
    x = normal(1, 6, 8)
    whole = layer(x, x, make_causal_bias(6))
    for end in (1, 4):
        part = layer(x[:, :end], x[:, :end], make_causal_bias(end))
        np.testing.assert_allclose(whole[:, :end], part, atol=1e-5)


def test_projected_source_can_be_used_again():
    layer = MultiHeadAttention(num_heads=2)
    x, source = normal(1, 3, 8), normal(1, 5, 8, seed=1)
    whole = layer(x, source)
    kept = layer.project_source(ops.convert_to_tensor(source))
    for t in range(3):
        one = layer.attend(ops.convert_to_tensor(x[:, t : t + 1]), kept)
        np.testing.assert_allclose(one, whole[:, t : t + 1], atol=1e-5)


def test_dropout_acts_on_weights_in_training_only():
    layer = MultiHeadAttention(num_heads=2, dropout=0.5, seed=1)
    x = normal(1, 6, 8)
    np.testing.assert_array_equal(layer(x, x), layer(x, x))
    assert np.abs(np.asarray(layer(x, x, training=True)) - np.asarray(layer(x, x))).max() > 1e-3


def test_width_must_be_a_multiple_of_the_heads():
    with pytest.raises(ValueError, match=r"Received: width=8, num_heads=3\."):
        MultiHeadAttention(3)(normal(1, 2, 8), normal(1, 2, 8))
