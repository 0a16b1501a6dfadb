"""The table fits a terminal of 80 columns and shows what was asked for."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from t2t_mm.bin.score_table import list_score_lines, print_scores

FORCED = {"log_perplexity": 0.5, "accuracy": 87.25, "sequence_accuracy": 12.5, "examples": 1000.0}
MINIATURE: dict[str, dict[str, Any]] = {
    "mini_ende": {"bleu": 71.25, "bleu_signature": "nrefs:1|tok:13a"},
    "mini_image": {"top_1": 84.0, "top_5": 97.5},
    "mini_speech": {"wer": 31.0, "cer": 12.5},
    "mini_caption": {"bleu_4": 55.0, "cider": 210.5, "bleu_4_signature": "nrefs:5|tok:none"},
    "mini_parse": {"f1": 93.1, "precision": 94.0, "recall": 92.2, "well_formed": 99.0},
}


def shown(scores: dict[str, dict[str, Any]], width: int = 80) -> str:
    output = io.StringIO()
    print_scores(scores, Path("a/run"), Console(file=output, width=width))
    return output.getvalue()


def row(text: str, name: str) -> str:
    """The first line that begins with `name`, its words one space apart."""
    return " ".join(next(line for line in text.splitlines() if line.startswith(name)).split())


def forced_row(text: str, name: str) -> str:
    """The same of the second table."""
    return row(text[text.index("log ppl") :], name)


def test_a_row_with_every_score_and_the_samples_below() -> None:
    text = shown(
        {
            "text2text_files/en-de": {
                "bleu": 71.25,
                "bleu_signature": "nrefs:1|tok:13a",
                "shuffled_inputs": {"bleu": 3.5},
                "baseline": {"bleu": 1.5},
                "teacher_forced": FORCED,
                "samples": [{"input": "[a]", "reference": "b", "decoded": "c"}],
            }
        }
    )
    assert row(text, "text2text") == "text2text_files/en-de BLEU 71.2 1,000 3.5 1.5"
    assert forced_row(text, "text2text") == "text2text_files/en-de 0.500 87.2 12.5 1,000"
    for part in ("input     [a]", "decoded   c", "BLEU: nrefs:1|tok:13a"):
        assert part in text


def test_each_problem_has_its_own_main_score_and_others() -> None:
    scores = {
        name: {"teacher_forced": FORCED, **values, "shuffled_inputs": values}
        for name, values in MINIATURE.items()
    }
    text = shown(scores)
    assert row(text, "mini_ende") == "mini_ende BLEU 71.2 1,000 71.2"
    assert row(text, "mini_image") == "mini_image top-1 84.0 1,000 84.0 top-5 97.5"
    assert row(text, "mini_speech") == "mini_speech WER 31.0 1,000 31.0 CER 12.5"
    assert row(text, "mini_caption") == "mini_caption BLEU-4 55.0 1,000 55.0 CIDEr 210.5"
    parse = "mini_parse F1 93.1 1,000 93.1 precision 94.0, recall 92.2,"
    assert row(text, "mini_parse").startswith(parse)
    assert "well-formed 99.0" in " ".join(text.split())
    for name in MINIATURE:
        assert forced_row(text, name) == f"{name} 0.500 87.2 12.5 1,000"
    assert "BLEU-4: nrefs:5|tok:none" in text


def test_half_the_interval_stands_beside_the_score() -> None:
    scores = {
        name: {"teacher_forced": FORCED, **values, "shuffled_inputs": values}
        for name, values in MINIATURE.items()
    }
    scores["mini_ende"]["intervals"] = {"bleu": [69.5, 72.5]}
    text = shown(scores)
    assert row(text, "mini_ende") == "mini_ende BLEU 71.2 \N{PLUS-MINUS SIGN}1.5 1,000 71.2"
    assert row(text, "mini_image") == "mini_image top-1 84.0 1,000 84.0 top-5 97.5"
    assert "Half of the 95% interval" in text and all(len(one) <= 80 for one in text.splitlines())
    assert "95%" not in shown({"mini_image": scores["mini_image"]})


def test_a_score_of_few_examples_is_marked() -> None:
    scores = {
        name: {"teacher_forced": {**FORCED, "examples": examples}, "bleu": 71.25}
        for name, examples in (("few", 10.0), ("many", 100.0))
    }
    text = shown(scores)
    assert row(text, "few") == "few BLEU 71.2 10*" and row(text, "many") == "many BLEU 71.2 100"
    assert "* Fewer than 100 examples" in text
    assert "*" not in shown({"many": scores["many"]})


def test_a_sample_without_a_text_input_names_its_file() -> None:
    sample = {"input": "", "sound": "decoded/a.wav", "reference": "red boat", "decoded": "red"}
    text = shown({"mini_speech": {"teacher_forced": FORCED, "wer": 50.0, "samples": [sample]}})
    assert "sound     decoded/a.wav" in text and "  input" not in text


def test_in_a_pipe_a_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    forced = {"teacher_forced": FORCED}
    scores = {"tree_files/" + "long" * 30: {**forced, **MINIATURE["mini_parse"]}}
    print_scores(scores, "run")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[1:3] == ["F1", "93.1"] and "well-formed 99.0" in lines[1]
    assert lines[2].startswith("Scores are of") and lines[2].endswith("is better.")


def test_empty_outputs_are_shown_as_such() -> None:
    samples = [{"input": "a b", "reference": "b", "references": ["b", "c"], "decoded": ""}]
    result = {"teacher_forced": FORCED, "bleu": 0.0, "empty": 50.0, "samples": samples}
    text = shown({"mini_ende": result})
    assert row(text, "mini_ende") == "mini_ende BLEU 0.0 1,000 empty outputs 50.0"
    assert "decoded   (nothing)" in text and "reference b | c" in text


def test_what_was_not_asked_for_has_no_column() -> None:
    text = shown({"algorithmic_copy": {"teacher_forced": FORCED}})
    heading = text.splitlines()[0]
    assert heading.split() == ["problem", "log", "ppl", "acc.", "seq.", "n"]
    assert "Shuffled" not in text and "decoded" not in text


def test_where_all_outputs_are_is_the_last_line() -> None:
    said = "Every output with the score of its example: a/run/decoded/test-7/"
    one = {"a": {"teacher_forced": FORCED, "outputs": "decoded/test-7/a.outputs.jsonl"}}
    assert shown(one).splitlines()[-1] == f"{said}a.outputs.jsonl"
    two = {**one, "b": {"teacher_forced": FORCED, "outputs": "decoded/test-7/b.outputs.jsonl"}}
    assert shown(two).splitlines()[-1] == f"{said}*.outputs.jsonl"
    assert "outputs.jsonl" not in shown({"a": {"teacher_forced": FORCED}})


def test_a_line_for_each_problem_has_its_main_scores() -> None:
    forced = {"teacher_forced": {"log_perplexity": 1.25}}
    scores = {"a": {**forced, "bleu": 71.25, "intervals": {"bleu": [70, 72]}}, "longer": forced}
    assert list_score_lines(scores) == [
        "a       log ppl 1.250  BLEU 71.2 \N{PLUS-MINUS SIGN}1.0",
        "longer  log ppl 1.250",
    ]
