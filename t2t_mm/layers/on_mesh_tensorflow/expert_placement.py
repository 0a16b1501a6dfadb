"""Where the slices of the experts are: the devices of a mesh, and what goes between them."""

from __future__ import annotations

from typing import Any

import keras

from t2t_mm.errors import UserError
from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.layers.on_mesh_tensorflow.mesh_shim import import_mesh_tensorflow
from t2t_mm.settings.mesh_shape import count_expert_slices


def prepare_expert_devices(mesh_shape: str) -> tuple[str, ...]:
    """Prepare the devices of the slices of `experts.mesh_shape`, one each.

    GPUs where there are any. Without, the CPU is split into as many logical devices as the mesh
    has slices, which TensorFlow allows only before its first operation: whatever trains or loads
    a run calls this early. Calling it again changes nothing.

    Args:
        mesh_shape: Such as `experts:4`; empty for no mesh.

    Returns:
        Such as ("CPU:0", "CPU:1", "CPU:2", "CPU:3"); empty without a mesh.

    Raises:
        UserError: There are too few devices, or Mesh TensorFlow cannot be used here.

    Example:
        >>> prepare_expert_devices(""), prepare_expert_devices("experts:1")
        ((), ('CPU:0',))
    """
    num_slices = count_expert_slices(mesh_shape)
    if not num_slices:
        return ()
    if not is_on_tensorflow():
        raise UserError(
            "Only Keras's TensorFlow backend can lay out experts on a mesh",
            received={"experts.mesh_shape": mesh_shape, "backend": keras.backend.backend()},
        )
    import tensorflow as tf

    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU" and _count_devices(kind) < num_slices:
        _split_cpu(num_slices, mesh_shape)
    if _count_devices(kind) < num_slices:
        raise _describe_too_few_devices(kind, mesh_shape)
    try:
        import_mesh_tensorflow()
    except ImportError as error:
        raise UserError(str(error)) from error
    return tuple(f"{kind}:{index}" for index in range(num_slices))


def _count_devices(kind: str) -> int:
    """Count the logical devices that there are or will be; to ask for them starts TensorFlow."""
    import tensorflow as tf

    physical: list[Any] = tf.config.list_physical_devices(kind)
    split = [tf.config.get_logical_device_configuration(device) for device in physical]
    return sum(len(parts) if parts else 1 for parts in split)


def _split_cpu(num_slices: int, mesh_shape: str) -> None:
    import tensorflow as tf

    try:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * num_slices,
        )
    except RuntimeError as error:
        raise _describe_too_few_devices("CPU", mesh_shape) from error


def _describe_too_few_devices(kind: str, mesh_shape: str) -> UserError:
    late = " (TensorFlow has run in this process, so it can no longer be split)"
    return UserError(
        f"There are not enough devices for the slices of the experts{late * (kind == 'CPU')}",
        received={"experts.mesh_shape": mesh_shape, f"{kind} devices": _count_devices(kind)},
        fix=("Start a new process, or choose" if kind == "CPU" else "Choose")
        + " another experts.mesh_shape, such as ''; checkpoints fit all of them. That of a trained "
        "run is in its hparams.json, whose `checksum` goes out with the change.",
    )
