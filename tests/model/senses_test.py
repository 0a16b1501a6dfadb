"""One model that reads text, pictures, sounds and classes, and writes text and classes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from changed_settings import change_settings
from every_pair import CLASS, PICTURE, SOUND, SPECS, TEXT
from small_model import HPARAMS

from t2t_mm.model.build import build_multimodel
from t2t_mm.settings import ModalityHParams


def make_model(
    inputs=(TEXT, PICTURE, SOUND, CLASS), targets=(TEXT, CLASS), commands=("say", ""), **changes
):
    hparams = change_settings(HPARAMS, **changes)
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs={key: SPECS[key] for key in inputs},
        targets={key: SPECS[key] for key in targets},
        commands=commands,
        seed=1,
        nets=ModalityHParams(image_widths=(8, 8, 16, 16)),
    )
    for weight in model.weights:  # a new gate sends every position to the same experts
        if weight.path.endswith("gate/choice"):
            weight.assign(np.random.default_rng(7).normal(size=weight.shape))
    return model


@pytest.fixture(scope="module")
def model():
    return make_model()


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def ids(batch, length, seed=0):
    return np.random.default_rng(seed).integers(2, 23, (batch, length)).astype("int32")


def run(model, source, target, inputs, sizes=None, targets=None, training=False):
    batch = {"inputs": inputs, "targets": targets, "command": np.array(0)}
    if targets is None:
        batch["targets"] = (
            np.array([1, 4, 0])[: len(inputs)] if target == CLASS else ids(len(inputs), 4, seed=9)
        )
    if sizes is not None:
        batch["inputs_size"] = np.array(sizes)
    out = model(batch, input_modality=source, target_modality=target, training=training)
    return out, model.loss(out.logits, batch["targets"], target, 0.1)


TRAINED = [
    (PICTURE, TEXT, noise(2, 40, 36, 3)),
    (PICTURE, CLASS, noise(2, 40, 36, 3)),
    (SOUND, TEXT, noise(2, 60, 16)),
    (TEXT, TEXT, ids(2, 7)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target", "inputs"), TRAINED, ids=lambda value: str(value)[:8])
def test_the_loss_for_training_is_that_of_the_logits(source, target, inputs):
    """The same noise of dropout and gates too, so every layer knows that it trains."""
    one, other = make_model(dropout=0.5), make_model(dropout=0.5)
    out, (loss, weight) = run(one, source, target, inputs, training=True)
    targets = np.array([1, 4]) if target == CLASS else ids(2, 4, seed=9)
    losses = other.training_loss(
        {"inputs": inputs, "targets": targets, "command": np.array(0)},
        input_modality=source,
        target_modality=target,
        label_smoothing=0.1,
    )
    np.testing.assert_allclose(losses.loss_sum, loss, rtol=1e-5)
    assert float(losses.weight) == float(weight)
    np.testing.assert_allclose(losses.balance_loss, out.balance_loss, rtol=1e-5)
    assert [report.name for report in losses.reports] == [report.name for report in out.reports]


ANY_SIZE = [
    *((PICTURE, (2, height, width, 3)) for height, width in ((64, 64), (96, 64), (299, 299))),
    *((SOUND, (2, seconds * 100, 16)) for seconds in (1, 15)),
    *((TEXT, (2, length)) for length in (1, 200)),
]


@pytest.mark.parametrize("target", [TEXT, CLASS])
@pytest.mark.parametrize(("source", "shape"), ANY_SIZE, ids=str)
def test_the_same_weights_take_any_size(model, source, shape, target):
    inputs = ids(*shape) if source == TEXT else noise(*shape)
    out, (loss, weight) = run(model, source, target, inputs)
    assert tuple(out.logits.shape) == ((2, 5) if target == CLASS else (2, 4, 23))
    assert float(weight) == (2 if target == CLASS else 8)
    # As if it chose at random: nothing blows up with the size.
    assert 0.3 < float(loss) / float(weight) / np.log(out.logits.shape[-1]) < 3


@pytest.mark.slow
@pytest.mark.parametrize("target", [TEXT, CLASS])
@pytest.mark.parametrize(
    ("source", "shape"), [(PICTURE, (2, 40, 36, 3)), (SOUND, (2, 60, 16)), (TEXT, (2, 7))], ids=str
)
def test_mixed_precision_stays_close_and_trains_float32_weights(model, source, shape, target):
    low = make_model(precision="mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"
    for weight, exact in zip(low.weights, model.weights, strict=True):
        assert weight.dtype == exact.dtype
        weight.assign(exact)
    inputs = ids(*shape, seed=1) if source == TEXT else noise(*shape, seed=1)
    if source != TEXT:  # numbers that bfloat16 has: of others gates may choose other experts
        inputs = tf.cast(tf.cast(inputs, tf.bfloat16), tf.float32)
    exact_out, exact_loss, exact_gradients = with_gradients(model, source, target, inputs)
    out, loss, gradients = with_gradients(low, source, target, inputs)
    assert out.logits.dtype == tf.float32
    for report, exact_report in zip(out.reports, exact_out.reports, strict=True):
        np.testing.assert_array_equal(report.load, exact_report.load)
    np.testing.assert_allclose(tf.cast(out.logits, tf.float32), exact_out.logits, atol=0.05)
    np.testing.assert_allclose(loss, exact_loss, rtol=0.01)
    assert gradients.keys() == exact_gradients.keys() and len(gradients) > 20
    for path, gradient in gradients.items():
        assert gradient.dtype == tf.float32
        assert np.isfinite(gradient).all(), path
    found, exact = (
        np.concatenate([np.ravel(gradient) for gradient in some.values()])
        for some in (gradients, exact_gradients)
    )
    assert np.linalg.norm(found - exact) < 0.3 * np.linalg.norm(exact)


def with_gradients(model, source, target, inputs):
    """The outputs, the loss of all targets, and the gradients of what it reaches, by path."""
    with tf.GradientTape() as tape:
        out, (loss, _) = run(model, source, target, inputs)
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    reached = zip(model.trainable_weights, gradients, strict=True)
    return (
        out,
        loss,
        {w.path: tf.convert_to_tensor(gradient) for w, gradient in reached if gradient is not None},
    )


def test_a_class_as_input_is_written_about(model):
    one, _ = run(model, CLASS, TEXT, np.array([1, 2]))
    other, _ = run(model, CLASS, TEXT, np.array([1, 3]))
    difference = np.abs(np.asarray(one.logits - other.logits)).max((1, 2))
    assert difference[0] < 1e-5
    assert difference[1] > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("target", [TEXT, CLASS])
def test_a_picture_in_a_batch_of_larger_ones_is_what_it_is_alone(model, target):
    sizes = [(40, 90), (64, 33), (17, 16)]
    batch = np.full((3, 80, 100, 3), 2.0, "float32")
    for row, size in enumerate(sizes):
        batch[row, : size[0], : size[1]] = noise(*size, 3, seed=row)
    together, _ = run(model, PICTURE, target, batch, sizes, targets=targets_of(target))
    for row, (height, width) in enumerate(sizes):
        lone = batch[row : row + 1, :height, :width]
        alone, _ = run(model, PICTURE, target, lone, targets=targets_of(target)[row : row + 1])
        np.testing.assert_allclose(together.logits[row], alone.logits[0], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("target", [TEXT, CLASS])
def test_a_sound_in_a_batch_of_longer_ones_is_what_it_is_alone(model, target):
    lengths = (100, 37, 8)
    batch = np.full((3, 123, 16), 2.0, "float32")
    for row, length in enumerate(lengths):
        batch[row, :length] = noise(length, 16, seed=row)
    sizes = [[length] for length in lengths]
    together, _ = run(model, SOUND, target, batch, sizes, targets=targets_of(target))
    for row, length in enumerate(lengths):
        lone = batch[row : row + 1, :length]
        alone, _ = run(model, SOUND, target, lone, targets=targets_of(target)[row : row + 1])
        np.testing.assert_allclose(together.logits[row], alone.logits[0], atol=1e-4)


def targets_of(target):
    return np.array([1, 4, 0]) if target == CLASS else ids(3, 4, seed=9)


def test_a_class_does_not_go_through_mixer_and_decoder():
    model, picture = make_model(), noise(2, 64, 48, 3)
    before, _ = run(model, PICTURE, CLASS, picture)
    written, _ = run(model, PICTURE, TEXT, picture)
    for part in (model.mixer, model.decoder):
        for weight in part.trainable_weights:
            weight.assign(weight + 1.0)
    after, _ = run(model, PICTURE, CLASS, picture)
    np.testing.assert_array_equal(before.logits, after.logits)
    assert [report.name for report in after.reports] == ["encoder"]
    assert np.abs(run(model, PICTURE, TEXT, picture)[0].logits - written.logits).max() > 1e-2


def test_a_model_of_classes_has_no_decoder():
    model = make_model(inputs=(PICTURE,), targets=(CLASS,), commands=("",))
    assert model.mixer is None
    assert model.decoder is None
    assert not [weight.path for weight in model.weights if "command" in weight.path]
    out, _ = run(model, PICTURE, CLASS, noise(2, 32, 32, 3))
    assert tuple(out.logits.shape) == (2, 5)
    with pytest.raises(ValueError, match=r"has no decoder\. Received: modality='language:shared'"):
        model.decode(None, ids(2, 4), modality=TEXT, command=0)
    with pytest.raises(ValueError, match=r"has no decoder\. Received: modality='language:shared'"):
        model.start_decoding(None, modality=TEXT, command=0)


@pytest.mark.slow
def test_every_weight_gets_a_gradient():
    model = make_model()
    inputs = {
        TEXT: ids(3, 16),
        PICTURE: noise(3, 80, 80, 3),
        SOUND: noise(3, 120, 16),
        CLASS: np.array([0, 1, 2]),
    }
    with tf.GradientTape() as tape:
        total = 0.0
        for source, features in inputs.items():
            for target in (TEXT, CLASS):
                out, (loss, weight) = run(model, source, target, features, training=True)
                total = total + loss / weight + out.balance_loss
    weights = model.trainable_weights
    gradients = tape.gradient(total, [weight.value for weight in weights])
    for weight, gradient in zip(weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, weight.path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "rank", "shapes"),
    [(PICTURE, 4, [(2, 40, 33, 3), (1, 64, 80, 3)]), (SOUND, 3, [(2, 33, 16), (1, 90, 16)])],
)
def test_one_trace_serves_all_sizes(model, source, rank, shapes):
    traces = []

    @tf.function(
        input_signature=[
            tf.TensorSpec([None] * rank, tf.float32),
            tf.TensorSpec([None, None], tf.int32),
        ]
    )
    def traced(inputs, sizes):
        traces.append(1)
        batch = {"inputs": inputs, "inputs_size": sizes, "targets": tf.zeros([1], tf.int32)}
        return model(batch, input_modality=source, target_modality=CLASS).logits

    for shape in shapes:
        sizes = np.array([shape[1 : rank - 1]] * shape[0], "int32")
        expected, _ = run(model, source, CLASS, noise(*shape))
        np.testing.assert_allclose(traced(noise(*shape), sizes), expected.logits, atol=1e-4)
    assert len(traces) == 1
