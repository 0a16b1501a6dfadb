"""Greedy search against a model whose answers are known, and against teacher forcing."""

import numpy as np
import tensorflow as tf
from tiny_run import TinyRun

from t2t_mm.inference.search import GreedySearch, TopClasses
from t2t_mm.modalities.base import Positions
from t2t_mm.model.multimodel import Encoded
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run


class CountDown:
    """Says n, n - 1, ... 1 for an input that begins with n; 1 is the end of a sequence.

    The index of the problem is added to n.
    """

    def encode(
        self, inputs: tf.Tensor, *, modality: str, sizes: None, problem: tf.Tensor
    ) -> Encoded:
        x = inputs + problem  # so that an answer tells which problem it was asked
        return Encoded(Positions(x, inputs > 0), [])

    def start_decoding(
        self, encoded: Encoded, *, modality: str, command: tf.Tensor
    ) -> tuple[tf.Tensor]:
        return (encoded.positions.x[:, 0],)

    def decode_step(
        self, previous: tf.Tensor, position: tf.Tensor, cache: tuple[tf.Tensor], *, modality: str
    ) -> tuple[tf.Tensor, tuple[tf.Tensor]]:
        return tf.maximum(cache[0] - position, 0), cache

    def compute_logits(self, x: tf.Tensor, modality: str) -> tf.Tensor:
        return tf.one_hot(x, 10)

    def classify(self, encoded: Encoded, modality: str) -> tf.Tensor:
        return tf.one_hot(encoded.positions.x[:, 0], 10)


def search(inputs: list[list[int]], extra_length: int, problem: int = 0) -> list[list[int]]:
    greedy = GreedySearch(CountDown(), "", "")  # type: ignore[arg-type]
    batch = {"inputs": np.array(inputs, np.int32)}
    found = greedy(batch, command_index=0, extra_length=extra_length, problem_index=problem)
    return found.tolist()


def test_each_row_ends_at_its_own_end_of_sequence() -> None:
    assert search([[3, 1], [1, 0], [4, 1]], extra_length=9) == [
        [3, 2, 1, 0],
        [1, 0, 0, 0],
        [4, 3, 2, 1],
    ]


def test_the_limit_is_each_inputs_own_length_and_what_is_extra() -> None:
    assert search([[9, 1, 0, 0], [9, 7, 7, 1]], extra_length=1) == [
        [9, 8, 7, 0, 0],
        [9, 8, 7, 6, 5],
    ]


def test_the_model_is_told_which_problem_it_is() -> None:
    assert search([[2, 1]], extra_length=9, problem=2) == [[4, 3, 2, 1]]
    ranking = TopClasses(CountDown(), "", "", count=1)  # type: ignore[arg-type]
    batch = {"inputs": np.array([[2, 1]], np.int32)}
    assert ranking(batch, problem_index=3).tolist() == [[5]]


def test_every_symbol_is_the_most_probable_after_its_prefix(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    model = restore_model(run).model
    task = run.task("algorithmic_copy")
    inputs = np.array([[52, 35, 53, 1]], np.int32)
    greedy = GreedySearch(model, *task.signature)
    ids = greedy({"inputs": inputs}, command_index=task.command_index, extra_length=4)
    outputs = model(
        {"inputs": inputs, "targets": ids, "command": np.int32(task.command_index)},
        input_modality=task.signature[0],
        target_modality=task.signature[1],
        training=False,
    )
    predicted = np.argmax(outputs.logits, axis=-1)
    is_real = np.cumsum(ids == 1, axis=1) - (ids == 1) == 0
    np.testing.assert_array_equal(predicted[is_real], ids[is_real])
