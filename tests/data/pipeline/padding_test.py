"""How much of a batch is padding, of each kind of features."""

import numpy as np
import pytest

from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.padding import describe_batch, measure_padding
from t2t_mm.features import Audio, Categorical, Feature, Image, Language

TEXT = np.array([[5, 6, 1, 0], [5, 1, 0, 0]], np.int32)


@pytest.mark.parametrize(
    ("inputs", "batch", "expected"),
    [
        (Language(), {"inputs": TEXT}, (8, 3)),
        # 40 ms a position: 12 frames are three, of which the second sound fills one and a half.
        (Audio(), {"inputs": np.ones((2, 12, 80)), "inputs_size": np.array([[12], [6]])}, (6, 1)),
        # 16 x 16 pixels a position.
        (
            Image(),
            {"inputs": np.ones((2, 32, 64, 3)), "inputs_size": np.array([[32, 64], [32, 16]])},
            (16, 6),
        ),
        (
            Image(32, 32),
            {"inputs": np.ones((2, 32, 32, 3)), "inputs_size": np.array([[32, 32]] * 2)},
            (8, 0),
        ),
    ],
)
def test_positions_of_both_sides(
    inputs: Feature, batch: dict[str, np.ndarray], expected: tuple[int, int]
) -> None:
    of_text = choose_kinds({"inputs": inputs, "targets": Language()})
    assert measure_padding(batch | {"targets": TEXT}, of_text) == (expected[0] + 8, expected[1] + 3)
    of_class = choose_kinds({"inputs": inputs, "targets": Categorical(num_classes=3)})
    classes = np.array([0, 2], np.int32)
    assert measure_padding(batch | {"targets": classes}, of_class) == (expected[0] + 2, expected[1])


def test_a_batch_in_words() -> None:
    batch = {"inputs": np.ones((2, 12, 80)), "inputs_size": np.array([[12], [6]]), "targets": TEXT}
    words = "2 examples, inputs of 12 x 80, targets of 4"
    assert describe_batch(batch) == describe_batch(batch | {"command": np.int32(3)}) == words
    assert describe_batch(dict(reversed(batch.items()))) == words  # one program, so one name
    assert describe_batch({"inputs": TEXT, "targets": np.ones(2)}) == "2 examples, inputs of 4"
