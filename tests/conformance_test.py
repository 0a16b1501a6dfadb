"""One contract for every layer: each row of the table goes through all tests below."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import t2t_mm.layers
import t2t_mm.modalities
import t2t_mm.model
from t2t_mm.layers.attention import AttentionBlock, MultiHeadAttention
from t2t_mm.layers.convolution import ConvBlock, ConvStep, Pointwise
from t2t_mm.layers.dropout import Dropout
from t2t_mm.layers.experts import ExpertBlock, Experts
from t2t_mm.layers.gating import NoisyTopKGate
from t2t_mm.layers.masking import padding_bias
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.modalities.language import LanguageModality
from t2t_mm.model.decoder import Decoder, DecoderBlock
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.mixer import Mixer

WIDTH = 16
ATTENTION = {"num_heads": 4, "dropout": 0.1, "seed": 5}
EXPERTS = {"num_experts": 4, "experts_per_token": 2, "expert_width": 8, "seed": 6}


@dataclass(frozen=True)
class Case:
    """A layer, and how it is called on float[B, L, D] with a mask, to give float[B, L, ...]."""

    name: str
    make: Callable[..., Any]
    call: Callable[[Any, Any, Any, bool], Any]


def plain(layer, x, mask, training):
    return layer(x)


def trained(layer, x, mask, training):
    return layer(x, training=training)


def masked(layer, x, mask, training):
    return layer(x, position_mask=mask)


def masked_and_trained(layer, x, mask, training):
    return layer(x, position_mask=mask, training=training)


def attending(layer, x, mask, training):
    return layer(x, x, padding_bias(mask), training=training)


def reading_source(layer, x, mask, training):
    return layer(x, x, mask, training=training)


def decoding(layer, x, mask, training):
    out, routings = layer(x, x, mask, mask, training=training)
    return add_balance(out, routings)


def encoding(layer, x, mask, training):
    return add_balance(*layer(x, position_mask=mask, training=training))


def add_balance(out, routings):
    for routing in routings:
        out = out + tf.cast(routing.balance_loss, out.dtype)
    return out


def expert_block(layer, x, mask, training):
    out, routing = layer(x, position_mask=mask, training=training)
    return add_balance(out, [routing])


def gating(layer, x, mask, training):
    flat = tf.reshape(x, [-1, WIDTH])
    routing = layer(flat, position_mask=tf.reshape(mask, [-1]), training=training)
    return tf.reshape(routing.gates, [*tf.unstack(tf.shape(x)[:2]), 2]) + routing.balance_loss


def running_experts(layer, x, mask, training):
    flat = tf.reshape(x, [-1, WIDTH])
    steps = tf.tile(tf.range(tf.shape(x)[1]), [tf.shape(x)[0]])
    chosen = tf.stack([steps % 4, (steps + 1) % 4], axis=1)
    gates = tf.ones_like(flat[:, :2]) * [0.75, 0.25]
    out = layer(flat, chosen, gates, position_mask=tf.reshape(mask, [-1]))
    return tf.reshape(out, tf.shape(x))


def reading_and_writing(layer, x, mask, training):
    if not layer.built:
        layer.build(None)
    ids = (tf.argmax(x, -1) % 7 + 1) * tf.cast(mask, tf.int64)
    return layer.top(layer.bottom(ids).x + layer.targets_bottom(ids).x)


CASES = [
    Case("LayerNorm", LayerNorm, plain),
    Case("LayerNorm scalar", lambda **k: LayerNorm(False, **k), plain),
    Case("Dropout", lambda **k: Dropout(0.1, 3, **k), trained),
    Case("Pointwise", lambda **k: Pointwise(6, **k), plain),
    Case("ConvStep", lambda **k: ConvStep(5, 12, 4, **k), masked),
    Case("ConvStep causal", lambda **k: ConvStep(4, dilation=2, causal=True, **k), masked),
    Case("ConvBlock", lambda **k: ConvBlock(0.1, seed=4, **k), masked_and_trained),
    Case("ConvBlock causal", lambda **k: ConvBlock(causal=True, **k), masked_and_trained),
    Case("MultiHeadAttention", lambda **k: MultiHeadAttention(**ATTENTION, **k), attending),
    Case("AttentionBlock", lambda **k: AttentionBlock(**ATTENTION, **k), reading_source),
    Case(
        "AttentionBlock of ConvBlocks",
        lambda **k: AttentionBlock(2, convolutions="blocks", **k),
        reading_source,
    ),
    Case("NoisyTopKGate", lambda **k: NoisyTopKGate(4, 2, seed=2, **k), gating),
    Case("Experts", lambda **k: Experts(4, 8, **k), running_experts),
    Case("ExpertBlock", lambda **k: ExpertBlock(**EXPERTS, **k), expert_block),
    Case(
        "ExpertBlock dense", lambda **k: ExpertBlock(**EXPERTS, dispatch="dense", **k), expert_block
    ),
    Case("Encoder", lambda **k: Encoder(2, EXPERTS, dropout=0.1, **k), encoding),
    Case("Encoder of convolutions", lambda **k: Encoder(1, timing=False, **k), encoding),
    Case("Mixer", lambda **k: Mixer(1, ATTENTION, **k), reading_source),
    Case("Mixer concat", lambda **k: Mixer(1, ATTENTION, "concat", **k), reading_source),
    Case("DecoderBlock", lambda **k: DecoderBlock(ATTENTION, **k), reading_source),
    Case("Decoder", lambda **k: Decoder(2, ATTENTION, EXPERTS, moe_after=2, **k), decoding),
    Case("LanguageModality", lambda **k: LanguageModality(9, WIDTH, **k), reading_and_writing),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def sequences(batch=2, length=6, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, length, WIDTH)).astype("float32")


def ragged_mask(batch, length):
    return np.arange(length)[None] < np.array([length, length - 2] * (batch // 2))[:, None]


def built(case, **kwargs):
    layer = case.make(**kwargs)
    case.call(layer, sequences(), ragged_mask(2, 6), False)
    for index, weight in enumerate(layer.weights):  # the gate starts at zero: all experts tied
        noise = np.random.default_rng(index).normal(0, 0.1, weight.shape)
        weight.assign(weight + noise.astype("float32"))
    return layer


@every_case
def test_config_makes_the_same_layer(case):
    layer = built(case)
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    x, mask = sequences(), ragged_mask(2, 6)
    case.call(twin, x, mask, False)
    for weight, other in zip(layer.weights, twin.weights, strict=True):
        other.assign(weight)
    np.testing.assert_array_equal(case.call(twin, x, mask, False), case.call(layer, x, mask, False))


@every_case
def test_traced_with_unknown_lengths_equals_eager(case):
    layer = built(case)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, WIDTH], tf.float32),
            tf.TensorSpec([None, None], tf.bool),
        ]
    )
    def run(x, mask):
        return case.call(layer, x, mask, False)

    for length in (3, 6, 17):
        x, mask = sequences(length=length), ragged_mask(2, length)
        np.testing.assert_allclose(run(x, mask), case.call(layer, x, mask, False), atol=1e-5)


@every_case
def test_mixed_precision_runs_and_stays_close(case):
    layer = built(case)
    low = built(case, dtype="mixed_bfloat16")
    for weight, other in zip(layer.weights, low.weights, strict=True):
        assert other.dtype == "float32"
        other.assign(weight)
    x, mask = sequences(), ragged_mask(2, 6)
    exact = np.asarray(case.call(layer, x, mask, False))
    rough = case.call(low, tf.cast(x, tf.bfloat16), mask, False)
    if case.name != "NoisyTopKGate":  # gates stay in float32
        assert rough.dtype == tf.bfloat16
    difference = np.abs(np.asarray(tf.cast(rough, tf.float32)) - exact)
    assert np.median(difference) < 0.05 * max(1.0, np.abs(exact).max())


@every_case
def test_every_weight_gets_a_gradient(case):
    layer = built(case)
    x, mask = tf.constant(sequences(4, 16, seed=1)), ragged_mask(4, 16)
    with tf.GradientTape() as tape:
        out = case.call(layer, x, mask, True)
        total = tf.reduce_sum(out * np.random.default_rng(2).normal(size=out.shape))
    gradients = tape.gradient(total, [weight.value for weight in layer.trainable_weights])
    for weight, gradient in zip(layer.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, weight.path


@every_case
def test_padding_changes_nothing(case):
    layer = built(case)
    x, mask = sequences(), np.full((2, 6), True)
    longer = np.concatenate([x, sequences(length=5, seed=3)], axis=1)
    longer_mask = np.concatenate([mask, np.full((2, 5), False)], axis=1)
    np.testing.assert_allclose(
        np.asarray(case.call(layer, longer, longer_mask, False))[:, :6],
        case.call(layer, x, mask, False),
        atol=1e-5,
    )


@every_case
def test_variables_have_unique_paths(case):
    paths = [variable.path for variable in built(case).variables]
    assert len(set(paths)) == len(paths)


def test_the_table_names_every_layer():
    found = {}
    for package in (t2t_mm.layers, t2t_mm.modalities, t2t_mm.model):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            found |= vars(importlib.import_module(module.name))
    layers = {
        value
        for value in found.values()
        if isinstance(value, type)
        and issubclass(value, keras.layers.Layer)
        and value.__module__.startswith("t2t_mm.")
    }
    covered = {type(case.make()) for case in CASES}
    assert {layer.__name__ for layer in layers - covered} == {"Modality", "MultiModel"}
