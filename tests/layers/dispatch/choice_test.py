"""Which function a name stands for; and all of them on JAX."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from t2t_mm.layers.dispatch import DISPATCHES, check_dispatch, choose_dispatch

ROOT = Path(__file__).parents[3]

ON_JAX = """
import functools
import jax, jax.numpy as jnp, numpy as np
from t2t_mm.layers.dispatch import choose_dispatch, run_blocked
from t2t_mm.layers.dispatch import run_capacity, run_dense, run_tiered

for name in ("auto", "ragged"):
    assert choose_dispatch(name) is choose_dispatch(name, 17) is run_blocked
    assert choose_dispatch(name, 16) is run_dense
assert choose_dispatch("blocked", 1) is run_blocked

generator = np.random.default_rng(0)
x = generator.normal(size=(60, 6)).astype("float32")
choice = generator.normal(size=(6, 5)).astype("float32")
w_in = generator.normal(size=(5, 9, 6)).astype("float32")
w_out = generator.normal(size=(5, 9, 6)).astype("float32")
mask = generator.uniform(size=60) < 0.95
upstream = generator.normal(size=(60, 6)).astype("float32")

def gradients(run):
    @jax.jit
    @functools.partial(jax.value_and_grad, argnums=(0, 1, 2, 3))
    def loss(x, choice, w_in, w_out):  # a gate that is differentiated too, as in a model
        favour = 5.0 * (np.arange(5) == 1)  # expert 1 gets two blocks, or one beside its seats
        best, experts = jax.lax.top_k(x @ choice + favour, 3)
        gates = jax.nn.softmax(best) * mask[:, None]
        return jnp.sum(run(x, experts, gates, w_in, w_out, mask) * upstream)
    return jax.tree.leaves(loss(x, choice, w_in, w_out))

expected = gradients(run_dense)
for run in (run_blocked, run_tiered, functools.partial(run_capacity, capacity_factor=5.0)):
    for got, right in zip(gradients(run), expected, strict=True):
        np.testing.assert_allclose(got, right, atol=1e-3)
"""


def test_few_rows_are_no_matter_in_graphs_of_tensorflow():
    assert choose_dispatch("auto", 1) is choose_dispatch("auto")


def test_each_function_is_named_after_its_name():
    names = ("ragged", *DISPATCHES)
    assert [choose_dispatch(name).__name__ for name in names] == [f"run_{name}" for name in names]


@pytest.mark.parametrize("name", ["auto", "ragged"])
def test_xla_is_known_from_a_plain_graph(name, caplog):
    chosen = []

    def trace():
        chosen.append(choose_dispatch(name))
        # Inside a loop too, whose body is a graph of its own.
        tf.while_loop(
            lambda i: i < 1,
            lambda i: (chosen.append(choose_dispatch(name)), i + 1)[1:],
            (tf.constant(0),),
        )

    assert choose_dispatch(name).__name__ == "run_ragged"  # eager
    tf.function(trace, autograph=False)()
    tf.function(trace, autograph=False, jit_compile=True)()
    names = [run.__name__ for run in chosen]
    assert names == ["run_ragged"] * 2 + ["run_blocked"] * 2
    assert len(caplog.records) == (name == "ragged")


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"auto, ragged, .*, tiered\. Received: dispatch='sparse'"):
        check_dispatch("sparse")


@pytest.mark.slow
def test_jax_gives_the_same_numbers_and_gradients():
    pytest.importorskip("jax")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
    }
    subprocess.run([sys.executable, "-c", ON_JAX], env=environment, check=True, cwd=ROOT)
