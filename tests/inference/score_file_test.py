"""Scores of a file: N lines in, N lines out, each as the predictor gives it."""

from pathlib import Path

import pytest
from tiny_run import TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import LONGEST_LINE
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import LeftOutError
from t2t_mm.inference.score_file import score_file

LINES = ["1 2\t1 2", "", "3\t", "\t4", "5 6 7\t9"]


@pytest.mark.slow
def test_a_line_has_the_score_of_its_target_and_an_empty_one_none(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    source, target = tmp_path / "pairs.tsv", tmp_path / "scores.txt"
    source.write_text("\n".join(LINES) + "\n")
    arguments = (tiny_run.output_dir, "algorithmic_copy")
    scores = score_file(*arguments, from_file=source, to_file=target)
    predictor = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    expected = predictor.score(["1 2", "3", "5 6 7"], ["1 2", "", "9"])
    assert [scores[1], scores[3]] == ["", ""]
    assert [float(scores[place]) for place in (0, 2, 4)] == pytest.approx(expected, abs=1e-4)
    assert target.read_text().splitlines() == scores
    options = DecodingOptions(limit=1, decode_hparams="batch_size=1")
    (first,) = score_file(*arguments, from_file=source, options=options)
    assert float(first) == pytest.approx(float(scores[0]), abs=1e-4)


@pytest.mark.slow
def test_bad_lines_are_told_by_number_and_the_others_are_scored(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pairs.tsv"
    long = "5" * LONGEST_LINE + "\t5"
    source.write_text(f"1\t1\n2 without a tab\n3\t3\t3\n4\t4\n{long}\n")
    with pytest.raises(LeftOutError, match="3 of 5 inputs could not be read") as error:
        score_file(tiny_run.output_dir, "algorithmic_copy", from_file=source)
    assert [bool(score) for score in error.value.outputs] == [True, False, False, True, False]
    told = capsys.readouterr().err
    assert "pairs.tsv, line 2: The line is no pair" in told and "tabs=0" in told
    assert "pairs.tsv, line 3: " in told and "tabs=2" in told
    assert "pairs.tsv, line 5: The line is longer than" in told


def test_a_file_without_any_pair_is_another_file(tiny_run: TinyRun, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("\n1 2\n3\n")
    with pytest.raises(UserError, match=r"in\.txt, line 2: .*one tab.*tabs=0") as error:
        score_file(tiny_run.output_dir, "algorithmic_copy", from_file=source)
    assert not isinstance(error.value, LeftOutError)


def test_a_file_that_is_not_there_is_named_by_its_own_flag(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match=r"no such file of inputs.*score_file='missing\.tsv'"):
        score_file(tiny_run.output_dir, "algorithmic_copy", from_file="missing.tsv")


def test_scores_are_no_objects(tiny_run: TinyRun, tmp_path: Path) -> None:
    source = tmp_path / "pairs.tsv"
    source.write_text("1\t1\n")
    target = tmp_path / "scores.jsonl"
    with pytest.raises(UserError, match=r"a number a line.*scores\.jsonl"):
        score_file(tiny_run.output_dir, "algorithmic_copy", from_file=source, to_file=target)
    assert not target.exists()


def test_nothing_is_searched_for_among_given_targets(tiny_run: TinyRun, tmp_path: Path) -> None:
    source = tmp_path / "pairs.tsv"
    source.write_text("1\t1\n")
    options = DecodingOptions(decode_hparams="batch_size=2,beam_size=4")
    with pytest.raises(UserError, match=r"batch_size alone.*beam_size=4") as error:
        score_file(tiny_run.output_dir, "algorithmic_copy", from_file=source, options=options)
    assert "batch_size=2" not in str(error.value)
