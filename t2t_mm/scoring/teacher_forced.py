"""Sums of teacher-forced scores, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass
class TeacherForcedSums:
    """Sums over batches of what teacher-forced scores are made of."""

    negative_log_likelihood: float = 0.0
    correct: int = 0
    tokens: int = 0
    correct_sequences: int = 0
    sequences: int = 0

    def add(
        self,
        negative_log_likelihood: float,
        predicted: npt.NDArray[np.int32],
        targets: npt.NDArray[np.int32],
    ) -> None:
        """Add a batch; of padded symbols those that are not 0 count, of classes all.

        Args:
            negative_log_likelihood: Summed over the positions that count, in nats.
            predicted: int, the shape of `targets`: the most probable symbol or class.
            targets: int[B, T], symbols padded with 0, or int[B], classes, of which 0 is one.
        """
        assert predicted.shape == targets.shape, "a prediction for each target"
        mask = np.ones_like(targets, bool) if targets.ndim == 1 else targets != 0
        is_right = (predicted == targets) & mask
        by_example = (is_right == mask).reshape(len(targets), -1)  # a class is a sequence of one
        self.negative_log_likelihood += negative_log_likelihood
        self.correct += int(is_right.sum())
        self.tokens += int(mask.sum())
        self.correct_sequences += int(by_example.all(axis=1).sum())
        self.sequences += len(targets)

    def compute_scores(self) -> dict[str, float]:
        """Return log perplexity in nats per token (or class), and accuracies in percent."""
        tokens, sequences = max(self.tokens, 1), max(self.sequences, 1)
        return {
            "log_perplexity": self.negative_log_likelihood / tokens,
            "accuracy": 100.0 * self.correct / tokens,
            "sequence_accuracy": 100.0 * self.correct_sequences / sequences,
            "examples": float(self.sequences),
        }
