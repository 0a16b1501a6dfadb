"""The ways to run the experts by name, and which of them "auto" is."""

from collections.abc import Callable
from typing import Any

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.layers.dispatch.blocked import run_blocked
from t2t_mm.layers.dispatch.capacity import run_capacity
from t2t_mm.layers.dispatch.dense import run_dense
from t2t_mm.layers.dispatch.tiered import run_tiered
from t2t_mm.layers.forms import choose_form, has_gpu

Dispatch = Callable[..., Any]

DISPATCHES: dict[str, Dispatch] = {
    "blocked": run_blocked,
    "capacity": run_capacity,
    "dense": run_dense,
    "tiered": run_tiered,
}
"""Those of every backend."""

MOST_ROWS_OF_ALL = 16
"""With no more rows every expert of a stack runs on every row where XLA compiles for a CPU.

It would copy each expert's matrices out of the stack, whether there is a row for it or not.
Measured: docs/performance.md.
"""


def check_dispatch(name: str) -> None:
    """Refuse a name that is unknown.

    Raises:
        ValueError: If `name` is not "auto", ragged or in the table.

    Example:
        >>> check_dispatch("sparse")
        Traceback (most recent call last):
        ValueError: A dispatch is one of auto, ragged, ... Received: dispatch='sparse'.
    """
    names = ("auto", "ragged", *DISPATCHES)
    if name not in names:
        raise ValueError(f"A dispatch is one of {', '.join(names)}. Received: dispatch={name!r}.")


def choose_dispatch(name: str, num_rows: int | None = None) -> Dispatch:
    """Return the function of a name.

    Args:
        name: "ragged" or of `DISPATCHES`; "auto" is tiered on a GPU, on a CPU ragged in
            TensorFlow's own graphs and elsewhere blocked, for few rows dense. Ragged is as auto
            outside of these graphs, which is told: a run trained with it goes on, and decodes,
            anywhere.
        num_rows: How many positions, where the program is for so many only.

    Example:
        >>> choose_dispatch("auto").__name__
        'run_ragged'
    """
    if name == "ragged" and not runs_plain_graphs():
        warn_once("experts by ragged dispatch run in TensorFlow's own graphs only; here as by auto")
        name = "auto"
    if name == "auto":
        name = _choose_for_device(num_rows)
    if name == "ragged":
        from t2t_mm.layers.on_tensorflow.ragged import run_ragged

        return run_ragged
    return DISPATCHES[name]


def _choose_for_device(num_rows: int | None) -> str:
    if has_gpu():
        return "tiered"
    if runs_plain_graphs():
        return "ragged"
    return "dense" if num_rows is not None and num_rows <= MOST_ROWS_OF_ALL else "blocked"


@choose_form
def runs_plain_graphs() -> bool:
    """Return whether TensorFlow itself runs the operations, not JAX, nor XLA by `jit_compile`."""
    return False
