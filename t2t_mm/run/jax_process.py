"""A process on JAX: its device, which TensorFlow leaves alone, and where its programs are kept."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.run.keras_backend import check_loaded_backend

NO_CACHE = "none"
_LEAST_SECONDS = 0.1
"""What compiles faster is not kept: hundreds of single operations."""
_chosen: list[Path | None] = []
"""Where this process keeps its programs, once that is chosen."""


def prepare_jax(compile_cache: str = "", apart_from: Iterable[Path] = ()) -> Path | None:
    """Start JAX, keep TensorFlow off its devices, and keep compiled programs for later processes.

    Args:
        compile_cache: Folder of the programs; "none" for nowhere; empty: the folder that the
            user's own program has set in JAX, else as chosen before in this process, else what
            JAX_COMPILATION_CACHE_DIR says, else `t2t_mm/jax` in the user's own cache folder.
        apart_from: Folders of runs and data: programs are of one machine and not to be moved.

    Returns:
        Where they are kept.

    Raises:
        UserError: A device was asked for that is not there, TensorFlow has taken it, programs
            cannot be kept, or Keras is on a third backend.
    """
    check_loaded_backend()
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    if importlib.util.find_spec("tensorflow"):
        import tensorflow as tf

        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError as error:  # only where there is one
            raise UserError(
                "TensorFlow has started with the GPU, which JAX is to have alone",
                fix="Begin a new process, and load or train before TensorFlow computes anything.",
            ) from error
    users_own = None if compile_cache else _find_users_own()
    if not users_own and (compile_cache or not _chosen):
        _chosen[:] = [find_cache_folder(compile_cache, apart_from)]
        folder = str(_chosen[0]) if _chosen[0] else None
        jax.config.update("jax_compilation_cache_dir", folder)  # type: ignore[no-untyped-call]
        jax.config.update(  # type: ignore[no-untyped-call]
            "jax_persistent_cache_min_compile_time_secs", _LEAST_SECONDS
        )
        compilation_cache.reset_cache()  # or it stays with a folder that it has opened
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # 0.10.2 asserts that there is any
        raise UserError(
            ": ".join(["JAX finds no device", *str(error).splitlines()[:1]]),
            received={"JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "")},
            fix="Leave JAX_PLATFORMS unset, or install what it names: pip install "
            "'t2t_mm[cuda12]' or 't2t_mm[cuda13]', by the driver that nvidia-smi shows.",
        ) from error
    return users_own or _chosen[0]


def _find_users_own() -> Path | None:
    """Return the folder that was set in JAX neither by us nor by JAX's own variable."""
    import jax

    folder = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    ours = [os.environ.get("JAX_COMPILATION_CACHE_DIR", ""), *map(str, _chosen)]
    return Path(folder) if folder and folder not in ours else None


def find_cache_folder(asked: str, apart_from: Iterable[Path] = ()) -> Path | None:
    """Find the folder of compiled programs, and make it; `None` where nothing is kept.

    Args:
        asked: See `prepare_jax`.
        apart_from: See `prepare_jax`.

    Raises:
        UserError: It lies in one of the folders that it is to be apart from; or it was asked for
            and cannot be made.
    """
    if asked == NO_CACHE:
        return None
    named = asked or os.environ.get("JAX_COMPILATION_CACHE_DIR", "")
    user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    try:
        folder = Path(named or user / "t2t_mm" / "jax").expanduser().absolute()
    except RuntimeError as error:  # no home folder is known
        if not named:
            return None
        raise UserError(
            f"Compiled programs cannot be kept: {error}", received={"compile_cache": named}
        ) from error
    for other in apart_from:
        if folder.resolve().is_relative_to(other.resolve()):
            raise UserError(
                "Compiled programs are not kept in the folder of a run or of data",
                received={"compile_cache": str(folder), "folder": str(other)},
                fix="Name another folder, or --compile_cache=none.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if named:
            raise UserError(
                f"Compiled programs cannot be kept: {error}",
                received={"compile_cache": named},
                fix="Name another folder, or --compile_cache=none.",
            ) from error
        return None
    return folder


def choose_compiler_options(deterministic: bool = False) -> dict[str, Any]:
    """Choose what `jax.jit` is to tell XLA of a program that trains.

    A GPU starts a program's kernels as a few recorded graphs, loops and branches within: the host
    would start each of thousands by itself, and wait at each turn of a loop for what was decided.

    Args:
        deterministic: Whether equal runs are to give equal bits on a GPU, too.
    """
    import jax

    if jax.default_backend() != "gpu":
        return {}
    recorded = "FUSION,CUBLAS,CUBLASLT,CUDNN,CUSTOM_CALL,DYNAMIC_SLICE_FUSION,WHILE,CONDITIONAL"
    options: dict[str, Any] = {"xla_gpu_enable_command_buffer": recorded}
    return options | ({"xla_gpu_deterministic_ops": True} if deterministic else {})


def describe_jax_device() -> str:
    """Say what a process on JAX computes on."""
    import jax

    device = jax.devices()[0]
    if device.platform == "cpu":
        return f"on the CPU, for JAX {jax.__version__} sees no GPU"
    return f"on {device}, {device.device_kind} (JAX {jax.__version__})"
