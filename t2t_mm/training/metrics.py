"""Scores of decoded text, and the sums behind the teacher-forced ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def corpus_bleu(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """BLEU of detokenised `hypotheses` against one reference each.

    Returns:
        `bleu` in percent, and `bleu_signature`: sacreBLEU's own; two scores compare only under
        the same signature.

    Example:
        >>> corpus_bleu(["the red boat is small ."], ["the red boat is small ."])["bleu"]
        100.0

    Source: Post 2018, "A Call for Clarity in Reporting BLEU Scores" (sacreBLEU).
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU()
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return {"bleu": round(score, 4), "bleu_signature": str(metric.get_signature())}


# The scores of decoded text that a problem can name in `Problem.metrics`.
METRICS: dict[str, Callable[[Sequence[str], Sequence[str]], dict[str, Any]]] = {
    "bleu": corpus_bleu,
}


class TeacherForcedSums:
    """Sums over batches of what teacher-forced scores are made of."""

    def __init__(self) -> None:
        self.negative_log_likelihood = 0.0
        self.correct = 0
        self.tokens = 0
        self.correct_sequences = 0
        self.sequences = 0

    def add(
        self,
        negative_log_likelihood: float,
        predicted: npt.NDArray[np.int32],
        targets: npt.NDArray[np.int32],
    ) -> None:
        """Adds a batch.

        Args:
            negative_log_likelihood: summed over the positions that are not padding, in nats.
            predicted: int[B, T], the most probable symbol of each position.
            targets: int[B, T], padded with 0.
        """
        is_token = targets != 0
        is_right = (predicted == targets) & is_token
        self.negative_log_likelihood += negative_log_likelihood
        self.correct += int(is_right.sum())
        self.tokens += int(is_token.sum())
        self.correct_sequences += int((is_right == is_token).all(axis=1).sum())
        self.sequences += len(targets)

    def scores(self) -> dict[str, float]:
        """log perplexity in nats per token; accuracies in percent."""
        tokens, sequences = max(self.tokens, 1), max(self.sequences, 1)
        return {
            "log_perplexity": self.negative_log_likelihood / tokens,
            "accuracy": 100.0 * self.correct / tokens,
            "sequence_accuracy": 100.0 * self.correct_sequences / sequences,
            "examples": float(self.sequences),
        }
