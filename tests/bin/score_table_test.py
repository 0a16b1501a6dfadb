"""The table fits a terminal of 80 columns and shows what was asked for."""

import io

from rich.console import Console

from t2t_mm.bin.score_table import print_scores

FORCED = {"log_perplexity": 0.5, "accuracy": 87.25, "sequence_accuracy": 12.5, "examples": 1000.0}


def shown(scores: dict[str, dict[str, object]]) -> str:
    output = io.StringIO()
    print_scores(scores, Console(file=output, width=80))
    return output.getvalue()


def test_a_row_with_every_score_and_the_samples_below() -> None:
    text = shown(
        {
            "text2text_files/en-de": {
                "bleu": 71.25,
                "bleu_signature": "nrefs:1|tok:13a",
                "shuffled_inputs": {"bleu": 3.5},
                "teacher_forced": FORCED,
                "samples": [{"input": "[a]", "reference": "b", "decoded": "c"}],
            }
        }
    )
    row = next(line for line in text.splitlines() if line.startswith("text2text_files/en-de"))
    assert " ".join(row.split()) == "text2text_files/en-de 71.2 3.5 0.500 87.2% 12.5% 1,000"
    for part in ("input     [a]", "decoded   c", "nrefs:1|tok:13a"):
        assert part in text


def test_what_was_not_asked_for_has_no_column() -> None:
    text = shown({"algorithmic_copy": {"teacher_forced": FORCED}})
    heading = text.splitlines()[0]
    assert "log ppl" in heading and "BLEU" not in heading and "shuffled" not in heading
