import numpy as np
import pytest
from small_model import TEXT, ids, make_model, spread_gates

from t2t_mm.features import Categorical
from t2t_mm.model.build import ModalitySpec

CLASSES = {"categorical:5": ModalitySpec(Categorical(num_classes=5), 5)}


@pytest.fixture(scope="module")
def model():
    return spread_gates(make_model())


@pytest.fixture(scope="module")
def classifier():
    return make_model(targets=CLASSES)


def test_a_command_is_found_by_name(model):
    assert [model.find_command(name) for name in ("to_german", "to_french")] == [0, 1]
    for name in ("to_latin", ""):
        with pytest.raises(ValueError, match=f"to_german, to_french. Received: name='{name}'"):
            model.find_command(name)


def test_prefix_by_prefix_equals_the_whole(model):
    inputs, targets = ids(2, 7), ids(2, 6, seed=1)
    encoded = model.encode(inputs, modality=TEXT)
    whole, _ = model.decode(encoded, targets, modality=TEXT, command=0)
    for length in range(1, 7):
        asked = np.concatenate([targets[:, : length - 1], [[0], [0]]], axis=1)
        x, _ = model.decode(encoded, asked, modality=TEXT, command=0)
        np.testing.assert_allclose(x, whole[:, :length], atol=1e-5)


def test_what_stands_in_the_last_place_is_never_read(model):
    encoded, targets = model.encode(ids(2, 7), modality=TEXT), ids(2, 6, seed=1)
    other = targets.copy()
    other[:, -1] = 0
    first, second = (
        model.decode(encoded, batch, modality=TEXT, command=1)[0] for batch in (targets, other)
    )
    np.testing.assert_array_equal(first, second)


def test_the_places_to_predict_are_the_first_and_those_after_a_real_target(model):
    encoded, targets = model.encode(ids(1, 7), modality=TEXT), ids(1, 6, seed=1)
    targets[0, 2:] = 0  # places 0, 1 and 2 ask for a prediction: two experts each
    _, (report,) = model.decode(encoded, targets, modality=TEXT, command=0)
    assert float(sum(report.load)) == 3 * 2


def test_a_command_is_all_that_the_first_step_reads(model):
    encoded = model.encode(ids(2, 7), modality=TEXT)
    cache = model.start_decoding(encoded, modality=TEXT, command=0)
    first, second = (
        model.decode_step(np.array(previous), 0, cache, modality=TEXT)[0]
        for previous in ([3, 4], [0, 5])
    )
    np.testing.assert_array_equal(first, second)
    other = model.start_decoding(encoded, modality=TEXT, command=1)
    changed, _ = model.decode_step(np.array([3, 4]), 0, other, modality=TEXT)
    assert np.abs(np.asarray(changed - first)).max(-1).min() > 1e-4


def test_without_a_decoder_nothing_is_decoded(classifier):
    encoded = classifier.encode(ids(2, 7), modality=TEXT)
    with pytest.raises(ValueError, match=r"has no decoder\. Received: modality='categorical:5'"):
        classifier.decode(encoded, ids(2, 3), modality="categorical:5", command=0)
    with pytest.raises(ValueError, match="has no decoder"):
        classifier.start_decoding(encoded, modality="categorical:5", command=0)


def test_the_variables_after_the_input_net_are_those_that_a_pair_of_nets_reaches(model, classifier):
    after = {variable.path for variable in model.list_variables_after_input(TEXT)}
    body = [part.trainable_variables for part in (model.encoder, model.mixer, model.decoder)]
    assert after == {variable.path for part in body for variable in part} | {
        f"multimodel/language_shared/{name}" for name in ("target_embedding", "softmax")
    }
    after = {v.path for v in classifier.list_variables_after_input("categorical:5")}
    head = classifier.modalities["categorical:5"].trainable_variables
    assert after == {v.path for v in [*classifier.encoder.trainable_variables, *head]}
