"""Greedy search against teacher forcing, inside a graph, and of equal logits."""

import numpy as np
import pytest
import tensorflow as tf
from small_model import TEXT, ids, make_talkative_model
from tiny_run import TinyRun

from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run
from t2t_mm.search.greedy_search import GreedySearch, find_largest
from t2t_mm.search.tracing import trace


@pytest.mark.parametrize("find", [find_largest, find_largest.__wrapped__])
def test_of_equal_values_the_first_is_the_largest(find) -> None:
    values = np.array([[1.0, 3.0, 3.0], [-2.0, -2.0, -5.0]], np.float32)
    assert np.array(find(tf.constant(values))).tolist() == [1, 0]


@pytest.mark.slow
def test_every_symbol_is_the_most_probable_after_its_prefix(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    model = restore_model(run).model
    task = run.task("algorithmic_copy")
    inputs = np.array([[52, 35, 53, 1]], np.int32)
    greedy = GreedySearch(model, *task.signature)
    ids = greedy({"inputs": inputs}, command_index=task.command_index, extra_length=4).ids[:, 0]
    outputs = model(
        {"inputs": inputs, "targets": ids, "command": np.int32(task.command_index)},
        input_modality=task.signature[0],
        target_modality=task.signature[1],
        training=False,
    )
    predicted = np.argmax(outputs.logits, axis=-1)
    is_real = np.cumsum(ids == 1, axis=1) - (ids == 1) == 0
    np.testing.assert_array_equal(predicted[is_real], ids[is_real])


@pytest.mark.slow
def test_inside_one_graph_the_same_symbols_are_found_over_two_rooms() -> None:
    greedy = GreedySearch(make_talkative_model(), TEXT, TEXT)
    graph = trace(
        greedy.search_in_graph, [{"inputs": ids(1, 1)}, *[tf.TensorSpec([], tf.int32)] * 3]
    )
    batch = ids(3, 13)
    batch[1, 5:], batch[2] = 0, 0
    expected = greedy({"inputs": batch}, command_index=1, extra_length=30, problem_index=1).ids[
        :, 0
    ]
    found = graph({"inputs": tf.constant(batch)}, *map(tf.constant, (1, 30, 1)))
    np.testing.assert_array_equal(found, expected)
    assert expected.shape[1] > 32 and len(np.unique(expected)) > 5
    nothing = graph({"inputs": tf.zeros([2, 1], tf.int32)}, *map(tf.constant, (1, 30, 1)))
    assert nothing.shape == (2, 0)
