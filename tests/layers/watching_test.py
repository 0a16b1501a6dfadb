"""Layers tell what they compute to whom is watching, and to nobody else."""

import numpy as np
import pytest

from t2t_mm.layers.attention import MultiHeadAttention
from t2t_mm.layers.attention_block import AttentionBlock
from t2t_mm.layers.watching import tell_watcher, watch_layers


def test_who_watches_is_told_the_weights_that_average_the_values() -> None:
    x, source = (np.random.default_rng(n).normal(size=(1, 3, 8)).astype("float32") for n in (0, 1))
    attention = MultiHeadAttention(num_heads=2, name="attention")
    with watch_layers() as told:
        y = attention(x, source)
    values = np.asarray(attention.project_source(source).values)
    averaged = np.asarray(told["attention"]) @ values
    merged = averaged.transpose(0, 2, 1, 3).reshape(1, 3, 8)
    np.testing.assert_allclose(attention.output_projection(merged), y, atol=1e-5)


def test_watching_changes_nothing_and_padding_has_no_weight() -> None:
    x = np.random.default_rng(0).normal(size=(1, 3, 8)).astype("float32")
    source = np.random.default_rng(1).normal(size=(1, 5, 8)).astype("float32")
    mask = np.array([[True, True, True, False, False]])
    block = AttentionBlock(num_heads=2, name="block")
    before = np.asarray(block(x, source, source_mask=mask))
    with watch_layers() as told:
        after = np.asarray(block(x, source, source_mask=mask))
    np.testing.assert_array_equal(before, after)
    assert list(told) == ["block/self_attention", "block/source_attention"]
    weights = np.asarray(told["block/source_attention"])
    assert weights.shape == (1, 2, 3, 5)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(weights[..., 3:], 0)


def test_nothing_is_computed_where_nobody_watches_or_no_longer() -> None:
    def fail() -> None:
        raise AssertionError("was computed")

    tell_watcher("layer", fail)
    with pytest.raises(ValueError, match="wrong"), watch_layers():
        raise ValueError("something is wrong")
    tell_watcher("layer", fail)


def test_the_innermost_watches() -> None:
    with watch_layers() as outer:
        with watch_layers() as inner:
            tell_watcher("a", lambda: 1)
        tell_watcher("b", lambda: 2)
    assert (outer, inner) == ({"b": 2}, {"a": 1})
