"""A graph traced once for batches of every size."""

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.search.tracing import describe_outputs, repeat_in_graph, trace


def test_every_size_and_a_kind_of_argument_each_take_one_trace() -> None:
    traces = []

    def scale(batch: dict[str, tf.Tensor], factor: tf.Tensor) -> tf.Tensor:
        traces.append(batch["x"].shape)
        return tf.reduce_sum(batch["x"]) * factor

    example = {"x": np.ones([2, 3], np.float32)}
    graph = trace(scale, [example, tf.TensorSpec([], tf.float32)])
    assert [shape.as_list() for shape in traces] == [[None, None]]  # before any call
    for shape in ((2, 3), (5, 1), (0, 4)):
        batch = {"x": tf.ones(shape)}
        assert float(graph(batch, tf.constant(2.0))) == 2.0 * shape[0] * shape[1]
    assert len(traces) == 1


def test_rank_and_dtype_stay_those_of_the_example() -> None:
    graph = trace(lambda x: x + x, [np.array([1, 2], np.int32)])
    assert graph(tf.constant([3])).dtype == tf.int32
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32"):
        graph(tf.constant([0.5]))


def test_xla_compiles_where_it_is_asked_to() -> None:
    compiled, plain = (trace(lambda x: x * x, [tf.zeros([1])], jit) for jit in (True, False))
    assert compiled.function_def.attr["_XlaMustCompile"].b
    assert not plain.function_def.attr["_XlaMustCompile"].b
    assert compiled(tf.constant([3.0, 4.0])).numpy().tolist() == [9.0, 16.0]


def test_what_a_graph_returns_is_described_for_one_that_goes_on():
    first = trace(lambda x: {"x": x + 1.0, "rest": (tf.zeros([0, 2]), ())}, [np.ones([3, 1])])
    specs = describe_outputs(first)
    second = trace(lambda state: tf.shape(state["rest"][0]), [specs])
    assert specs["rest"][0].shape.as_list() == [None, 2]
    state = first(tf.ones([2, 5], tf.float64))
    assert second(state | {"rest": (tf.ones([7, 2]), ())}).numpy().tolist() == [7, 2]


def test_a_loop_inside_a_graph_may_grow_what_was_empty_and_only_that() -> None:
    def double(state: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        row = tf.concat([state["row"], tf.fill([1 + tf.size(state["row"])], 7)], 0)
        return {"row": row, "turns": state["turns"] + 1}

    def grow(most: tf.Tensor) -> dict[str, tf.Tensor]:
        state = {"row": tf.zeros([0], tf.int32), "turns": tf.constant(0)}
        return repeat_in_graph(double, state, lambda state: tf.size(state["row"]) < most)

    graph = trace(grow, [tf.TensorSpec([], tf.int32)])
    grown = [graph(tf.constant(most)) for most in (0, 2)]
    assert [(one["row"].numpy().tolist(), int(one["turns"])) for one in grown] == [
        ([], 0),
        ([7, 7, 7], 2),
    ]
