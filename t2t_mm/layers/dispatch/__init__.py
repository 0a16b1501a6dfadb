"""Ways to run the chosen experts on their positions.

Each is one function `run(x_ND, experts_NK, gates_NK, w_in, w_out, mask_N=None)`, where `w_in` and
`w_out` hold one matrix for each expert, in a list or, but for ragged, in one tensor. All give the
same numbers, except `run_capacity`, which drops slots. `run_dense` and `run_ragged` (in
`t2t_mm.layers.on_tensorflow`) take a slot whose expert is E, one behind the last, as one that no
expert runs.
"""

from t2t_mm.layers.dispatch.blocked import run_blocked
from t2t_mm.layers.dispatch.capacity import measure_dropped, run_capacity
from t2t_mm.layers.dispatch.choice import DISPATCHES, check_dispatch, choose_dispatch
from t2t_mm.layers.dispatch.dense import run_dense
from t2t_mm.layers.dispatch.tiered import run_tiered

__all__ = [
    "DISPATCHES",
    "check_dispatch",
    "choose_dispatch",
    "measure_dropped",
    "run_blocked",
    "run_capacity",
    "run_dense",
    "run_tiered",
]
