"""Ways to run the chosen experts on their positions; all give the same numbers.

Each is one function `run(x_ND, experts_NK, gates_NK, w_in, w_out, mask_N=None)`, where `w_in` and
`w_out` hold one matrix for each expert. A slot whose expert has the number of the experts, one
behind the last, is run by none of them.
"""

from t2t_mm.layers.dispatch.dense import run_dense
from t2t_mm.layers.dispatch.ragged import run_ragged

__all__ = ["run_dense", "run_ragged"]
