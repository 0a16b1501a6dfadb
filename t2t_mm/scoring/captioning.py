"""Scores of captions against several true ones: BLEU-4 and CIDEr-D.

Both count the words that the COCO caption evaluation counts: split as in the Penn Treebank,
lower-cased, without punctuation.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.intervals import Statistics, count_by_sacrebleu

MAX_ORDER = 4  # n-grams of 1 to 4 words, in both scores
LENGTH_SIGMA = 6.0  # width, in words, of CIDEr-D's penalty on a length that differs

_CLITIC = r"'(?:s|m|d|re|ve|ll)\b"
_TOKEN = re.compile(
    rf"(?:[^\W\d]\.){{2,}}|can(?=not\b)|(?<=can)not\b|n't\b|{_CLITIC}|\w+?(?=n't\b)"
    rf"|\w+(?:(?:-|(?<=\d)[.,:](?=\d)|(?!{_CLITIC})')\w+)*|[^\w\s]"
)
# What the COCO evaluation drops; its other symbols, such as & and $, count as words.
_PUNCTUATION = frozenset("'\"`.?!,:;-()[]{}")

Vector = dict[tuple[str, ...], float]


def split_caption(text: str) -> list[str]:
    """Split a caption into the words that count.

    Example:
        >>> split_caption("A man's T-shirt isn't red, but 2.5 m away.")
        ['a', 'man', "'s", 't-shirt', 'is', "n't", 'red', 'but', '2.5', 'm', 'away']
    """
    words = _TOKEN.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return [word for word in words if word not in _PUNCTUATION]


def list_reference_columns(references: Sequence[Sequence[str]]) -> list[list[Any]]:
    """Turn lists of references by example into the columns that sacreBLEU reads.

    Returns:
        As many columns as the longest list is long; text, or None where an example has no further
        reference (sacreBLEU's own sign for it, which its annotations do not know).

    Example:
        >>> list_reference_columns([["a", "b"], ["c"]])
        [['a', 'c'], ['b', None]]
    """
    return [list(column) for column in zip_longest(*references)]


def score_captions(decoded: Decoded) -> Scores:
    """Score captions, each against all of its references.

    Returns:
        `bleu_4`: corpus BLEU-4 in percent, against the reference closest in length, without
        smoothing: 0 where no four words in a row are right. `bleu_4_signature`: sacreBLEU's own.
        `cider`: CIDEr-D in percent; 110 is what papers print as 1.10 or 110.

    Example:
        >>> decoded = Decoded(["A red boat on a lake."], [["a red boat on a lake"]])
        >>> score_captions(decoded)["bleu_4"]
        100.0

    Source: Chen et al. 2015, "Microsoft COCO Captions: Data Collection and Evaluation Server".
    """
    tokens, references = _split_all(decoded)
    cider = round(100.0 * compute_cider_d(tokens, references), 4)
    return {**_score_bleu_4(tokens, references, smooth_method="none"), "cider": cider}


def count_captions(decoded: Decoded) -> Statistics:
    """Count the n-grams of each caption for BLEU-4, and take its CIDEr-D, whose mean is the score.

    The weights of CIDEr-D stay those of all pictures.

    Example:
        >>> two = Decoded(["a red boat here", "a tree"], [["a red boat here"], ["a big tree"]])
        >>> count_captions(two).score_all() == {
        ...     name: score for name, score in score_captions(two).items() if "sig" not in name
        ... }
        True
    """
    from sacrebleu.metrics.bleu import BLEU

    tokens, references = _split_all(decoded)
    metric = BLEU(tokenize="none", force=True, smooth_method="none")
    bleu_4 = count_by_sacrebleu(metric, *_join_words(tokens, references), "bleu_4")
    cider = np.array(_score_each_by_cider_d(tokens, references))
    return Statistics(
        np.column_stack([bleu_4.rows, cider]),
        lambda sums: {
            **bleu_4.compute_scores(sums[:-1]),
            "cider": 100.0 * sums[-1] / len(tokens),
        },
    )


def score_caption(decoded: Decoded) -> Scores:
    """Score one caption by BLEU-4, smoothed; CIDEr-D says nothing of one picture alone.

    Example:
        >>> score_caption(Decoded(["A red boat."], [["a red boat"]]))["bleu_4"]
        100.0
    """
    return _score_bleu_4(*_split_all(decoded), smooth_method="exp", effective_order=True)


def _split_all(decoded: Decoded) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Split all captions and their references."""
    tokens = [split_caption(text) for text in decoded.hypotheses]
    return tokens, [[split_caption(text) for text in texts] for texts in decoded.references]


def _score_bleu_4(tokens: list[list[str]], references: list[list[list[str]]], **how: Any) -> Scores:
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize="none", force=True, **how)
    bleu = metric.corpus_score(*_join_words(tokens, references))
    return {
        "bleu_4": round(bleu.score, 4),
        "bleu_4_signature": f"{metric.get_signature()}|words:coco",
    }


