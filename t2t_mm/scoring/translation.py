"""Scores of translations and other texts: BLEU and chrF by sacreBLEU; of two files, too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.scoring.captioning import list_reference_columns
from t2t_mm.scoring.decoded import DEFAULT_TOKENIZER, Decoded, Scores
from t2t_mm.scoring.intervals import Statistics, compute_intervals, count_by_sacrebleu

# Of languages without spaces, by their codes of two or three letters; the first that is installed.
_TOKENIZERS: Final = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn"), ("zh",)),
    **dict.fromkeys(("ja", "jpn"), ("ja-mecab", "char")),
    **dict.fromkeys(("ko", "kor"), ("ko-mecab", "char")),
    **dict.fromkeys(("th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bur"), ("char",)),
}


def choose_tokenizer(language: str) -> str:
    """Choose how sacreBLEU splits a language into words for BLEU; nothing is ever downloaded.

    Args:
        language: Its code, perhaps with a country or script, as "zh", "zh_Hans" or "ja-JP".

    Returns:
        What sacreBLEU takes for it: mecab where that is installed, else single characters, for
        languages without spaces; "13a" for all others.

    Example:
        >>> [choose_tokenizer(language) for language in ("de", "zh_Hans", "th")]
        ['13a', 'zh', 'char']
    """
    code = re.split("[-_]", language.lower())[0]
    installed = (name for name in _TOKENIZERS.get(code, ()) if not _find_lack(name))
    return next(installed, DEFAULT_TOKENIZER)


def bleu(decoded: Decoded, *, of_sentence: bool = False) -> Scores:
    """Return BLEU of detokenised texts against one or several references.

    Args:
        decoded: The texts, and how they are split into words.
        of_sentence: As sacreBLEU scores a sentence alone: without the orders of n-grams for which
            it is too short.

    Returns:
        `bleu` in percent, and `bleu_signature`: sacreBLEU's own; two scores compare only under
        the same signature.

    Example:
        >>> bleu(Decoded(["the red boat is small ."], [["the red boat is small ."]]))["bleu"]
        100.0

    Source: Post 2018, "A Call for Clarity in Reporting BLEU Scores" (sacreBLEU).
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(effective_order=of_sentence, tokenize=decoded.tokenizer)
    return _score(metric, decoded, "bleu")


def chrf(decoded: Decoded) -> Scores:
    """Return chrF of detokenised texts, each against that of its references that it is closest to.

    Returns:
        `chrf` in percent, and `chrf_signature`: sacreBLEU's own.

    Example:
        >>> chrf(Decoded(["the red boat"], [["a tree", "the red boat"]]))["chrf"]
        100.0

    Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation" (sacreBLEU).
    """
    from sacrebleu.metrics.chrf import CHRF

    return _score(CHRF(), decoded, "chrf")


def _score(metric: Any, decoded: Decoded, name: str) -> Scores:
    columns = list_reference_columns(decoded.references)
    score = metric.corpus_score(list(decoded.hypotheses), columns).score
    return {name: round(score, 4), f"{name}_signature": str(metric.get_signature())}


def count_bleu(decoded: Decoded) -> Statistics:
    """Count the lengths and n-grams of each text, as `bleu` counts them.

    Example:
        >>> count_bleu(Decoded(["a red boat"], [["a red boat", "a boat"]])).rows.tolist()
        [[3, 3, 3, 2, 1, 0, 3, 2, 1, 0]]
    """
    from sacrebleu.metrics.bleu import BLEU

    columns = list_reference_columns(decoded.references)
    metric = BLEU(force=True, tokenize=decoded.tokenizer)
    return count_by_sacrebleu(metric, decoded.hypotheses, columns, "bleu")


def count_chrf(decoded: Decoded) -> Statistics:
    """Count the n-grams of characters of each text, as `chrf` counts them.

    Example:
        >>> count_chrf(Decoded(["a boat"], [["a red boat"]])).rows[0, :3].tolist()  # of 1 character
        [5, 8, 5]
    """
    from sacrebleu.metrics.chrf import CHRF

    columns = list_reference_columns(decoded.references)
    return count_by_sacrebleu(CHRF(), decoded.hypotheses, columns, "chrf")


