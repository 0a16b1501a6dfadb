"""BLEU by hand and beside sacreBLEU, of outputs and of files."""

import gzip
from pathlib import Path

import pytest
from sacrebleu import corpus_bleu, corpus_chrf

from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.translation import (
    bleu,
    choose_tokenizer,
    chrf,
    count_bleu,
    read_tokenizer,
    score_translation,
)

TRUE = ["the red boat is small .", "a cat sleeps here .", "two dogs ran, barked and left !"]
GUESSED = ["the red boat is big .", "a cat sleeps here .", "two dogs ran and left !"]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_bleu_by_hand() -> None:
    scores = bleu(Decoded(["a b c d e f"], [["a b c d e g"]]))
    precisions = (5 / 6) * (4 / 5) * (3 / 4) * (2 / 3)  # of 1- to 4-grams; no brevity penalty
    assert scores["bleu"] == pytest.approx(100 * precisions**0.25, abs=1e-3)
    assert "nrefs:1|" in scores["bleu_signature"] and "tok:13a" in scores["bleu_signature"]


def test_bleu_reads_all_references_however_many_an_example_has() -> None:
    hypotheses = ["the red boat is small .", "a cat sleeps here ."]
    references = [["the boat is red .", "the red boat is small ."], ["a cat sleeps here ."]]
    assert bleu(Decoded(hypotheses, references))["bleu"] == 100.0
    assert "nrefs:var|" in bleu(Decoded(hypotheses, references))["bleu_signature"]
    both = [["the boat is red .", "a red boat ."], ["a dog sleeps here .", "a cat sleeps there ."]]
    streams = [[texts[0] for texts in both], [texts[1] for texts in both]]
    expected = corpus_bleu(hypotheses, streams).score
    assert bleu(Decoded(hypotheses, both))["bleu"] == pytest.approx(expected, abs=1e-3)


def test_chrf_takes_the_closest_of_all_references_however_many_an_example_has() -> None:
    hypotheses = ["the red boat is small .", "a cat sleeps here ."]
    references = [["a tree", "the red boat is small ."], ["a cat sleeps there ."]]
    scores = chrf(Decoded(hypotheses, references))
    assert "nrefs:var|" in scores["chrf_signature"]
    alone = chrf(Decoded(hypotheses[:1], references[:1]))
    first_only = chrf(Decoded(hypotheses, [[r[0]] for r in references]))
    assert alone["chrf"] == 100.0 and first_only["chrf"] < scores["chrf"] < 100
    streams = [["the red boat is small .", "a cat sleeps there ."]]
    assert scores["chrf"] == pytest.approx(corpus_chrf(hypotheses, streams).score, abs=1e-3)


def test_bleu_of_other_sentences_is_low() -> None:
    assert bleu(Decoded(["v w x y z"], [["a b c d e"]]))["bleu"] < 5


def test_files_have_the_scores_of_sacrebleu_and_intervals_about_them(tmp_path: Path) -> None:
    first = write(tmp_path / "first.de", TRUE)
    second = write(tmp_path / "second.de", [text.upper() for text in GUESSED])
    guessed = tmp_path / "guessed.de.gz"
    guessed.write_bytes(gzip.compress("\r\n".join(GUESSED).encode()))
    one = score_translation(guessed, [first])
    assert one["bleu"] == pytest.approx(corpus_bleu(GUESSED, [TRUE]).score, abs=1e-3)
    assert one["chrf"] == pytest.approx(corpus_chrf(GUESSED, [TRUE]).score, abs=1e-3)
    assert one["lines"] == 3 and "nrefs:1|" in one["bleu_signature"]
    assert "tok:13a" in one["bleu_signature"]
    for name, (low, high) in one["intervals"].items():
        assert low <= one[name] <= high and low < high
    assert list(one["intervals"]) == ["bleu", "chrf"]
    two = score_translation(guessed, [first, second])
    columns = [TRUE, [text.upper() for text in GUESSED]]
    assert two["bleu"] == pytest.approx(corpus_bleu(GUESSED, columns).score, abs=1e-3)
    assert "nrefs:2|" in two["bleu_signature"]


