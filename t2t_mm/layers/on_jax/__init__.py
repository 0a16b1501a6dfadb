"""Faster forms for JAX, each of a function in `keras.ops` that has its name.

`t2t_mm.layers.forms.choose_form` chooses between both.
"""

from t2t_mm.layers.on_jax.float32_logits import compute_logits
from t2t_mm.layers.on_jax.heads import average_values
from t2t_mm.layers.on_jax.largest import find_largest
from t2t_mm.layers.on_jax.row_sums import sum_rows
from t2t_mm.layers.on_jax.shifted_places import (
    convolve_depthwise,
    convolve_depthwise_2d,
    weigh_taps,
)
from t2t_mm.layers.on_jax.threefry_halves import draw_levels

__all__ = [
    "average_values",
    "compute_logits",
    "convolve_depthwise",
    "convolve_depthwise_2d",
    "draw_levels",
    "find_largest",
    "sum_rows",
    "weigh_taps",
]
