"""What a search reads of a batch, and the encoder's output for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import Encoded
from t2t_mm.search.constraint import Constraint
from t2t_mm.search.few_shapes import pad_to_few_shapes

Tensor = Any


def select_inputs(
    batch: Mapping[str, Any],
    has_few_shapes: bool,
    constraint: Constraint | None = None,
    open_axes: Sequence[int] = (),
    rows_of_each: int = 1,
) -> dict[str, Any]:
    """Return what is read of a batch.

    Args:
        batch: As input pipelines make them.
        has_few_shapes: Whether it is padded to one of a few shapes.
        constraint: May read other entries.
        open_axes: Of the inputs, see `list_open_axes`; rows alone are padded where there are none.
        rows_of_each: Hypotheses of an input.

    Returns:
        "inputs", and "inputs_size" where the batch has it; "is_example" where rows are padded.

    Example:
        >>> import numpy as np
        >>> batch = {"inputs": np.array([[7, 1]]), "targets": np.array([[9, 1]])}
        >>> select_inputs(batch, has_few_shapes=False)
        {'inputs': array([[7, 1]])}
    """
    read = {name: batch[name] for name in ("inputs", "inputs_size") if name in batch}
    if constraint:
        read |= constraint.describe_inputs(batch)
    if has_few_shapes:
        return pad_to_few_shapes(read, {"inputs": open_axes}, rows_of_each)
    return read


def encode_inputs(
    model: MultiModel, modality: str, inputs: Mapping[str, Tensor], problem: Tensor
) -> Encoded:
    """Run the encoder on what `select_inputs` returned.

    Args:
        model: Built.
        modality: Share key of the input net.
        inputs: Arrays of a batch.
        problem: int32 scalar, the problem's place among the run's.
    """
    return model.encode(
        inputs["inputs"],
        modality=modality,
        sizes=inputs.get("inputs_size"),
        problem=problem,
        is_example=inputs.get("is_example"),
    )
