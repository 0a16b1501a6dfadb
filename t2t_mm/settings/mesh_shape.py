"""The string that says how many slices a model's experts are laid out in."""

from __future__ import annotations

from t2t_mm.errors import UserError

EXPERTS = "experts"  # the one dimension that a mesh can have


def count_expert_slices(mesh_shape: str) -> int:
    """Count the slices that `experts.mesh_shape` names.

    Args:
        mesh_shape: Mesh TensorFlow's `name:size`; the name is `experts`. Empty: no mesh.

    Returns:
        The number of slices; 0 without a mesh.

    Raises:
        UserError: The string is malformed or names another dimension.

    Example:
        >>> count_expert_slices("experts:4")
        4
    """
    if not mesh_shape.strip():
        return 0
    name, colon, size = (part.strip() for part in mesh_shape.partition(":"))
    if name != EXPERTS and name.isidentifier() and colon:
        raise UserError(
            f"Of a mesh only the experts can be laid out, so {name!r} is not a dimension of it",
            expected="experts.mesh_shape=experts:4 for four slices, or nothing",
            received={"experts.mesh_shape": mesh_shape},
        )
    if name != EXPERTS or not (size.isascii() and size.isdigit()) or int(size) < 1:
        raise UserError(
            "experts.mesh_shape is not the name and size of a dimension",
            expected="experts:4 for four slices, or nothing",
            received={"experts.mesh_shape": mesh_shape},
        )
    return int(size)


def check_compilable(mesh_shape: str, jit_compile: bool, name: str) -> None:
    """Refuse to compile by XLA, which does so for one device, what lies on several.

    Args:
        mesh_shape: Of the experts.
        jit_compile: Whether XLA is to compile.
        name: Of that setting.

    Raises:
        UserError: Both are asked for.
    """
    if jit_compile and count_expert_slices(mesh_shape) > 1:
        raise UserError(
            "XLA compiles for one device, and experts on a mesh lie on several",
            received={name: True, "experts.mesh_shape": mesh_shape},
            fix="Leave one of them out.",
        )