def _join_words(
    tokens: list[list[str]], references: list[list[list[str]]]
) -> tuple[list[str], list[list[Any]]]:
    """Join words by spaces to what sacreBLEU reads."""
    joined = [[" ".join(words) for words in texts] for texts in references]
    return [" ".join(words) for words in tokens], list_reference_columns(joined)


def compute_cider_d(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> float:
    """Compute CIDEr-D: how far captions say what people say of this picture, not of others.

    Each caption becomes four vectors, of its n-grams for n of 1 to 4, weighted by count times
    log(pictures / pictures whose references have the n-gram). The score is the mean over pictures,
    orders and references of 10 * exp(-(difference of lengths)^2 / (2 * 6^2)) * the clipped cosine
    `sum(min(h, r) * r) / (|h| * |r|)`. The weights come from the references given here, so
    scores compare on the same pictures only, and of one picture alone the score is 0.

    Args:
        hypotheses: The words of one caption for each picture.
        references: The words of the true captions of each picture.

    Returns:
        The score, 0 to 10.

    Source: Vedantam, Zitnick, Parikh 2015, "CIDEr: Consensus-based Image Description Evaluation",
        sections 3 and 5 ("CIDEr-D").
    """
    scores = _score_each_by_cider_d(hypotheses, references)
    return sum(scores) / len(scores) if scores else 0.0


def _score_each_by_cider_d(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> list[float]:
    frequencies: Counter[tuple[str, ...]] = Counter()
    for texts in references:
        frequencies.update({gram for words in texts for gram in _count_ngrams(words)})
    scores = []
    for words, texts in zip(hypotheses, references, strict=True):
        vectors = _weigh_ngrams(words, frequencies, len(references))
        similarities = [
            math.exp(-((len(words) - len(true)) ** 2) / (2 * LENGTH_SIGMA**2))
            * _compute_similarity(vectors, _weigh_ngrams(true, frequencies, len(references)))
            for true in texts
        ]
        scores.append(10.0 * sum(similarities) / len(similarities))
    return scores


def _count_ngrams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(words[start : start + order])
        for order in range(1, MAX_ORDER + 1)
        for start in range(len(words) - order + 1)
    )


def _weigh_ngrams(
    words: Sequence[str], frequencies: Counter[tuple[str, ...]], num_pictures: int
) -> list[Vector]:
    """Return one vector for each order; an n-gram that no reference has weighs as if one had it."""
    vectors: list[Vector] = [{} for _ in range(MAX_ORDER)]
    for gram, count in _count_ngrams(words).items():
        weight = math.log(num_pictures / max(1, frequencies[gram]))
        vectors[len(gram) - 1][gram] = count * weight
    return vectors


def _compute_similarity(hypothesis: Sequence[Vector], reference: Sequence[Vector]) -> float:
    """Return the mean over orders of the clipped cosine; 0 for an order that one of them lacks."""
    total = 0.0
    for ours, true in zip(hypothesis, reference, strict=True):
        norms = math.hypot(*ours.values()) * math.hypot(*true.values())
        if norms:
            # Clipping keeps a caption from gaining by saying a telling word again and again.
            clipped = sum(
                min(w, true[gram]) * true[gram] for gram, w in ours.items() if gram in true
            )
            total += clipped / norms
    return total / MAX_ORDER
