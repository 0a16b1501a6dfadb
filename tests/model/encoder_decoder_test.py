import numpy as np
import pytest
from small_model import HPARAMS, TEXT, ids, make_model, spread_gates

from t2t_mm.features import Categorical, Language
from t2t_mm.layers.caching import grow
from t2t_mm.model.build import ModalitySpec, build_multimodel

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


@pytest.mark.slow
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
    cache = grow(model.start_decoding(encoded, modality=TEXT, command=0))
    first, second = (
        model.decode_step(np.array(previous), 0, cache, modality=TEXT)[0]
        for previous in ([3, 4], [0, 5])
    )
    np.testing.assert_array_equal(first, second)
    other = grow(model.start_decoding(encoded, modality=TEXT, command=1))
    changed, _ = model.decode_step(np.array([3, 4]), 0, other, modality=TEXT)
    assert np.abs(np.asarray(changed - first)).max(-1).min() > 1e-4


def test_without_a_decoder_nothing_is_decoded(classifier):
    encoded = classifier.encode(ids(2, 7), modality=TEXT)
    with pytest.raises(ValueError, match=r"has no decoder\. Received: modality='categorical:5'"):
        classifier.decode(encoded, ids(2, 3), modality="categorical:5", command=0)
    with pytest.raises(ValueError, match="has no decoder"):
        classifier.start_decoding(encoded, modality="categorical:5", command=0)


def test_a_pair_of_nets_reaches_the_input_side_the_body_and_the_target_side(model, classifier):
    def paths(variables):
        return [variable.path for variable in variables]

    body = [part.trainable_variables for part in (model.encoder, model.mixer, model.decoder)]
    reached = paths(model.list_reached_variables(TEXT, TEXT))
    assert reached[0] == "multimodel/language_shared/input_embedding"  # read first
    assert sorted(reached) == sorted(
        [
            *(path for part in body for path in paths(part)),
            *(f"multimodel/language_shared/{name}" for name in ("target_embedding", "softmax")),
            "multimodel/language_shared/input_embedding",
            "multimodel/commands",
        ]
    )
    head = classifier.modalities["categorical:5"].list_target_variables(has_grid=False)
    assert paths(classifier.list_reached_variables(TEXT, "categorical:5")) == paths(
        [
            *classifier.modalities[TEXT].trainable_variables,
            *classifier.encoder.trainable_variables,
            *head,
        ]
    )


def test_rows_of_the_table_have_the_names_of_the_commands(model, classifier):
    names = ["multimodel/command.to_german", "multimodel/command.to_french"]
    assert model.row_names == {"multimodel/commands": names}
    assert classifier.row_names == {}  # nothing to tell a decoder


def test_the_commands_of_a_batch_are_marked(model):
    for command, expected in ((1, [False, True]), (np.array([0, 0]), [True, False])):
        assert np.asarray(model.mark_rows(command)).tolist() == expected
    assert np.asarray(model.mark_rows(np.array([1, 0]))).tolist() == [True, True]


def test_a_command_is_drawn_alike_whatever_others_follow_it():
    text = {TEXT: ModalitySpec(Language(), 5)}
    few, more = (
        build_multimodel(
            HPARAMS.model,
            experts=HPARAMS.experts,
            inputs=text,
            targets=text,
            commands=commands,
            seed=1,
        ).command_embeddings.numpy()
        for commands in (["a", "b"], ["a", "b", "", "c"])
    )
    np.testing.assert_array_equal(more[:2], few)
    assert not more[2].any() and more[3].any()
