"""Sampling: outputs drawn as the model finds them probable.

Axis letters: B inputs, K samples of each, N = B * K rows, T positions, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from t2t_mm.layers.caching import FIRST_ROOM
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.search.constraint import Constraint
from t2t_mm.search.search import Search
from t2t_mm.search.search_state import Hypotheses, SearchState

Tensor = Any


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """Which symbols are drawn, and how often.

    Args:
        temperature: Logits are divided by it: below 1 what is probable becomes more so.
        top_k: Only so many most probable symbols are drawn from; 0 for all.
        top_p: Only the fewest most probable symbols that have this probability together are.

    Source: Fan et al. 2018, "Hierarchical Neural Story Generation" (arXiv:1805.04833), for top-k;
        Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration" (arXiv:1904.09751),
        for top-p.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


class Draws(NamedTuple):
    """What sampling remembers.

    Attributes:
        noise: float32[T, N], one number in [0, 1) for each symbol.
        log_probabilities: float32[1, N], of each row's symbols so far.
    """

    noise: Tensor
    log_probabilities: Tensor


class Sampling(Search):
    """Draws each symbol by its probability, K times for each input.

    The noise of a sample depends on the seed, on the input's place and on the sample's number
    alone: not on the batch it is in, nor on the backend.

    Args:
        model: See `Search`.
        input_modality: See `Search`.
        target_modality: See `Search`.
        num_samples: K.
        options: Of the drawing.
        constraint: See `Search`.
    """

    def __init__(
        self,
        model: MultiModel,
        input_modality: str,
        target_modality: str,
        num_samples: int = 1,
        options: SamplingOptions | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        super().__init__(model, input_modality, target_modality, num_samples, constraint)
        self.options = options or SamplingOptions()

    def _start_method(self, state: SearchState) -> Draws:
        zeros = ops.zeros_like(ops.cast(state.ids, "float32"))
        return Draws(zeros, ops.zeros_like(ops.cast(state.limits, "float32"))[None])

    def _prepare(self, state: SearchState, places: np.ndarray[Any, Any], seed: int) -> SearchState:
        """Draw the noise of all positions up to the end of the next part."""
        length = max(2 * len(state.ids), FIRST_ROOM)
        rows = [
            np.random.default_rng([seed, int(place), number]).random(length, np.float32)
            for place in places
            for number in range(self.num_hypotheses)
        ]
        return state._replace(method=state.method._replace(noise=np.stack(rows, axis=1)))

    def _advance(self, state: SearchState, logits: Tensor) -> SearchState:
        logits = ops.cast(logits, "float32")
        noise = ops.take(state.method.noise, state.position, axis=0)
        scaled = self._forbid(state, logits) / self.options.temperature
        chosen = draw_symbols(scaled, noise, self.options.top_k, self.options.top_p)
        total = state.method.log_probabilities[0]
        gained = ops.take_along_axis(logits, chosen[:, None], axis=1)[:, 0]
        gained = gained - ops.logsumexp(logits, axis=-1)
        total = ops.where(state.is_finished, total, total + gained)
        return self._append(
            state._replace(method=state.method._replace(log_probabilities=total[None])), chosen
        )

    def _read(self, state: SearchState) -> Hypotheses:
        total = np.array(state.method.log_probabilities).reshape(-1, self.num_hypotheses)
        return super()._read(state)._replace(log_probabilities=total, scores=total)


def draw_symbols(logits: Tensor, noise: Tensor, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Draw a symbol for each row from the most probable ones.

    Args:
        logits: float32[N, V], minus infinity of what may not be drawn.
        noise: float32[N] in [0, 1): the share of the probability, of the largest first, that is
            passed over.
        top_k: See `SamplingOptions`.
        top_p: See `SamplingOptions`.

    Returns:
        int32[N].

    Example:
        >>> logits = ops.log(ops.array([[0.1, 0.6, 0.3]] * 3))
        >>> draw_symbols(logits, ops.array([0.5, 0.7, 0.95])).numpy().tolist()
        [1, 2, 0]
        >>> draw_symbols(logits, ops.array([0.5, 0.7, 0.95]), top_p=0.5).numpy().tolist()
        [1, 1, 1]
    """
    num_symbols = logits.shape[-1]
    largest, symbols = ops.top_k(logits, min(top_k or num_symbols, num_symbols))
    probabilities = ops.exp(largest - ops.logsumexp(largest, axis=-1, keepdims=True))
    passed = ops.cumsum(probabilities, axis=-1)
    is_kept = passed - probabilities < top_p  # the most probable always is
    total = ops.sum(ops.where(is_kept, probabilities, 0.0), axis=-1, keepdims=True)
    is_passed = ops.logical_and(is_kept, passed <= noise[:, None] * total)
    rank = ops.sum(ops.cast(is_passed, "int32"), axis=-1, keepdims=True)
    can_come = ops.logical_and(is_kept, probabilities > 0)
    last = ops.sum(ops.cast(can_come, "int32"), axis=-1, keepdims=True) - 1
    rank = ops.minimum(rank, ops.maximum(last, 0))  # where rounding passed over all
    return ops.cast(ops.take_along_axis(symbols, rank, axis=1)[:, 0], "int32")
