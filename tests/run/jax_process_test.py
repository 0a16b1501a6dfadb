"""What a process on JAX computes on, and that TensorFlow leaves it alone."""

import os
import subprocess
import sys

import pytest

from t2t_mm.errors import UserError
from t2t_mm.run import jax_process

jax = pytest.importorskip("jax")


def test_the_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert jax_process.describe_jax_device().startswith("on the CPU, for JAX ")

    class Card:
        platform, device_kind = "gpu", "NVIDIA H100 80GB HBM3"

        def __str__(self) -> str:
            return "cuda:0"

    monkeypatch.setattr(jax, "devices", lambda: [Card()])
    told = jax_process.describe_jax_device()
    assert told == f"on cuda:0, NVIDIA H100 80GB HBM3 (JAX {jax.__version__})"


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error() -> None:
    program = (
        "from t2t_mm.errors import UserError\n"
        "from t2t_mm.run.jax_process import prepare_jax\n"
        "try: prepare_jax()\n"
        "except UserError as error: print(error)\n"
    )
    environment = os.environ | {"JAX_PLATFORMS": "cuda", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("JAX finds no device:")
    assert "JAX_PLATFORMS='cuda'" in done.stdout and "t2t_mm[cuda12]" in done.stdout


def test_tensorflow_gets_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    asked = []
    monkeypatch.setattr(
        tf.config, "set_visible_devices", lambda devices, kind: asked.append((devices, kind))
    )
    assert jax_process.prepare_jax() == jax.devices()[0]
    assert asked == [([], "GPU")]


def test_a_failing_start_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no device\nmany lines")

    monkeypatch.setattr(jax, "devices", fail)
    with pytest.raises(UserError, match=r"^JAX finds no device: no device\. "):
        jax_process.prepare_jax()