def score_translation(
    translation: str | Path,
    references: Sequence[str | Path],
    *,
    tokenize: str = DEFAULT_TOKENIZER,
) -> dict[str, Any]:
    r"""Score a file of translations line by line; the Python form of `t2t-bleu`.

    Args:
        translation: UTF-8, plain or .gz, a detokenised text in each line.
        references: One file or several, each with a reference for every line.
        tokenize: How sacreBLEU splits texts into words for BLEU: one of its names.

    Returns:
        `bleu` and `chrf` in percent, their `bleu_signature` and `chrf_signature`, their 95%
        `intervals` of the choice of lines (none of one line), and the number of `lines`.

    Raises:
        UserError: A file cannot be read or is empty, the numbers of lines differ, or the tokenizer
            is unknown or needs what is not installed.

    Example:
        >>> _ = Path("guessed.txt").write_text("the red boat is small\\n")
        >>> score_translation("guessed.txt", ["guessed.txt"])["chrf"]
        100.0
    """
    paths = [Path(path) for path in (translation, *references)]
    texts = [_read_lines(path) for path in paths]
    for path, lines in zip(paths, texts, strict=True):
        if len(lines) != len(texts[0]):
            raise UserError(
                "The files have not as many lines",
                expected=f"a reference for each of the {len(texts[0]):,} lines of {paths[0]}",
                received={str(path): f"{len(lines):,} lines"},
            )
    _check_tokenizer(tokenize)
    hypotheses, *columns = texts
    decoded = Decoded(hypotheses, list(zip(*columns, strict=True)), tokenizer=tokenize)
    counted = (count_bleu(decoded), count_chrf(decoded))
    intervals = [compute_intervals(statistics) for statistics in counted]
    return {
        **bleu(decoded),
        **chrf(decoded),
        "intervals": {name: one for found in intervals for name, one in found.items()},
        "lines": len(hypotheses),
    }


def _read_lines(path: Path) -> list[str]:
    try:
        lines = list(decode_lines(path))
    except OSError as error:
        raise UserError(
            f"The file cannot be read: {error.strerror}", received={"file": str(path)}
        ) from error
    if not lines:
        raise UserError("The file is empty", received={"file": str(path)})
    return lines


def _check_tokenizer(name: str) -> None:
    from sacrebleu.metrics.bleu import BLEU

    if name not in BLEU.TOKENIZERS:
        raise UserError(
            "sacreBLEU has no such tokenizer",
            expected=", ".join(BLEU.TOKENIZERS),
            received={"tokenize": name},
        )
    if said := _find_lack(name):
        raise UserError(
            f"sacreBLEU's tokenizer cannot be used: {said}", received={"tokenize": name}
        )


@lru_cache
def _find_lack(name: str) -> str:
    """Find what sacreBLEU says is missing for a tokenizer; "" if nothing is."""
    from sacrebleu.metrics.bleu import BLEU

    try:
        BLEU(tokenize=name)
    except (ImportError, OSError, RuntimeError) as error:  # a package or a download is missing
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def read_tokenizer(signature: str) -> str:
    """Read the name of the tokenizer out of sacreBLEU's signature; of some, versions follow it.

    Args:
        signature: May be empty.

    Raises:
        ValueError: It is none that sacreBLEU knows.

    Example:
        >>> read_tokenizer("nrefs:1|case:mixed|eff:no|tok:ja-mecab-0.996-IPA|smooth:exp")
        'ja-mecab'
    """
    from sacrebleu.metrics.bleu import BLEU

    found = re.search(r"\|tok:([^|]+)", signature)
    if not found:
        return DEFAULT_TOKENIZER
    return max((name for name in BLEU.TOKENIZERS if found[1].startswith(name)), key=len)
