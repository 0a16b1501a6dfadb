"""The model on Keras's JAX backend, where TensorFlow is not installed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

BLOCK_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None  # any import of it now fails
"""

COMPILE = {
    "tensorflow": "import tensorflow\ncompile = tensorflow.function",
    "jax": "import jax\ncompile = jax.jit",
}

BUILD = """
import sys
import numpy as np
from t2t_mm.settings import ExpertHParams, ModelHParams
from t2t_mm.features import Audio, Categorical, Image, Language
from t2t_mm.layers.caching import grow
from t2t_mm.modalities.base import Positions
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.run.named_variables import assign_arrays, name_variables

text = {"language:shared": ModalitySpec(Language(), 23)}
nets = {
    **text, "image": ModalitySpec(Image()), "audio:16": ModalitySpec(Audio(num_bands=16)),
}
classes = {"categorical:5": ModalitySpec(Categorical(num_classes=5), 5)}
hparams = ModelHParams(
    width=16, num_heads=2, encoder_blocks=1, mixer_blocks=1, decoder_blocks=1
)
experts = ExpertHParams(num_experts=4, experts_per_token=2, expert_width=8)
targets = {**text, **classes}
model = build_multimodel(
    hparams, experts=experts, inputs=nets, targets=targets, commands=["a", "b"], seed=1
)
"""

RUN = """
with np.load(sys.argv[1]) as arrays:
    named = name_variables(model.weights, model.row_names)
    assert set(arrays.files) == set(named)
    assign_arrays(named, arrays.__getitem__)
inputs = np.random.default_rng(0).integers(2, 23, (3, 11)).astype("int32")
targets = np.random.default_rng(1).integers(2, 23, (3, 9)).astype("int32")
inputs[1, 5:], targets[2, 6:] = 0, 0

pictures = np.random.default_rng(3).normal(size=(2, 40, 36, 3)).astype("float32")
picture_sizes = np.array([[40, 17], [33, 36]])
sounds = np.random.default_rng(4).normal(size=(2, 50, 16)).astype("float32")
sound_sizes = np.array([[50], [21]])

def classify(features, sizes, modality):
    batch = {"inputs": features, "inputs_size": sizes, "targets": np.array([1, 2])}
    return model(batch, input_modality=modality, target_modality="categorical:5").logits

def decode_by_steps(inputs, targets):
    text = "language:shared"
    encoded = model.encode(inputs, modality=text)
    cache = grow(model.start_decoding(encoded, modality=text, command=1))
    logits, previous = [], targets[:, 0]
    for position in range(4):
        x, cache = model.decode_step(previous, position, cache, modality=text)
        logits.append(model.compute_logits(x, text))
        previous = targets[:, position]
    return logits

def forward(inputs, targets):
    outputs = model(
        {"inputs": inputs, "targets": targets, "command": np.array(1)},
        input_modality="language:shared", target_modality="language:shared", training=False,
    )
    text = "language:shared"
    loss, _ = model.loss(outputs.logits, targets, text, 0.1)
    x, _ = model.decode(model.encode(inputs, modality=text), targets, modality=text, command=1)
    loss_in_parts, _ = model.modalities[text].training_loss(Positions(x, None), targets, 0.1)
    loads = [report.load for report in outputs.reports]
    return {"logits": outputs.logits, "balance": outputs.balance_loss, "loss": loss,
            "loss_in_parts": loss_in_parts,
            "encoder_load": loads[0], "decoder_load": loads[1],
            "of_pictures": classify(pictures, picture_sizes, "image"),
            "by_steps": decode_by_steps(inputs, targets),
            "of_sounds": classify(sounds, sound_sizes, "audio:16")}

np.savez(sys.argv[2], **compile(forward)(inputs, targets))
"""

SAVE_WEIGHTS = """
generator = np.random.default_rng(2)
arrays = {}
# The gate starts at zero: give every weight something to say.
for name, weight in name_variables(model.weights, model.row_names).items():
    noise = generator.normal(0, 0.1, tuple(weight.shape)).astype("float32")
    arrays[name] = np.asarray(weight) + noise
np.savez(sys.argv[1], **arrays)
"""


