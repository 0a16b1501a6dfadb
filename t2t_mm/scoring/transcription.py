"""Error rates of transcripts: of words and of characters."""

from __future__ import annotations

from collections.abc import Sequence

from t2t_mm.scoring.decoded import Decoded, Scores


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
    import jiwer

    true = [
        texts[0]
        if len(texts) == 1
        else min(texts, key=lambda text: _count_word_errors(text, hypothesis))
        for texts, hypothesis in zip(decoded.references, decoded.hypotheses, strict=True)
    ]
    true, hypotheses = _collapse_spaces(true), _collapse_spaces(decoded.hypotheses)
    return {
        "wer": round(100.0 * jiwer.process_words(true, hypotheses).wer, 4),
        "cer": round(100.0 * jiwer.process_characters(true, hypotheses).cer, 4),
    }


def _collapse_spaces(texts: Sequence[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def _count_word_errors(reference: str, hypothesis: str) -> int:
    import jiwer

    found = jiwer.process_words(reference, hypothesis)
    return int(found.substitutions + found.deletions + found.insertions)
