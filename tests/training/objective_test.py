"""The objective by hand, and on Keras's JAX backend: the same loss and the same gradients."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from every_pair import CLASS, PAIRS, TEXT, make_batch, make_model

from t2t_mm.training.objective import compute_objective

ROOT = Path(__file__).parents[2]
QUIET = {"dropout": 0.0, "attention_dropout": 0.0}


def test_the_objective_is_the_mean_loss_and_the_balance_loss() -> None:
    model, batch = make_model(**QUIET, use_experts=False), make_batch((TEXT, TEXT))
    objective, metrics = compute_objective(model, (TEXT, TEXT), batch, 0.1)
    losses = model.training_loss(
        batch, input_modality=TEXT, target_modality=TEXT, label_smoothing=0.1
    )
    assert float(objective) == pytest.approx(float(losses.loss_sum) / (9 + 5 + 9))
    assert float(metrics["target_tokens"]) == 9 + 5 + 9
    assert (int(metrics["examples"]), int(metrics["padded_tokens"])) == (3, 2 * 27)
    assert (float(metrics["balance_loss"]), metrics["expert_load"]) == (0.0, {})


def test_what_the_experts_did_is_measured() -> None:
    model, batch = make_model(expert_dispatch="capacity"), make_batch((TEXT, CLASS))
    objective, metrics = compute_objective(model, (TEXT, CLASS), batch, 0.0)
    assert float(objective) == pytest.approx(
        float(metrics["loss"]) + float(metrics["balance_loss"]), rel=1e-6
    )
    assert float(metrics["balance_loss"]) > 0
    assert int(sum(metrics["expert_load"]["encoder"])) == 2 * 23
    assert 0 <= float(metrics["dropped_slots_percent"]) <= 100
    assert int(metrics["padded_tokens"]) == 27 + 3


def test_a_picture_has_no_tokens() -> None:
    _, metrics = compute_objective(
        make_model(use_experts=False), ("image", CLASS), make_batch(("image", CLASS)), 0.0
    )
    assert int(metrics["padded_tokens"]) == 3


# Noise that both backends draw alike; no axis of it is long enough to repeat itself.
GRADIENTS = """
import sys
import keras
import numpy as np
from keras import ops

def draw(shape, *args, **kwargs):
    number = int(np.prod([int(size) for size in shape]))
    return ops.reshape(ops.convert_to_tensor(np.sin(np.arange(number) ** 1.5), "float32"), shape)

keras.random.normal = draw
from every_pair import PAIRS, make_batch, make_model, name_each_expert
from t2t_mm.run.named_variables import assign_arrays, name_variables
from t2t_mm.training.objective import compute_objective

model = make_model(dropout=0.0, attention_dropout=0.0, encoder_blocks=1, decoder_blocks=1)
named = name_variables(model.weights, model.row_names)
if len(sys.argv) == 3:
    with np.load(sys.argv[2]) as arrays:
        assign_arrays(named, arrays.__getitem__)
found = {name: np.asarray(weight) for name, weight in named.items()}
keras_variables = model.trainable_variables
for pair in PAIRS:
    objective, metrics, gradients = differentiate(pair, make_batch(pair))
    found["/".join([*pair, "objective"])] = np.asarray(objective)
    for name in ("loss", "balance_loss", "target_tokens", "padded_tokens"):
        found["/".join([*pair, name])] = np.asarray(metrics[name])
    for variable, gradient in zip(keras_variables, gradients, strict=True):
        for name, one in name_each_expert(model, variable.path, np.asarray(gradient)).items():
            found["/".join([*pair, "gradient", name])] = one
np.savez(sys.argv[1], **found)
"""
DIFFERENTIATE = {
    "tensorflow": """
import tensorflow as tf

def differentiate(pair, batch):
    with tf.GradientTape() as tape:
        objective, metrics = compute_objective(model, pair, batch, 0.1)
    values = [variable.value for variable in keras_variables]
    zero = tf.UnconnectedGradients.ZERO
    gradients = tape.gradient(objective, values, unconnected_gradients=zero)
    return objective, metrics, [tf.convert_to_tensor(gradient) for gradient in gradients]
""",
    "jax": """
import sys
sys.modules["tensorflow"] = None  # any import of it now fails
import jax

def differentiate(pair, batch):
    def compute(values):
        mapping = list(zip(keras_variables, values, strict=True))
        with keras.StatelessScope(mapping):
            return compute_objective(model, pair, batch, 0.1)

    values = [variable.value for variable in keras_variables]
    (objective, metrics), gradients = jax.jit(jax.value_and_grad(compute, has_aux=True))(values)
    return objective, metrics, gradients
""",
}


def run(backend: str, *files: Path) -> dict[str, np.ndarray]:
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles faster
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    program = DIFFERENTIATE[backend] + GRADIENTS
    subprocess.run(
        [sys.executable, "-c", program, *map(str, files)], env=environment, check=True, cwd=ROOT
    )
    with np.load(files[0]) as arrays:
        return dict(arrays)


@pytest.mark.slow
@pytest.mark.long
def test_loss_and_every_gradient_are_the_same_on_jax(tmp_path: Path) -> None:
    """Of every pair of nets; what is not reached has a gradient of zero on both.

    Sums of some hundred float32 terms in another order differ by about 1e-6 of the largest term;
    a dozen layers multiply that by ten or so. Each gradient is compared with its own largest
    element.
    """
    pytest.importorskip("jax")
    ours = run("tensorflow", tmp_path / "tensorflow.npz")
    theirs = run("jax", tmp_path / "jax.npz", tmp_path / "tensorflow.npz")
    assert ours.keys() == theirs.keys()
    model = make_model(encoder_blocks=1, decoder_blocks=1)
    for pair in PAIRS:
        reached = {variable.path for variable in model.list_reached_variables(*pair)}
        start = "/".join([*pair, "gradient", ""])
        moved = {
            name.removeprefix(start)
            for name, one in ours.items()
            if name.startswith(start) and one.any()
        }
        assert moved <= reached
        if pair[0] != CLASS:  # of one position attention chooses nothing
            assert len(reached - moved) < 5  # of experts that no position chose
    for name, one in ours.items():
        largest = np.abs(one).max()
        np.testing.assert_allclose(theirs[name], one, rtol=1e-4, atol=1e-4 * largest, err_msg=name)
