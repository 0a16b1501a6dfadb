"""One contract for every layer: each row of the table goes through all tests below."""

import importlib
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from layer_cases import CASES, WIDTH

import t2t_mm.layers
import t2t_mm.modalities
import t2t_mm.model

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def sequences(batch=2, length=6, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, length, WIDTH)).astype("float32")


def ragged_mask(batch, length):
    return np.arange(length)[None] < np.array([length, length - 2] * (batch // 2))[:, None]


def built(case, **kwargs):
    keras.utils.set_random_seed(2)  # of initial weights: how far bfloat16 is off depends on them
    layer = case.make(**kwargs)
    case.call(layer, sequences(), ragged_mask(2, 6), False)
    for index, weight in enumerate(
        layer.trainable_weights
    ):  # the gate starts at zero: all experts tied
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


@pytest.mark.slow
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
    # Numbers that bfloat16 has: of others, already rounded, a gate may choose other experts.
    x, mask = tf.cast(sequences(seed=1), tf.bfloat16), ragged_mask(2, 6)
    exact = np.asarray(case.call(layer, tf.cast(x, tf.float32), mask, False))
    rough = case.call(low, x, mask, False)
    if not case.name.startswith(("NoisyTopKGate", "LanguageModality")):  # gates, logits: float32
        assert rough.dtype == tf.bfloat16
    rough = np.asarray(tf.cast(rough, tf.float32))
    np.testing.assert_allclose(rough, exact, rtol=0, atol=0.02 * max(1.0, np.abs(exact).max()))


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
def test_channels_stand_last_whatever_a_user_tells_keras(case):
    layer = built(case)
    expected = np.asarray(case.call(layer, sequences(), ragged_mask(2, 6), False))
    keras.config.set_image_data_format("channels_first")
    try:
        got = np.asarray(case.call(layer, sequences(), ragged_mask(2, 6), False))
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(got, expected)


@every_case
def test_variables_have_unique_paths(case):
    paths = [variable.path for variable in built(case).variables]
    assert len(set(paths)) == len(paths)


def test_the_table_names_every_layer():
    found = {}
    for package in (t2t_mm.layers, t2t_mm.modalities, t2t_mm.model):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            found |= vars(importlib.import_module(module.name))
    layers = {
        value
        for value in found.values()
        if isinstance(value, type)
        and issubclass(value, keras.layers.Layer)
        and value.__module__.startswith("t2t_mm.")
    }
    covered = {type(case.make()) for case in CASES}
    assert {layer.__name__ for layer in layers - covered} == {
        "Modality",
        "EncoderDecoder",
        "MultiModel",
    }
