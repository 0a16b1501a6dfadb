import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
jax = pytest.importorskip("jax")
jnp = jax.numpy

from benchmarks.operations_on_jax import count_operations  # noqa: E402


def test_products_count_whatever_is_batched():
    a, b = jnp.ones([5, 2, 3]), jnp.ones([5, 3, 4])
    assert count_operations(jnp.matmul, a, b) == 2 * 5 * 2 * 3 * 4
    assert count_operations(lambda a: jnp.tanh(a) + 1.0, a) == 0


@pytest.mark.parametrize(("channels", "groups"), [(3, 1), (6, 6)])
def test_a_convolution_costs_three_times_as_much_with_both_gradients(channels, groups):
    x, kernel = jnp.ones([2, 8, 8, channels]), jnp.ones([3, 3, channels // groups, 6])

    def convolve(x, kernel):
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (1, 1),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=groups,
        )

    forward = 2 * (2 * 8 * 8 * 6) * (3 * 3 * channels // groups)
    assert count_operations(convolve, x, kernel) == forward
    both = jax.grad(lambda x, kernel: (convolve(x, kernel) ** 2).sum(), argnums=(0, 1))
    assert count_operations(both, x, kernel) == 3 * forward


def test_repeats_of_known_number_count_and_the_dearest_branch():
    x = jnp.ones([4, 4])
    repeated = lambda x: jax.lax.scan(lambda x, _: (x @ x, None), x, length=7)  # noqa: E731
    assert count_operations(repeated, x) == 7 * 2 * 4**3
    either = lambda x: jax.lax.cond(x.sum() > 0, lambda x: x @ x, lambda x: x, x)  # noqa: E731
    assert count_operations(either, x) == 2 * 4**3


COUNT = """
import json, sys
sys.path.insert(0, "benchmarks")
from dataclasses import replace
from step_cases import CASES
case = replace(CASES["text tiny"], batch_size=4)
settings = "model.encoder_blocks=1,model.mixer_blocks=1,model.decoder_blocks=1"
"""
ON_JAX = """
from step_on_jax import Step
print(json.dumps(Step(case, settings, lambda _: None).count_operations()))
"""
ON_TENSORFLOW = """
from t2t_mm.training.on_tensorflow.operations import count_operations
from step_cases import build_step_and_task, draw_batch
step, task = build_step_and_task(case, settings)
batch = {**draw_batch(case), **task.indices()}
print(json.dumps(count_operations(
    lambda: step.backend.compute_gradients(task.signature, batch))))
"""


@pytest.mark.slow
@pytest.mark.long
def test_a_step_counts_as_on_tensorflow_where_experts_run_on_what_they_get_alone():
    counts = {}
    for backend, code in (("jax", ON_JAX), ("tensorflow", ON_TENSORFLOW)):
        counts[backend] = json.loads(
            subprocess.run(
                [sys.executable, "-c", COUNT + code],
                env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert counts["jax"] == pytest.approx(counts["tensorflow"], rel=0.01)
