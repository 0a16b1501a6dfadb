import pytest
import tensorflow as tf

from t2t_mm.layers.dispatch import choice
from t2t_mm.layers.on_tensorflow.xla_context import runs_plain_graphs


@pytest.mark.parametrize("jit_compile", [False, True])
def test_xla_is_told_from_a_plain_graph_in_the_graphs_within_it_too(jit_compile):
    found = []

    def trace():
        found.append(runs_plain_graphs())
        tf.while_loop(
            lambda i: i < 1,
            lambda i: (found.append(runs_plain_graphs()), i + 1)[1:],
            (tf.constant(0),),
        )

    tf.function(trace, autograph=False, jit_compile=jit_compile)()
    assert found == [not jit_compile] * 2


def test_elsewhere_than_on_tensorflow_there_are_none():
    assert runs_plain_graphs() and not choice.runs_plain_graphs.__wrapped__()
