"""What a batch holds of one example."""

import numpy as np
import tensorflow as tf

from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.example_values import choose_values, decode_examples, prepare_values
from t2t_mm.data.pipeline.stochastic import Dice
from t2t_mm.features import Audio, Categorical, Language

KINDS = choose_kinds({"inputs": Audio(), "targets": Language(alternatives=True)})
EXAMPLE = {
    "inputs": tf.constant(bytes(2 * 1600)),
    "targets": tf.constant([7, 8, 1, 9, 1]),
    "targets_text": tf.constant("a b\nc"),
}


def test_one_alternative_is_chosen_by_dice_and_the_first_without() -> None:
    assert choose_values(EXAMPLE, KINDS, None)["targets"].numpy().tolist() == [7, 8, 1]
    drawn = [
        choose_values(EXAMPLE, KINDS, Dice(1, tf.constant(place)))["targets"] for place in range(9)
    ]
    assert {tuple(one.numpy().tolist()) for one in drawn} == {(7, 8, 1), (9, 1)}
    assert choose_values(EXAMPLE, KINDS, None)["inputs"] is EXAMPLE["inputs"]


def test_what_may_be_padded_without_an_id_that_tells_has_its_size_beside() -> None:
    prepared = prepare_values(EXAMPLE, KINDS, None)
    assert prepared["inputs"].shape == (8, 80)
    np.testing.assert_array_equal(prepared["inputs_size"], [8])
    assert "targets_size" not in prepared and prepared["targets_text"] is EXAMPLE["targets_text"]


def test_examples_are_decoded_in_order_whether_or_not_by_threads() -> None:
    for inputs in (Audio(), Categorical(num_classes=3)):
        decoded = decode_examples(
            tf.data.Dataset.range(50), lambda number: number * 2, choose_kinds({"inputs": inputs})
        )
        assert list(decoded.as_numpy_iterator()) == list(range(0, 100, 2))
