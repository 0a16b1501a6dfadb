"""TensorFlow's forms are called on TensorFlow, and on another backend not even imported."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from source_modules import MODULES

from t2t_mm.layers import on_tensorflow
from t2t_mm.layers.forms import choose_form, is_on_tensorflow

ROOT = Path(__file__).parents[2]


def back_propagate_relu(upstream, rectified):
    """A plain function of a form's name."""
    return "plain", upstream, rectified


def test_on_tensorflow_the_form_of_the_same_name_is_called(monkeypatch):
    monkeypatch.setattr(on_tensorflow, "back_propagate_relu", lambda *both: ("faster", *both))
    chosen = choose_form(back_propagate_relu)
    assert chosen(1, 2) == ("faster", 1, 2)
    assert chosen.__wrapped__ is back_propagate_relu
    assert chosen.__doc__ == back_propagate_relu.__doc__


def test_elsewhere_the_plain_function_stays(monkeypatch):
    assert is_on_tensorflow()
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    assert not is_on_tensorflow()
    assert choose_form(back_propagate_relu) is back_propagate_relu


def test_a_backend_that_has_forms_of_others_only_runs_the_plain_function(monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert choose_form(back_propagate_relu) is back_propagate_relu


def test_every_form_has_a_plain_twin_that_is_decorated():
    decorated = []
    for name, path in MODULES.items():
        if name.startswith("t2t_mm.") and "@choose_form\ndef " in (
            text := path.read_text(encoding="utf-8")
        ):
            decorated += [part.partition("(")[0] for part in text.split("@choose_form\ndef ")[1:]]
    on_jax = pytest.importorskip("t2t_mm.layers.on_jax")
    assert sorted(decorated) == sorted({*on_tensorflow.__all__, *on_jax.__all__})


ON_JAX = """
import sys
import t2t_mm.layers.dispatch.choice, t2t_mm.layers.batch_norm, t2t_mm.layers.products
assert not {name for name in sys.modules if name.startswith("t2t_mm.layers.on_tensorflow")}
"""


@pytest.mark.slow
def test_on_jax_no_form_is_imported():
    pytest.importorskip("jax")
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
    }
    subprocess.run([sys.executable, "-c", ON_JAX], env=environment, check=True, cwd=ROOT)
