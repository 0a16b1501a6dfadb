"""Beam search: the most probable outputs among those that begin like the best ones.

Axis letters: B inputs, K hypotheses of each, N = B * K rows, T positions, V symbols.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID
from t2t_mm.layers.caching import double_room, take_rows, write_position
from t2t_mm.layers.lineage import Lineage, add_themselves, trace_lineage
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.search.constraint import Constraint
from t2t_mm.search.search import Search
from t2t_mm.search.search_state import Hypotheses, SearchState

Tensor = Any
NEVER = float("-inf")


class Beams(NamedTuple):
    """What a beam search remembers: hypotheses that go on, and the best of those that ended.

    Attributes:
        log_probabilities: float32[1, N], of each row's symbols so far.
        writers: int32[T, N], see `trace_lineage`.
        ended: int32[T, N], the outputs that ended, of each input the best first.
        ended_scores: float32[1, N], their scores; minus infinity where there is none.
        ended_log_probabilities: float32[1, N].
    """

    log_probabilities: Tensor
    writers: Tensor
    ended: Tensor
    ended_scores: Tensor
    ended_log_probabilities: Tensor


class BeamSearch(Search):
    """Keeps the K most probable beginnings of an output and returns the K best outputs.

    At each step the 2 K most probable continuations of an input's hypotheses are looked at. Those
    of the first K that write EOS have ended, the first K others go on. An output of n symbols, EOS
    included, is scored by its log-probability over ((5 + n) / 6) ** alpha, so that long ones have
    a chance. An input is finished when none of its hypotheses could still come among the outputs
    that are wanted: a search in which that is not found out earlier ends at the limit, where
    hypotheses count without an EOS; so does one for which a constraint allows nothing more.

    Args:
        model: See `Search`.
        input_modality: See `Search`.
        target_modality: See `Search`.
        beam_size: K.
        alpha: Of the length penalty, at least 0; with 0 there is none.
        num_wanted: How many outputs of an input have to be the best ones; K by default. Of the
            others that are returned there may be better ones.
        constraint: See `Search`.

    Source: Wu et al. 2016, "Google's Neural Machine Translation System" (arXiv:1609.08144),
        equation 14, without its coverage penalty.
    """

    def __init__(
        self,
        model: MultiModel,
        input_modality: str,
        target_modality: str,
        beam_size: int,
        alpha: float = 0.6,
        num_wanted: int | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        super().__init__(model, input_modality, target_modality, beam_size, constraint)
        self.num_sharing = beam_size
        self.alpha = alpha
        self.num_wanted = num_wanted or beam_size

    def _start_method(self, state: SearchState) -> Beams:
        is_first = ops.arange(ops.shape(state.limits)[0]) % self.num_hypotheses == 0
        is_going = ops.logical_and(is_first, ops.logical_not(state.is_finished))
        none = ops.full_like(ops.cast(state.limits, "float32")[None], NEVER)
        going = ops.where(is_going[None], 0.0, none)
        return Beams(going, state.ids, state.ids, ended_scores=none, ended_log_probabilities=none)

    def _grow_method(self, method: Any) -> Any:
        writers, ended = double_room(method.writers), double_room(method.ended)
        return method._replace(writers=writers, ended=ended)

    def _find_lineage(self, state: SearchState) -> Lineage | None:
        if self.num_hypotheses == 1:
            return None
        return trace_lineage(state.method.writers, state.position, self.num_hypotheses)

    def _advance(self, state: SearchState, logits: Tensor) -> SearchState:
        beams, count, length = state.method, self.num_hypotheses, state.position + 1
        log_probabilities, rows, symbols = self._find_candidates(state, logits)
        is_limit = length >= self._group(state.limits)[:, :1]
        has_ended = ops.logical_or(is_limit, symbols == EOS_ID)
        has_ended = ops.logical_or(has_ended, symbols == PAD_ID)  # nothing else was allowed
        beams = self._keep_ended(state, log_probabilities, rows, symbols, has_ended)
        going, chosen = ops.top_k(ops.where(has_ended, NEVER, log_probabilities), count)
        rows, symbols = (ops.take_along_axis(x, chosen, axis=1) for x in (rows, symbols))
        # No output of an input can come to more than its best hypothesis by the limit.
        highest = self._score(going[:, :1], self._group(state.limits)[:, :1])
        last_wanted = self._group(beams.ended_scores[0])[:, self.num_wanted - 1 :][:, :1]
        is_finished = ops.logical_or(is_limit, last_wanted >= highest)
        if count == 1:  # the most probable symbol at every step: none is written after the end
            is_finished = ops.logical_or(is_finished, last_wanted > NEVER)
        going = ops.where(is_finished, NEVER, going)
        is_finished = ops.repeat(is_finished[:, 0], count)
        rows, symbols = (ops.reshape(x, (-1,)) for x in (rows, symbols))
        symbols = ops.where(is_finished, PAD_ID, symbols)
        writers = add_themselves(beams.writers, state.position, count)
        if self.constraint:
            memory = self.constraint.advance(take_rows(state.constraint, rows), symbols)
            state = state._replace(constraint=memory)
        return state._replace(
            ids=write_position(ops.take(state.ids, rows, axis=1), state.position, symbols),
            position=length,
            previous=symbols,
            is_finished=ops.logical_or(state.is_finished, is_finished),
            method=beams._replace(
                log_probabilities=ops.reshape(going, (1, -1)),
                writers=ops.take(writers, rows, axis=1),
            ),
        )

    def _find_candidates(self, state: SearchState, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find the 2 K most probable continuations of each input, the best first.

        Returns:
            float32[B, 2 K], their log-probabilities; int32[B, 2 K], which row each continues; and
            int32[B, 2 K], by which symbol.
        """
        count = 2 * self.num_hypotheses
        logits = ops.cast(logits, "float32")
        normalizer = ops.logsumexp(logits, axis=-1, keepdims=True)
        count_each = min(count, logits.shape[-1])
        best, symbols = ops.top_k(self._forbid(state, logits), count_each)
        best = best - normalizer
        if self.constraint:  # where nothing is allowed, padding costs nothing
            is_padding = ops.logical_and(best[:, :1] == NEVER, ops.arange(count_each) == 0)
            best, symbols = ops.where(is_padding, 0.0, best), ops.where(is_padding, PAD_ID, symbols)
        best = best + ops.expand_dims(state.method.log_probabilities[0], 1)
        best, symbols = (
            ops.reshape(x, (-1, self.num_hypotheses * count_each)) for x in (best, symbols)
        )
        best, chosen = ops.top_k(best, count)
        symbols = ops.take_along_axis(symbols, chosen, axis=1)
        first_rows = self.num_hypotheses * ops.arange(ops.shape(best)[0], dtype="int32")
        rows = ops.cast(chosen // count_each, "int32") + first_rows[:, None]
        return best, rows, ops.cast(symbols, "int32")

    def _keep_ended(
        self,
        state: SearchState,
        log_probabilities: Tensor,
        rows: Tensor,
        symbols: Tensor,
        has_ended: Tensor,
    ) -> Beams:
        """Keep the K best of the outputs that ended before and of the candidates that end here."""
        beams: Beams = state.method
        count = self.num_hypotheses
        is_near = ops.arange(2 * count) < count
        num_written = state.position + ops.cast(symbols != PAD_ID, "int32")
        scores = self._score(log_probabilities, num_written)
        scores = ops.where(ops.logical_and(has_ended, is_near), scores, NEVER)
        flat_rows, flat_symbols = (ops.reshape(x, (-1,)) for x in (rows, symbols))
        written = ops.take(state.ids, flat_rows, axis=1)
        written = write_position(written, state.position, flat_symbols)
        written = ops.reshape(written, (ops.shape(written)[0], -1, 2 * count))

        def join(ended: Tensor, ending: Tensor) -> Tensor:
            return ops.concatenate([self._group(ended), ending], axis=-1)

        scores, chosen = ops.top_k(join(beams.ended_scores[0], scores), count)
        ended = ops.take_along_axis(join(beams.ended, written), chosen[None], axis=2)
        totals = join(beams.ended_log_probabilities[0], log_probabilities)
        totals = ops.take_along_axis(totals, chosen, axis=1)
        return beams._replace(
            ended=ops.reshape(ended, (ops.shape(ended)[0], -1)),
            ended_scores=ops.reshape(scores, (1, -1)),
            ended_log_probabilities=ops.reshape(totals, (1, -1)),
        )

    def _score(self, log_probability: Tensor, length: Tensor) -> Tensor:
        penalty = ((5.0 + ops.cast(length, "float32")) / 6.0) ** self.alpha
        return log_probability / penalty

    def _group(self, values: Tensor) -> Tensor:
        """Turn [..., N] into [..., B, K]."""
        return ops.reshape(values, (*ops.shape(values)[:-1], -1, self.num_hypotheses))

    def _read(self, state: SearchState) -> Hypotheses:
        """Return the outputs that ended, the best first."""
        beams = state.method
        ids = np.array(beams.ended).T[:, : int(state.position)]
        scores, log_probabilities = (
            np.array(x).reshape(-1, self.num_hypotheses)
            for x in (beams.ended_scores, beams.ended_log_probabilities)
        )
        ids = ids.reshape(*scores.shape, ids.shape[1])
        return Hypotheses(ids, np.where(np.isfinite(scores), log_probabilities, NEVER), scores)