def run(script: str, backend: str, *arguments: Path) -> None:
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    subprocess.run(
        [sys.executable, "-c", f"{COMPILE[backend]}\n{script}", *map(str, arguments)],
        env=environment,
        check=True,
        cwd=ROOT,
    )


@pytest.mark.slow
def test_the_model_is_imported_without_tensorflow():
    pytest.importorskip("jax")
    nets = "\n".join(
        f"import t2t_mm.modalities.{name}" for name in ("audio", "categorical", "image", "language")
    )
    run(f"{BLOCK_TENSORFLOW}import t2t_mm.model.build\n{nets}", "jax")


@pytest.mark.slow
def test_jax_gives_the_same_numbers(tmp_path):
    pytest.importorskip("jax")
    weights, ours, theirs = (tmp_path / name for name in ("weights.npz", "tf.npz", "jax.npz"))
    run(BUILD + SAVE_WEIGHTS + RUN, "tensorflow", weights, ours)
    run(BLOCK_TENSORFLOW + BUILD + RUN, "jax", weights, theirs)
    with np.load(ours) as expected, np.load(theirs) as got:
        assert np.abs(expected["logits"]).max() > 0.5
        assert set(expected.files) == set(got.files)
        for name in expected.files:
            np.testing.assert_allclose(got[name], expected[name], atol=1e-4, err_msg=name)


LOSS_IN_PARTS_WITH_JAX = """
import jax
import numpy as np
from t2t_mm.layers.cross_entropy import compute_cross_entropy, compute_projected_cross_entropy

draw = np.random.default_rng(0)
x, w, weights = (draw.normal(size=size).astype("float32") for size in ((5, 3), (7, 3), (5,)))
ids = np.array([0, 6, 3, 3, 2])

def sum_in_parts(x, w):
    return (compute_projected_cross_entropy(x, w, ids, 0.1) * weights).sum()

def sum_whole(x, w):
    return (compute_cross_entropy(x @ w.T, ids, 0.1) * weights).sum()

in_parts, whole = (jax.grad(compute, (0, 1)) for compute in (sum_in_parts, sum_whole))
for found, expected in zip(jax.jit(in_parts)(x, w), whole(x, w), strict=True):
    np.testing.assert_allclose(found, expected, atol=1e-5)
"""


@pytest.mark.slow
def test_the_gradient_of_a_loss_in_parts_is_the_same_on_jax():
    pytest.importorskip("jax")
    run(BLOCK_TENSORFLOW + LOSS_IN_PARTS_WITH_JAX, "jax")


BALANCE_WITH_JAX = """
import jax
import numpy as np
from t2t_mm.layers.experts.problem_gate import ProblemGatedExperts

block = ProblemGatedExperts(
    2, 4, 2, 8, gate_arguments={"seed": 1, "balancing": "bias", "bias_update_rate": 0.5}
)
block.build((None, None, 16))
trainable = [variable.value for variable in block.trainable_variables]
others = [variable.value for variable in block.non_trainable_variables]
bias = next(i for i, v in enumerate(block.non_trainable_variables) if v.name == "bias")
x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32")

@jax.jit
def step(trainable, others, problem):
    def loss(trainable):
        (y, routing), new = block.stateless_call(
            trainable, others, x, training=True, problem=problem
        )
        return (y ** 2).mean(), (routing.load, new)
    return jax.grad(loss, has_aux=True)(trainable)

for problem in (0, np.array([1, 0])):
    gradients, (load, new) = step(trainable, others, problem)
    moved = np.asarray(new[bias] - others[bias])
    np.testing.assert_array_equal(moved, 0.5 * np.sign(np.mean(load) - load))
    assert abs(moved).max() > 0
    assert all(abs(gradient).max() > 0 for gradient in gradients)
    others = new
"""


@pytest.mark.slow
def test_jax_moves_the_bias_of_a_gate_as_a_state_of_the_call():
    pytest.importorskip("jax")
    run(BLOCK_TENSORFLOW + BALANCE_WITH_JAX, "jax")
