"""What a search reads of a batch, and how the encoder is called."""

import numpy as np
import pytest

from t2t_mm.search.search_inputs import encode_inputs, select_inputs

BATCH = {
    "inputs": np.ones((3, 9), "int32"),
    "inputs_size": np.full((3, 1), 9, "int32"),
    "targets": np.ones((3, 4), "int32"),
    "inputs_text": np.array([b"a", b"b", b"c"]),
}


class Words:
    """A constraint that reads the texts."""

    def describe_inputs(self, batch):
        return {"texts": batch["inputs_text"]}


def test_targets_and_texts_are_not_read():
    assert set(select_inputs(BATCH, has_few_shapes=False)) == {"inputs", "inputs_size"}
    assert set(select_inputs({"inputs": BATCH["inputs"]}, False)) == {"inputs"}


def test_a_constraint_reads_what_it_needs():
    read = select_inputs(BATCH, False, Words())
    assert read["texts"].tolist() == [b"a", b"b", b"c"]


@pytest.mark.parametrize(("has_few_shapes", "shape"), [(False, (3, 9)), (True, (8, 16))])
def test_rows_and_lengths_are_padded_where_asked_for(has_few_shapes, shape):
    read = select_inputs(BATCH, has_few_shapes, open_axes=[1])
    assert read["inputs"].shape == shape and read["inputs_size"].shape == (shape[0], 1)


def test_the_encoder_is_told_sizes_net_and_problem():
    class Model:
        def encode(self, inputs, **told):
            return inputs.shape, told

    shape, told = encode_inputs(Model(), "audio:16", select_inputs(BATCH, False), 5)
    assert shape == (3, 9) and told["modality"] == "audio:16" and told["problem"] == 5
    np.testing.assert_array_equal(told["sizes"], BATCH["inputs_size"])
