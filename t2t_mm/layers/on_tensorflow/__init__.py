"""Faster forms for TensorFlow on a CPU, each of a function in `keras.ops` that has its name.

`t2t_mm.layers.forms.choose_form` chooses between both; `ragged` is chosen with the other ways to
run experts, in `t2t_mm.layers.dispatch`.
"""

from t2t_mm.layers.on_tensorflow.half_words import draw_levels
from t2t_mm.layers.on_tensorflow.in_place import (
    finish_reading,
    make_zeros,
    read_places,
    write_heads,
    write_position,
)
from t2t_mm.layers.on_tensorflow.loop_bodies import compute_before_loop
from t2t_mm.layers.on_tensorflow.normalized_rows import normalize
from t2t_mm.layers.on_tensorflow.single_operations import (
    back_propagate_relu,
    find_largest,
    scale_and_shift,
)
from t2t_mm.layers.on_tensorflow.transposed_products import (
    multiply_transposed,
    sum_outer_products,
)
from t2t_mm.layers.on_tensorflow.xla_context import runs_plain_graphs

__all__ = [
    "back_propagate_relu",
    "compute_before_loop",
    "draw_levels",
    "find_largest",
    "finish_reading",
    "make_zeros",
    "multiply_transposed",
    "normalize",
    "read_places",
    "runs_plain_graphs",
    "scale_and_shift",
    "sum_outer_products",
    "write_heads",
    "write_position",
]
