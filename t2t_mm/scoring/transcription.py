"""Error rates of transcripts: of words and of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.intervals import Statistics


def compute_error_rates(decoded: Decoded) -> Scores:
    """Compute the word and the character error rate of a whole corpus.

    A rate is the least number of substitutions, deletions and insertions that turn references into
    hypotheses, summed over all examples, over the number of words (characters) in the references.
    Letters' case and punctuation count; how much white space stands between words does not. An
    empty hypothesis deletes all, an empty reference is pure insertion, and a rate can exceed 100.

    Args:
        decoded: Transcripts; where there are several true ones, the one with the least word errors
            counts.

    Returns:
        `wer` and `cer` in percent. Without one true word: 100 for each inserted one.

    Example:
        >>> compute_error_rates(Decoded(["the red boat"], [["the red boats"]]))["wer"]
        33.3333

    Source: Morris, Maier, Green 2004, "From WER and RIL to MER and WIL"; jiwer.
    """
    words, characters = _align(decoded)
    return {"wer": round(100.0 * words.wer, 4), "cer": round(100.0 * characters.cer, 4)}


def count_errors(decoded: Decoded) -> Statistics:
    """Count errors and true units of each example: of words, then of characters.

    Example:
        >>> count_errors(Decoded(["the red boat"], [["the red boats"]])).rows.tolist()
        [[1, 3, 1, 13]]
    """
    columns: list[list[int]] = []
    for aligned in _align(decoded):
        columns.append([_count_chunk_errors(chunks) for chunks in aligned.alignments])
        columns.append([len(reference) for reference in aligned.references])
    return Statistics(
        np.array(columns).T,
        lambda sums: {
            "wer": 100.0 * sums[0] / max(sums[1], 1),
            "cer": 100.0 * sums[2] / max(sums[3], 1),
        },
    )


def _count_chunk_errors(chunks: Sequence[Any]) -> int:
    """Count the errors of one alignment; a chunk is equal, replaced, deleted or inserted."""
    return sum(
        max(one.ref_end_idx - one.ref_start_idx, one.hyp_end_idx - one.hyp_start_idx)
        for one in chunks
        if one.type != "equal"
    )


def _align(decoded: Decoded) -> tuple[Any, Any]:
    """Return jiwer's alignments of words and of characters with the closest references."""
    import jiwer

    true = [
        texts[0]
        if len(texts) == 1
        else min(texts, key=lambda text: _count_word_errors(text, hypothesis))
        for texts, hypothesis in zip(decoded.references, decoded.hypotheses, strict=True)
    ]
    true, hypotheses = _collapse_spaces(true), _collapse_spaces(decoded.hypotheses)
    return jiwer.process_words(true, hypotheses), jiwer.process_characters(true, hypotheses)


def _collapse_spaces(texts: Sequence[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def _count_word_errors(reference: str, hypothesis: str) -> int:
    import jiwer

    found = jiwer.process_words(_collapse_spaces([reference]), _collapse_spaces([hypothesis]))
    return int(found.substitutions + found.deletions + found.insertions)
