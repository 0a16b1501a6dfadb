"""A process on JAX: which device it has, and that TensorFlow, which feeds it, leaves that alone."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from t2t_mm.errors import UserError


def prepare_jax() -> Any:
    """Start JAX and return the device it computes on; keep TensorFlow off the GPUs.

    Raises:
        UserError: A device was asked for that is not there.
    """
    import jax

    if importlib.util.find_spec("tensorflow"):
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
    try:
        return jax.devices()[0]
    except (RuntimeError, AssertionError) as error:  # 0.10.2 asserts that there is any
        raise UserError(
            " ".join(["JAX finds no device:", *str(error).splitlines()[:1]]),
            received={"JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "")},
            fix="Leave JAX_PLATFORMS unset, or install what it names: pip install "
            "'t2t_mm[cuda12]' or 't2t_mm[cuda13]', by the driver that nvidia-smi shows.",
        ) from error


def describe_jax_device() -> str:
    """Say what a process on JAX computes on."""
    import jax

    device = jax.devices()[0]
    if device.platform == "cpu":
        return f"on the CPU, for JAX {jax.__version__} sees no GPU"
    return f"on {device}, {device.device_kind} (JAX {jax.__version__})"
