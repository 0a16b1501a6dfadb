"""Every output of a split as a line of JSON beside its score; the worst and the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from t2t_mm.files.sealed_json import dump_json
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import METRICS, score_example


class OutputLines:
    """Writes outputs as they come, each as one line of JSON.

    A line has the `index` of the example, in stored order among those of the split that are not
    left out as too long, the `input` where that is a text, the `references`, the `output`, for a
    class its `probability` and the `ranking`, and the `score` of this example alone; where a
    problem names several metrics, those of the others stand under their names.

    Args:
        file: Open for writing text.
        metrics: That the problem names; without one there is no score.

    Example:
        >>> import sys
        >>> lines = OutputLines(sys.stdout, ["wer"])
        >>> lines.add(Decoded(["a cat"], [["a dog"]], ["un chien"]))
        {"index": 0, "input": "un chien", "references": ["a dog"], "output": "a cat", "score": 50.0}
    """

    def __init__(self, file: IO[str], metrics: Sequence[str]) -> None:
        self._file = file
        self._metrics = metrics
        self.num_lines = 0
        self.scores: list[float] = []
        self._probabilities: list[float] = []

    def add(self, decoded: Decoded) -> None:
        """Write the next outputs and remember their scores."""
        self._probabilities += decoded.probabilities or [0.0] * len(decoded.hypotheses)
        for one in decoded.split():
            line: dict[str, Any] = {
                "index": self.num_lines,
                "input": one.inputs[0] if any(one.inputs) else None,
                "references": list(one.references[0]),
                "output": one.hypotheses[0],
                "probability": one.probabilities[0] if one.probabilities else None,
                "ranking": list(one.rankings[0]) if one.rankings else None,
            }
            scores = list(score_example(self._metrics, one).items())
            if scores:
                self.scores.append(scores[0][1])
                line |= {"score": scores[0][1], **dict(scores[1:])}
            known = {name: value for name, value in line.items() if value is not None}
            self._file.write(dump_json(known, ensure_ascii=False) + "\n")
            self.num_lines += 1

    def choose_extremes(self, most: int) -> tuple[list[int], list[int]]:
        """Return the indices of the worst and of the best examples, none twice.

        Of wrong classes the most probable are the worst, of right ones the best.

        Args:
            most: How many of either kind; of few examples at most half.

        Returns:
            The worst, the very worst first; the best, the very best first.
        """
        if not self.scores:
            return [], []
        sign = -1 if METRICS[self._metrics[0]].lower_is_better else 1

        def rate(index: int) -> tuple[float, float]:
            score, sure = self.scores[index], self._probabilities[index]
            return sign * score, sure if score else -sure

        order = sorted(range(len(self.scores)), key=rate)
        count = min(most, len(order) // 2)
        return order[:count], order[::-1][:count]
