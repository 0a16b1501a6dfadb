"""What a large model will take where there is no accelerator, said before the first step."""

from __future__ import annotations

import keras

from t2t_mm.training.progress import format_time_left

LARGE = 50_000_000
"""Parameters from which on a CPU is told to be slow; the sets for a CPU have a tenth of them."""

_NANOSECONDS_EACH = 5.5
_BYTES_EACH = 16


def count_state_bytes(num_parameters: int) -> int:
    """Count the bytes of a model's weights, gradients and two moments each, all float32.

    Example:
        >>> count_state_bytes(10)
        160
    """
    return num_parameters * _BYTES_EACH


def describe_cost(num_parameters: int, steps: int) -> str:
    """Describe what steps of a model will take on a CPU; "" for a small one or an accelerator.

    Args:
        num_parameters: Of the model.
        steps: That are left.

    Source: 909 ms a step for `multimodel_base`, 164 million parameters, with 2,048 positions on two
    cores; see docs/performance.md.
    """
    has_accelerator = any(not one.startswith("cpu") for one in keras.distribution.list_devices())
    if num_parameters < LARGE or has_accelerator:
        return ""
    seconds = num_parameters * _NANOSECONDS_EACH * 1e-9
    left = format_time_left(seconds * steps).removesuffix(" left")
    return (
        f"WARNING: {num_parameters:,} parameters and no GPU. On two cores expect {seconds:.1f} s a "
        f"step of 2,048 tokens, {left} for {steps:,} steps, and "
        f"{count_state_bytes(num_parameters) / 2**30:.0f} GiB of memory. For a CPU there are "
        "--hparams_set=multimodel_tiny (first results within an hour) and multimodel_small."
    )
