"""Inputs for the dispatches of experts, and their gradients in TensorFlow."""

import numpy as np
import tensorflow as tf

NUM_EXPERTS, WIDTH, EXPERT_WIDTH = 5, 6, 9


def layer_inputs(num_tokens=23, chosen=3, seed=0, in_use=NUM_EXPERTS):
    """x, experts, gates, w_in, w_out; every token goes to expert 1 first, none beyond `in_use`."""
    generator = np.random.default_rng(seed)
    experts = np.stack([generator.permutation(in_use)[:chosen] for _ in range(num_tokens)])
    for row in experts:
        row[row == 1] = row[0]
        row[0] = 1

    def normal(*shape):
        return generator.normal(size=shape).astype("float32")

    gates = generator.uniform(0.1, 1.0, (num_tokens, chosen)).astype("float32")
    w_in = [normal(EXPERT_WIDTH, WIDTH) for _ in range(NUM_EXPERTS)]
    w_out = [normal(EXPERT_WIDTH, WIDTH) for _ in range(NUM_EXPERTS)]
    return normal(num_tokens, WIDTH), experts.astype("int32"), gates, w_in, w_out


def run_one_by_one(x, experts, gates, w_in, w_out):
    """What a dispatch is to give, by two loops."""
    out = np.zeros_like(x)
    for token in range(len(x)):
        for expert, gate in zip(experts[token], gates[token], strict=True):
            out[token] += gate * np.maximum(x[token] @ w_in[expert].T, 0) @ w_out[expert]
    return out


def padding_mask(num_tokens=23):
    return np.random.default_rng(1).uniform(size=num_tokens) < 0.7


def output_and_gradients(run, inputs, mask=None, **function_options):
    """What `run` gives and the gradients of x, gates and every matrix, from one graph.

    Args:
        run: A dispatch.
        inputs: Of the layer; gates of padded positions are set to zero, as the gate does.
        mask: bool[N].
        function_options: Of `tf.function`.
    """
    x, experts, gates, w_in, w_out = inputs
    if mask is not None:
        gates = gates * mask[:, None]
    upstream = np.random.default_rng(2).normal(size=x.shape).astype("float32")

    @tf.function(autograph=False, **function_options)
    def gradients(x, experts, gates):
        watched = [x, gates, *map(tf.constant, w_in), *map(tf.constant, w_out)]
        with tf.GradientTape() as tape:
            tape.watch(watched)
            w = watched[2:]
            out = run(x, experts, watched[1], w[: len(w_in)], w[len(w_in) :], mask)
            total = tf.reduce_sum(out * upstream)
        return out, tape.gradient(total, watched)

    out, found = gradients(*map(tf.constant, (x, experts, gates)))
    if mask is not None:  # the gates of a padded position are no choice: their gradient is free
        found[1] = found[1] * mask[:, None]
    return [np.asarray(out), *map(np.asarray, found)]
