import numpy as np
import pytest
from keras import ops

from t2t_mm import registry
from t2t_mm.features import Language
from t2t_mm.modalities.language import LanguageModality
from t2t_mm.settings import ModalityHParams

V, D = 11, 8


@pytest.fixture
def text():
    net = LanguageModality(vocabulary_size=V, width=D)
    net.build(None)
    return net


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def test_three_matrices_apart(text):
    assert {weight.path.split("/")[-1]: tuple(weight.shape) for weight in text.weights} == {
        "input_embedding": (V, D),
        "target_embedding": (V, D),
        "softmax": (V, D),
    }


def test_only_the_sides_in_use_have_weights():
    reader = LanguageModality(V, D, writes=False)
    writer = LanguageModality(V, D, reads=False)
    reader.build(None)
    writer.build(None)
    assert [weight.name for weight in reader.weights] == ["input_embedding"]
    assert [weight.name for weight in writer.weights] == ["target_embedding", "softmax"]


def test_embeddings_are_scaled_and_zero_at_padding(text):
    x, mask, grid = text.bottom(np.array([[3, 1, 0]]))
    table = np.asarray(text.input_embedding)
    np.testing.assert_allclose(x[0, :2], table[[3, 1]] * np.sqrt(D), rtol=1e-5)
    np.testing.assert_array_equal(x[0, 2], np.zeros(D))
    np.testing.assert_array_equal(mask, [[True, True, False]])
    assert grid is None
    targets = text.targets_bottom(np.array([[3]])).x
    np.testing.assert_allclose(targets[0, 0], text.target_embedding[3] * np.sqrt(D), rtol=1e-5)


@pytest.mark.parametrize("side", ["bottom", "targets_bottom"])
def test_symbol_dropout_hides_whole_pieces_in_training(side):
    text = LanguageModality(V, D, symbol_dropout=0.25)
    text.build(None)
    ids = np.full((50, 40), 3)
    ids[:, 30:] = 0
    whole, mask, _ = getattr(text, side)(ids)
    assert np.asarray(whole)[:, :30].all()
    draws = [getattr(text, side)(ids, training=True) for _ in range(2)]
    shown = [np.asarray(draw.x).any(axis=-1) for draw in draws]
    assert abs(shown[0][:, :30].mean() - 0.75) < 0.05  # five deviations
    assert (shown[0] != shown[1]).any() and not shown[0][:, 30:].any()
    np.testing.assert_array_equal(np.asarray(draws[0].x)[shown[0]], np.asarray(whole)[shown[0]])
    np.testing.assert_array_equal(draws[0].mask, mask)


def test_top_is_one_matrix_product(text):
    x = np.random.default_rng(0).normal(size=(2, 3, D)).astype("float32")
    logits = text.top(x)
    assert logits.shape == (2, 3, V)
    np.testing.assert_allclose(logits, x @ np.asarray(text.softmax).T, atol=1e-5)


def test_logits_are_float32_whatever_a_net_computes_in(text):
    x = ops.cast(np.random.default_rng(0).normal(size=(2, 3, D)), "bfloat16")
    assert text.top(x).dtype == "float32"


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_is_cross_entropy_summed_over_real_positions(text, smoothing):
    logits = np.random.default_rng(0).normal(size=(2, 3, V)).astype("float32")
    targets = np.array([[4, 1, 0], [9, 0, 0]])
    total, weight = text.loss(logits, targets, smoothing)
    expected = 0.0
    for row, column in ((0, 0), (0, 1), (1, 0)):
        wanted = np.full(V, smoothing / (V - 1))
        wanted[targets[row, column]] = 1 - smoothing
        expected -= (wanted * log_softmax(logits[row, column])).sum()
    np.testing.assert_allclose(total, expected, rtol=1e-5)
    assert float(weight) == 3.0


def test_what_is_no_number_in_the_padding_costs_nothing(text):
    logits = np.zeros((1, 2, V), "float32")
    logits[:, 1] = np.nan
    total, weight = text.loss(logits, np.array([[4, 0]]))
    np.testing.assert_allclose(total, np.log(V), rtol=1e-6)
    assert float(weight) == 1.0


def test_a_perfect_prediction_costs_nothing_without_smoothing(text):
    targets = np.array([[4, 1]])
    logits = np.full((1, 2, V), -50.0, "float32")
    logits[0, [0, 1], [4, 1]] = 50.0
    assert float(text.loss(logits, targets, 0.0)[0]) < 1e-6
    assert float(text.loss(logits, targets, 0.1)[0]) > 1.0


def test_the_feature_names_this_class():
    net_class = registry.modality(Language().modality)
    assert net_class is LanguageModality
    arguments = {"vocabulary_size": V, "nets": ModalityHParams(), "width": D}
    net = net_class.from_feature(Language(), **arguments, reads=False)
    assert (net.vocabulary_size, net.width, net.reads, net.writes) == (V, D, False, True)


def test_the_setting_reaches_the_net():
    nets = ModalityHParams(symbol_dropout=0.25)
    net = LanguageModality.from_feature(Language(), vocabulary_size=V, nets=nets, width=D)
    assert net.symbol_dropout == 0.25
