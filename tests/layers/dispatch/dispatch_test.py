import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.dispatch import run_dense, run_ragged

NUM_EXPERTS = 5


def problem(num_tokens=23, chosen=3, seed=0, only=None):
    generator = np.random.default_rng(seed)
    experts = np.stack(
        [generator.permutation(only or NUM_EXPERTS)[:chosen] for _ in range(num_tokens)]
    ).astype("int32")
    gates = generator.uniform(0.1, 1.0, (num_tokens, chosen)).astype("float32")
    x = generator.normal(size=(num_tokens, 6)).astype("float32")
    w_in = generator.normal(size=(NUM_EXPERTS, 9, 6)).astype("float32")
    w_out = generator.normal(size=(NUM_EXPERTS, 9, 6)).astype("float32")
    return x, experts, gates, w_in, w_out


def written_out(x, experts, gates, w_in, w_out):
    out = np.zeros_like(x)
    for token in range(len(x)):
        for expert, gate in zip(experts[token], gates[token], strict=True):
            out[token] += gate * np.maximum(x[token] @ w_in[expert].T, 0) @ w_out[expert]
    return out


@pytest.mark.parametrize("run", [run_dense, run_ragged])
@pytest.mark.parametrize("only", [None, 3])
def test_each_position_runs_through_its_experts(run, only):
    # `only` leaves two experts without a position.
    arguments = problem(only=only)
    tensors = [tf.constant(argument) for argument in arguments]
    np.testing.assert_allclose(run(*tensors), written_out(*arguments), atol=1e-4)


@pytest.mark.parametrize("with_mask", [False, True])
def test_both_ways_have_the_same_gradients(with_mask):
    x, experts, gates, w_in, w_out = problem()
    mask = (
        np.random.default_rng(1).uniform(size=len(x)) < 0.7 if with_mask else np.full(len(x), True)
    )
    weight = tf.constant(np.random.default_rng(2).normal(size=x.shape).astype("float32"))
    watched = [
        tf.constant(x),
        tf.constant(gates * mask[:, None]),
        tf.constant(w_in),
        tf.constant(w_out),
    ]

    @tf.function
    def gradients(ragged):
        with tf.GradientTape() as tape:
            tape.watch(watched)
            x, gates, w_in, w_out = watched
            w_in, w_out = tf.unstack(w_in), tf.unstack(w_out)
            if ragged:
                out = run_ragged(x, experts, gates, w_in, w_out, mask if with_mask else None)
            else:
                out = run_dense(x, experts, gates, w_in, w_out)
            total = tf.reduce_sum(out * weight)
        return tape.gradient(total, watched)

    dense, ragged = gradients(False), gradients(True)
    for name, expected, got in zip(("x", "gates", "w_in", "w_out"), dense, ragged, strict=True):
        if name == "gates":  # a padded position reaches no expert, so its gates have no gradient
            expected, got = expected[mask], got[mask]
        np.testing.assert_allclose(got, expected, atol=1e-3, err_msg=name)


def test_the_custom_gradients_equal_differences():
    x, experts, *rest = problem(7)
    x, gates, w_in, w_out = (tf.constant(argument, tf.float64) for argument in (x, *rest))
    analytic, numeric = tf.test.compute_gradient(
        lambda x, gates: run_ragged(x, experts, gates, w_in, w_out), [x, gates], delta=1e-6
    )
    for a, n in zip(analytic, numeric, strict=True):
        np.testing.assert_allclose(a, n, atol=1e-6)


def test_padded_positions_get_zero_even_if_all_are_padded():
    x, experts, gates, w_in, w_out = (tf.constant(argument) for argument in problem())
    out = run_ragged(x, experts, gates, w_in, w_out, tf.zeros(23, tf.bool))
    np.testing.assert_array_equal(out, np.zeros((23, 6)))


@pytest.mark.parametrize("run", [run_dense, run_ragged])
def test_a_slot_of_no_expert_is_run_by_none(run):
    x, experts, gates, w_in, w_out = problem()
    fewer = experts.copy()
    fewer[3:, 1] = NUM_EXPERTS
    closed = np.where(fewer == NUM_EXPERTS, 0.0, gates).astype("float32")
    out = run(*(tf.constant(argument) for argument in (x, fewer, gates, w_in, w_out)))
    np.testing.assert_allclose(out, written_out(x, experts, closed, w_in, w_out), atol=1e-4)


def test_ragged_gradients_of_positions_gather_only():
    x, experts, gates, w_in, w_out = (tf.constant(argument) for argument in problem())

    @tf.function
    def gradient(x, gates):
        with tf.GradientTape() as tape:
            tape.watch([x, gates])
            out = run_ragged(x, experts, gates, tf.unstack(w_in), tf.unstack(w_out))
            total = tf.reduce_sum(out)
        return tape.gradient(total, [x, gates])

    operations = {
        node.op for node in gradient.get_concrete_function(x, gates).graph.as_graph_def().node
    }
    assert "GatherV2" in operations
    assert not {name for name in operations if "Scatter" in name or "SegmentSum" in name}
