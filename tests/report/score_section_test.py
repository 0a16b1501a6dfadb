"""Bars are as long as their scores say, and error rates are told apart."""

import re

from t2t_mm.report.score_section import make_forced_section, make_score_section, write_main_score

FORCED = {"log_perplexity": 0.5, "accuracy": 87.25, "sequence_accuracy": 12.5, "examples": 1000.0}


def shares(section: str) -> list[float]:
    return [float(share) for share in re.findall(r"--share:([\d.]+)", section)]


def test_a_bar_for_the_model_and_one_for_chance() -> None:
    section = make_score_section({"a": {"bleu": 71.25, "shuffled_inputs": {"bleu": 3.5}}})
    assert shares(section) == [71.2, 3.5]
    assert "Chance (the grey bar)" in section and "error rates" not in section


def test_a_third_bar_for_the_baseline_is_told_from_chance() -> None:
    section = make_score_section({"a": {"bleu": 71.25, "baseline": {"bleu": 1.5}}})
    assert shares(section) == [71.2, 1.5]
    assert "most frequent target" in section and "hance" not in section
    both = {"bleu": 71.25, "baseline": {"bleu": 1.5}, "shuffled_inputs": {"bleu": 3.5}}
    section = make_score_section({"a": both})
    assert '<div class="chance">' in section and '<div class="baseline">' in section
    assert "<b>3.5</b> chance" in section and "<b>1.5</b> baseline" in section


def test_an_error_rate_is_marked_and_its_bar_ends_at_100() -> None:
    section = make_score_section(
        {"a": {"wer": 40.0, "cer": 20.0, "shuffled_inputs": {"wer": 130.0}}}
    )
    assert shares(section) == [40.0, 100.0]
    assert "<b>130.0</b>" in section and "WER \N{DOWNWARDS ARROW}" in section
    assert "CER 20.0" in section


def test_the_note_says_on_what_was_scored() -> None:
    results = {"a": {"bleu": 71.25}}
    assert "On held-out examples, in percent." in make_score_section(results, "first 9 of the test")
    for split in ("train", "first 9 of the train"):
        assert "On training examples, in percent." in make_score_section(results, split)


def test_nothing_to_show_is_no_section() -> None:
    results = {"a": {"teacher_forced": FORCED}}
    assert make_score_section(results) == "" and write_main_score(results["a"]) == ""
    assert make_forced_section({"a": {"bleu": 1.0}}) == ""
    assert "<td>87.2%</td><td>12.5%</td><td>1,000</td>" in make_forced_section(results)


def test_how_many_examples_were_scored_stands_beside_the_score() -> None:
    many = {"bleu": 71.25, "teacher_forced": FORCED}
    few = many | {"teacher_forced": {**FORCED, "examples": 10.0}}
    assert write_main_score(many) == "BLEU 71.2 (n = 1,000)"
    assert write_main_score({"bleu": 71.25}) == "BLEU 71.2"
    assert "BLEU, n = 1,000<" in make_score_section({"a": many})
    assert "Fewer than 100" not in make_score_section({"a": many})
    section = make_score_section({"a": few})
    assert "BLEU, n = 10*<" in section and "* Fewer than 100 examples" in section


def test_an_interval_is_told_and_drawn_over_its_bar() -> None:
    result = {"wer": 40.0, "cer": 20.0, "intervals": {"wer": [37.25, 104.0], "cer": [18.0, 22.0]}}
    section = make_score_section({"a": result, "b": {"bleu": 7.0}})
    assert ", 95%: 37.2 to 104.0<" in section.replace("\N{NO-BREAK SPACE}", " ")
    assert "resampling these examples" in section
    assert section.count('class="around"') == 1
    assert 'style="--low:37.2;--high:100.0"' in section  # on the page no longer than its bars
    assert "95%" not in make_score_section({"b": {"bleu": 7.0}})
