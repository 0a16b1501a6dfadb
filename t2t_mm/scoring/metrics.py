"""Decoded outputs, the scores that a problem can name, and the sums of teacher-forced ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.errors import UserError


@dataclass(frozen=True)
class Decoded:
    """What a model gave for each example of a split, beside what is true; all in one order.

    Args:
        hypotheses: the best output of each example as text; the class's name for a class.
        references: all true outputs of each example, at least one.
        inputs: input texts; "" for pictures and sounds; empty where nobody needs them.
        rankings: for class targets the names of the (up to) five most probable classes, best
            first; else empty.

    Raises:
        UserError: an example has no true output.

    Example:
        >>> Decoded(["a boat"], [["a boat", "the boat"]]).references[0]
        ['a boat', 'the boat']
    """

    hypotheses: Sequence[str]
    references: Sequence[Sequence[str]]
    inputs: Sequence[str] = ()
    rankings: Sequence[Sequence[str]] = ()

    def __post_init__(self) -> None:
        assert len(self.references) == len(self.hypotheses), "one list of references each"
        assert len(self.inputs) in (0, len(self.hypotheses)), "one input each, or none"
        assert len(self.rankings) in (0, len(self.hypotheses)), "one ranking each, or none"
        for number, references in enumerate(self.references):
            if not references:
                raise UserError(
                    "An example has no true output to score against",
                    expected="at least one reference",
                    received={"example": number, "references": list(references)},
                )


Scores = dict[str, Any]


def bleu(decoded: Decoded) -> Scores:
    """BLEU of detokenised texts against one or several references.

    Returns:
        `bleu` in percent, and `bleu_signature`: sacreBLEU's own; two scores compare only under
        the same signature.

    Example:
        >>> bleu(Decoded(["the red boat is small ."], [["the red boat is small ."]]))["bleu"]
        100.0

    Source: Post 2018, "A Call for Clarity in Reporting BLEU Scores" (sacreBLEU).
    """
    from sacrebleu.metrics.bleu import BLEU

    from t2t_mm.training.captioning import reference_columns

    metric = BLEU()
    columns = reference_columns(decoded.references)
    score = metric.corpus_score(list(decoded.hypotheses), columns).score
    return {"bleu": round(score, 4), "bleu_signature": str(metric.get_signature())}


def top_k(decoded: Decoded) -> Scores:
    """See :func:`t2t_mm.training.ranking.top_k_accuracy`."""
    from t2t_mm.training.ranking import top_k_accuracy

    return top_k_accuracy(decoded.hypotheses, decoded.references, decoded.rankings)


def wer(decoded: Decoded) -> Scores:
    """See :func:`t2t_mm.training.transcription.error_rates`."""
    from t2t_mm.training.transcription import error_rates

    return error_rates(decoded.hypotheses, decoded.references)


def caption(decoded: Decoded) -> Scores:
    """See :func:`t2t_mm.training.captioning.caption_scores`."""
    from t2t_mm.training.captioning import caption_scores

    return caption_scores(decoded.hypotheses, decoded.references)


def brackets(decoded: Decoded) -> Scores:
    """See :func:`t2t_mm.training.bracketing.bracketing_scores`."""
    from t2t_mm.training.bracketing import bracketing_scores

    return bracketing_scores(decoded)


# The scores of decoded outputs that a problem can name in `Problem.metrics`.
METRICS: dict[str, Callable[[Decoded], Scores]] = {
    "bleu": bleu,
    "top_k": top_k,
    "wer": wer,
    "caption": caption,
    "brackets": brackets,
}


@dataclass(frozen=True)
class Headline:
    """The one score by which a metric is known.

    Args:
        key: its name among the scores.
        label: what a person reads.
        lower_is_better: whether 0 is perfect, as of error rates.
    """

    key: str
    label: str
    lower_is_better: bool = False


# Metric -> its headline; in the order of METRICS.
HEADLINES: dict[str, Headline] = {
    "bleu": Headline("bleu", "BLEU"),
    "top_k": Headline("top_1", "top-1"),
    "wer": Headline("wer", "WER", lower_is_better=True),
    "caption": Headline("bleu_4", "BLEU-4"),
    "brackets": Headline("f1", "F1"),
}
_LABELS = {
    "top_5": "top-5",
    "cer": "CER",
    "cider": "CIDEr",
    "well_formed": "well-formed",
    "f1_evalb": "EVALB F1",
}


def main_score(result: Mapping[str, Any]) -> Headline | None:
    """The headline of one problem's scores: that of the first metric it names.

    Args:
        result: the scores of one problem, as `evaluate` returns them.

    Returns:
        The headline, whose `key` is among the scores; None of outputs that were not decoded.

    Example:
        >>> main_score({"wer": 31.0, "cer": 12.0}).label
        'WER'
    """
    by_key = {headline.key: headline for headline in HEADLINES.values()}
    return next((by_key[key] for key in result if key in by_key), None)


def other_scores(result: Mapping[str, Any]) -> dict[str, float]:
    """The scores of one problem's decoded outputs but the main one, by what a person reads.

    Example:
        >>> other_scores({"wer": 31.0, "cer": 12.0, "samples": []})
        {'CER': 12.0}
    """
    main = main_score(result)
    labels = {headline.key: headline.label for headline in HEADLINES.values()} | _LABELS
    return {
        labels.get(key, key.replace("_", " ")): float(value)
        for key, value in result.items()
        if isinstance(value, int | float) and main is not None and key != main.key
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
        """Adds a batch; of padded symbols those that are not 0 count, of classes all.

        Args:
            negative_log_likelihood: summed over the positions that count, in nats.
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

    def scores(self) -> dict[str, float]:
        """log perplexity in nats per token (or class); accuracies in percent."""
        tokens, sequences = max(self.tokens, 1), max(self.sequences, 1)
        return {
            "log_perplexity": self.negative_log_likelihood / tokens,
            "accuracy": 100.0 * self.correct / tokens,
            "sequence_accuracy": 100.0 * self.correct_sequences / sequences,
            "examples": float(self.sequences),
        }
