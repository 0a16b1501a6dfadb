"""The scores of decoded outputs that a problem can name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.scoring.bracketing import count_brackets, score_brackets
from t2t_mm.scoring.captioning import count_captions, score_caption, score_captions
from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.intervals import Intervals, Statistics, compute_intervals
from t2t_mm.scoring.ranking import compute_top_k, count_hits
from t2t_mm.scoring.transcription import compute_error_rates, count_errors
from t2t_mm.scoring.translation import bleu, chrf, count_bleu, count_chrf


@dataclasses.dataclass(frozen=True)
class Metric:
    """A way to score decoded outputs, and the one score by which it is known.

    Args:
        score: Computes its scores.
        count: Counts what these scores are computed from, example by example.
        key: Name of the one score among them.
        label: What a person reads.
        lower_is_better: Whether 0 is perfect, as of error rates.
        score_alone: Computes that one score of one example; None: as of all.
    """

    score: Callable[[Decoded], Scores]
    count: Callable[[Decoded], Statistics]
    key: str
    label: str
    lower_is_better: bool = False
    score_alone: Callable[[Decoded], Scores] | None = None


# The scores of decoded outputs that a problem can name in `Problem.metrics`.
METRICS: dict[str, Metric] = {
    "bleu": Metric(bleu, count_bleu, "bleu", "BLEU", score_alone=partial(bleu, of_sentence=True)),
    "chrf": Metric(chrf, count_chrf, "chrf", "chrF"),
    "top_k": Metric(compute_top_k, count_hits, "top_1", "top-1"),
    "wer": Metric(compute_error_rates, count_errors, "wer", "WER", lower_is_better=True),
    "caption": Metric(
        score_captions, count_captions, "bleu_4", "BLEU-4", score_alone=score_caption
    ),
    "brackets": Metric(score_brackets, count_brackets, "f1", "F1"),
}
_BY_KEY = {metric.key: metric for metric in METRICS.values()}
_LABELS = {
    "top_5": "top-5",
    "empty": "empty outputs",
    "cer": "CER",
    "cider": "CIDEr",
    "well_formed": "well-formed",
    "f1_evalb": "EVALB F1",
    **{key: metric.label for key, metric in _BY_KEY.items()},
}


def check_metrics(problem: str, metrics: Iterable[str]) -> None:
    """Check the metrics that a problem names.

    Raises:
        UserError: One of them is not there, or they are a text and no tuple.
    """
    if isinstance(metrics, str):
        raise UserError(
            f"The metrics of problem {problem} are a text",
            expected=f"a tuple, as ({metrics!r},)",
            received={"metrics": metrics},
        )
    for name in metrics:
        if name not in METRICS:
            raise UserError(
                f"Problem {problem} names the unknown metric {name!r}."
                f"{suggest_closest(name, METRICS)}",
                expected=", ".join(METRICS),
            )


def score_decoded(
    metrics: Iterable[str], decoded: Decoded, shuffled_inputs: bool = False
) -> Scores:
    """Score decoded outputs by the metrics that their problem names.

    Args:
        metrics: Keys of `METRICS`.
        decoded: The outputs, and what they are compared with.
        shuffled_inputs: Also score each output against the references of the example before it.

    Returns:
        Scores in percent and signatures; under `shuffled_inputs` those of the second kind, which
        one example alone does not have: it would be scored against itself.

    Example:
        >>> decoded = Decoded(["a b c d", "e f g h"], [["a b c d"], ["e f g h"]])
        >>> score_decoded(["bleu"], decoded)["bleu"]
        100.0
    """
    scores: Scores = {}
    for name in metrics:
        scores |= METRICS[name].score(decoded)
    if shuffled_inputs and len(decoded.hypotheses) > 1:
        scores["shuffled_inputs"] = score_decoded(metrics, _rotate_outputs(decoded))
    return scores


def find_intervals(metrics: Iterable[str], decoded: Decoded) -> Intervals:
    """Find the 95% interval of each score of the metrics that the problem names.

    Args:
        metrics: Keys of `METRICS`.
        decoded: What is scored; of fewer than two examples there are no intervals.

    Returns:
        By score [low, high], as from `compute_intervals`.

    Example:
        >>> find_intervals(["wer"], Decoded(["a b", "c d"], [["a x"], ["c x"]]))["wer"]
        [50.0, 50.0]
    """
    if len(decoded.hypotheses) < 2:
        return {}
    found = [compute_intervals(METRICS[name].count(decoded)) for name in metrics]
    return {name: interval for intervals in found for name, interval in intervals.items()}


def score_example(metrics: Iterable[str], example: Decoded) -> dict[str, float]:
    """Score one example alone by the main score of each metric that its problem names.

    Args:
        metrics: Keys of `METRICS`.
        example: Of one output.

    Returns:
        By the scores' names. The mean over examples is not the score of all where that counts
        words or brackets: BLEU, WER, F1.

    Example:
        >>> score_example(["wer"], Decoded(["the red boat"], [["the red boats"]]))
        {'wer': 33.3333}
    """
    named = [METRICS[name] for name in metrics]
    return {one.key: (one.score_alone or one.score)(example)[one.key] for one in named}


def _rotate_outputs(decoded: Decoded) -> Decoded:
    """Give every example the output of the next one.

    An output does not depend on its neighbours, so the outputs of shuffled inputs are the shuffled
    outputs. A rotation by one leaves none in its own place.
    """
    return dataclasses.replace(
        decoded,
        hypotheses=[*decoded.hypotheses[1:], *decoded.hypotheses[:1]],
        rankings=[*decoded.rankings[1:], *decoded.rankings[:1]],
    )


def find_main_score(result: Mapping[str, Any]) -> Metric | None:
    """Return the metric whose score heads those of one problem: the first that it names.

    Args:
        result: The scores of one problem, as `evaluate` returns them.

    Returns:
        The metric, whose `key` is among the scores; None of outputs that were not decoded.

    Example:
        >>> find_main_score({"wer": 31.0, "cer": 12.0}).label
        'WER'
    """
    return next((_BY_KEY[key] for key in result if key in _BY_KEY), None)


def find_main_interval(result: Mapping[str, Any]) -> list[float] | None:
    """Return the 95% interval of the main score of one problem as [low, high], if it has one.

    Example:
        >>> find_main_interval({"wer": 31.0, "intervals": {"wer": [28.9, 33.2], "cer": [1, 2]}})
        [28.9, 33.2]
    """
    main = find_main_score(result)
    return result.get("intervals", {}).get(main.key) if main else None


FEW_EXAMPLES = 100
"""A score of fewer is marked: a few more or less that are right change it a lot."""


def write_count(result: Mapping[str, Any]) -> str:
    """Write how many examples the scores of a problem rest on, few ones with a star.

    Example:
        >>> [write_count({"teacher_forced": {"examples": n}}) for n in (1000.0, 10.0)]
        ['1,000', '10*']
    """
    examples = result.get("teacher_forced", {}).get("examples", 0)
    star = "*" if examples < FEW_EXAMPLES else ""
    return f"{examples:,.0f}{star}" if examples else ""


def name_score(key: str) -> str:
    """Return what a person reads for the name of a score.

    Example:
        >>> name_score("top_1"), name_score("precision")
        ('top-1', 'precision')
    """
    return _LABELS.get(key, key.replace("_", " "))


def list_other_scores(result: Mapping[str, Any]) -> dict[str, float]:
    """Return the scores of one problem's decoded outputs but the main one, by what a person reads.

    Example:
        >>> list_other_scores({"wer": 31.0, "cer": 12.0, "samples": []})
        {'CER': 12.0}
    """
    main = find_main_score(result)
    return {
        name_score(key): float(value)
        for key, value in result.items()
        if isinstance(value, int | float) and main is not None and key != main.key
    }
