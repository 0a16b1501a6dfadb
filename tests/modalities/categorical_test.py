import numpy as np
import pytest
import tensorflow as tf
from every_pair import CLASS, TEXT, make_batch, make_model

from t2t_mm import registry
from t2t_mm.features import Categorical
from t2t_mm.modalities.categorical import PICTURES, SEQUENCES, CategoricalModality
from t2t_mm.modalities.grid import Grid, to_sequence
from t2t_mm.settings import ModalityHParams

V, D = 7, 8


@pytest.fixture(scope="module")
def net():
    net = CategoricalModality(V, D)
    net.build()
    return net


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def test_widths_and_sizes_of_the_exit_flow():
    net = CategoricalModality(5, 32, (48, 64))
    net.build()
    x = noise(1, 19, 19, 32)
    assert tuple(net.skip(x).shape) == (1, 10, 10, 32)
    wide = net.step3(net.skip(x))
    assert tuple(wide.shape) == (1, 10, 10, 48)
    assert tuple(net.step4(wide).shape) == (1, 10, 10, 64)
    assert tuple(net.softmax.shape) == (64, 5)
    sequence = noise(1, 19, 1, 32)
    assert tuple(net.skip(sequence, window=SEQUENCES).shape) == (1, 5, 1, 32)
    assert net.top(x.reshape(1, 361, 32), grid=Grid(19, 19)).shape == (1, 5)


def test_pictures_and_sequences_share_all_but_the_kernels_over_places(net):
    step = net.step1
    x = noise(1, 4, 1, D)
    before = [np.asarray(step(x, window=window)) for window in (PICTURES, SEQUENCES)]
    kernel = np.asarray(step.sequence_kernel)
    step.sequence_kernel.assign(2 * kernel[::-1])
    after = [np.asarray(step(x, window=window)) for window in (PICTURES, SEQUENCES)]
    step.sequence_kernel.assign(kernel)
    np.testing.assert_array_equal(before[0], after[0])
    assert np.abs(before[1] - after[1]).max() > 1e-3


@pytest.mark.parametrize("pair", [(TEXT, CLASS), (CLASS, TEXT)])
def test_in_mixed_precision_a_call_computes_what_training_and_decoding_do(pair):
    """Which do not go through Keras's call; 24 channels, whose root bfloat16 has to round."""
    changes = {"precision": "mixed_bfloat16", "width": 24, "encoder_blocks": 1}
    model = make_model(**changes, decoder_blocks=1)
    names = {"input_modality": pair[0], "target_modality": pair[1]}
    called, computed = (
        tf.cast(compute(make_batch(pair), **names).logits, tf.float32)
        for compute in (model, model.call)
    )
    np.testing.assert_array_equal(called, computed)


def test_rows_and_columns_are_not_the_same_thing(net):
    x = noise(1, 6, D)
    wide, tall = (np.asarray(net.top(x, grid=Grid(*shape))) for shape in ((2, 3), (3, 2)))
    assert np.abs(wide - tall).max() > 1e-3


@pytest.mark.parametrize("length", [1, 4, 5, 13])
def test_a_sequence_in_a_batch_of_longer_ones_is_what_it_is_alone(net, length):
    x = noise(1, length, D)
    for more in (1, 3, 8):
        padded = np.concatenate([x, np.zeros((1, more, D), "float32")], axis=1)
        mask = np.arange(length + more)[None] < length
        np.testing.assert_allclose(net.top(padded, mask), net.top(x), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (4, 5)])
def test_a_picture_in_a_batch_of_larger_ones_is_what_it_is_alone(net, size):
    x = noise(1, *size, D)
    alone = net.top(x.reshape(1, -1, D), grid=Grid(*size))
    for more in ((1, 0), (0, 3), (2, 2)):
        larger = np.pad(x, [(0, 0), (0, more[0]), (0, more[1]), (0, 0)])
        sizes = np.array([size])
        sequence, mask = to_sequence(larger, sizes)
        grid = Grid(*larger.shape[1:3], sizes)
        np.testing.assert_allclose(net.top(sequence, mask, grid), alone, atol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_is_cross_entropy_summed_over_examples(net, smoothing):
    logits, targets = noise(3, V), np.array([0, 6, 2])  # class 0 is a class, not padding
    total, weight = net.loss(logits, targets, smoothing)
    wanted = np.full((3, V), smoothing / (V - 1))
    wanted[np.arange(3), targets] = 1 - smoothing
    np.testing.assert_allclose(total, -(wanted * log_softmax(logits)).sum(), rtol=1e-5)
    assert float(weight) == 3.0


def test_a_class_as_input_is_one_position(net):
    x, mask, grid = net.bottom(np.array([2, 0]))
    np.testing.assert_allclose(x[:, 0], np.asarray(net.embedding)[[2, 0]] * np.sqrt(D), rtol=1e-5)
    assert np.asarray(mask).tolist() == [[True], [True]]
    assert grid is None


def test_a_class_as_target_has_nothing_to_show_in_advance(net):
    x, mask, _ = net.targets_bottom(np.array([2, 0]))
    assert x.shape == (2, 1, D)
    assert not np.asarray(x).any()
    assert np.asarray(mask).all()


def test_only_the_sides_in_use_have_weights():
    reader, writer = CategoricalModality(V, D, writes=False), CategoricalModality(V, D, reads=False)
    reader.build()
    writer.build()
    assert [weight.name for weight in reader.weights] == ["input_embedding"]
    assert "input_embedding" not in [weight.name for weight in writer.weights]


def test_the_feature_and_the_settings_name_this_net():
    net_class = registry.modality(Categorical(num_classes=V).modality)
    assert net_class is CategoricalModality
    assert net_class.reads_encoder
    nets = ModalityHParams(categorical_widths=(10, 0))
    arguments = {"width": D, "nets": nets}
    named = net_class.from_feature(Categorical(vocabulary="x"), vocabulary_size=V, **arguments)
    counted = net_class.from_feature(Categorical(num_classes=V), vocabulary_size=0, **arguments)
    assert named.num_classes == counted.num_classes == V
    assert named.widths == (10, 2 * D)