def test_the_tokenizer_counts_and_is_in_the_signature(tmp_path: Path) -> None:
    true, guessed = write(tmp_path / "true", TRUE), write(tmp_path / "guessed", GUESSED)
    by_letter = score_translation(guessed, [true], tokenize="char")
    expected = corpus_bleu(GUESSED, [TRUE], tokenize="char").score
    assert by_letter["bleu"] == pytest.approx(expected, abs=1e-3)
    assert "tok:char" in by_letter["bleu_signature"]
    low, high = by_letter["intervals"]["bleu"]
    assert low <= by_letter["bleu"] <= high


def test_one_line_has_no_interval(tmp_path: Path) -> None:
    line = write(tmp_path / "line", TRUE[:1])
    assert score_translation(line, [line])["intervals"] == {}


def test_files_that_cannot_be_scored_are_told(tmp_path: Path) -> None:
    true, short = write(tmp_path / "true", TRUE), write(tmp_path / "short", TRUE[:2])
    with pytest.raises(UserError, match=r"each of the 2 lines of .*short.*true='3 lines'"):
        score_translation(short, [short, true])
    with pytest.raises(UserError, match=r"No such file.*nowhere"):
        score_translation(true, [tmp_path / "nowhere"])
    with pytest.raises(UserError, match="The file is empty"):
        score_translation(true, [write(tmp_path / "empty", [])])
    (tmp_path / "latin").write_bytes("für\n".encode("latin-1"))
    with pytest.raises(UserError, match="line 1: the text is not UTF-8"):
        score_translation(true, [tmp_path / "latin"])
    with pytest.raises(UserError, match=r"Expected: none, .*13a.*tokenize='14a'"):
        score_translation(true, [true], tokenize="14a")


@pytest.mark.parametrize(
    ("language", "tokenizers"),
    [
        *((code, {"zh"}) for code in ("zh", "zho", "zh_Hans", "zh-TW", "ZH")),
        *((code, {"ja-mecab", "char"}) for code in ("ja", "jpn", "ja-JP")),
        *((code, {"ko-mecab", "char"}) for code in ("ko", "kor")),
        *((code, {"char"}) for code in ("th", "lo", "km", "my", "tha", "lao", "khm", "mya")),
        *((code, {"13a"}) for code in ("de", "en", "parse", "", "zhao", "thx")),
    ],
)
def test_each_language_has_its_tokenizer(language: str, tokenizers: set[str]) -> None:
    assert choose_tokenizer(language) in tokenizers


@pytest.mark.parametrize(
    ("language", "true", "guessed"),
    [  # as `sacrebleu -l en-zh` and `--tokenize char` count them
        ("zh", "今天的天气非常好我们去公园散步", "今天的天气非常好我们去公园散走"),
        ("th", "วันนี้อากาศดีมาก", "วันนี้อากาศดีมา"),
        ("km", "ថ្ងៃនេះអាកាសធាតុល្អ", "ថ្ងៃនេះអាកាសធាតុ"),
        ("ja", "今日はとても天気がいいです", "今日はとても天気がいいでした"),
    ],
)
def test_a_language_without_spaces_is_no_word_a_sentence(
    language: str, true: str, guessed: str
) -> None:
    tokenizer = choose_tokenizer(language)
    decoded = Decoded([guessed], [[true]], tokenizer=tokenizer)
    scores = bleu(decoded)
    expected = corpus_bleu([guessed], [[true]], tokenize=tokenizer).score
    assert scores["bleu"] == pytest.approx(expected, abs=1e-3) and expected > 50
    assert f"|tok:{tokenizer}|" in scores["bleu_signature"]
    assert bleu(Decoded([guessed], [[true]]))["bleu"] < 50
    counted = count_bleu(decoded)
    assert counted.rows[0, 0] > 5  # words, or characters, of the sentence


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0", "13a"),
        ("nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp", "zh"),
        ("nrefs:1|tok:ja-mecab-0.996-IPA|smooth:exp", "ja-mecab"),
        ("nrefs:1|tok:ko-mecab-0.996/ko-0.9.2-KO|smooth:exp", "ko-mecab"),
        ("", "13a"),
    ],
)
def test_a_signature_names_its_tokenizer(signature: str, name: str) -> None:
    assert read_tokenizer(signature) == name


def test_a_signature_of_no_tokenizer_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        read_tokenizer("nrefs:1|tok:other")
