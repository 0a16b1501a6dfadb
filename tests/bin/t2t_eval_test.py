"""t2t-eval: a table for people, JSON for programs, one error for mistakes."""

import json
import shutil
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.bin import t2t_eval
from t2t_mm.evaluation import continuous


@pytest.mark.slow
def test_json_is_all_that_is_printed(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores_file = tmp_path / "scores.json"
    flags = ["--json", "--limit=4", "--split=test", f"--scores_file={scores_file}"]
    assert t2t_eval.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(scores_file.read_text())
    assert set(printed) == set(written) == set(PROBLEMS)
    assert printed["algorithmic_copy"]["teacher_forced"]["examples"] == 4
    outputs = tiny_run.output_dir / printed["algorithmic_copy"]["outputs"]
    assert len(outputs.read_text().splitlines()) == 4
    assert printed["algorithmic_copy"]["bleu"] == written["algorithmic_copy"]["bleu"]


@pytest.mark.slow
def test_where_the_outputs_are_is_the_last_line(
    tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--problems=algorithmic_reverse", "--limit=1"]
    assert t2t_eval.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    path = Path(last.removeprefix("Every output with the score of its example: "))
    assert path.name == "algorithmic_reverse.outputs.jsonl"
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.slow
def test_without_decoding_there_is_no_bleu(
    tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--nodecode", "--limit=2", "--problem=algorithmic_copy"]
    assert t2t_eval.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    table = capsys.readouterr().out
    assert "algorithmic_copy" in table and "log ppl" in table
    assert "tok:13a" not in table and ".jsonl" not in table and "algorithmic_reverse" not in table


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--output_dir must be given"),
        (["--output_dir=NOWHERE", "--scores_file=FOLDER"], "The scores cannot be written"),
        (["--output_dir=NOWHERE"], "No run in"),
        (["--output_dir=RUN", "--problems=mini_ende"], "not one of this run's"),
        (["--output_dir=RUN", "--split=tset"], "has no split 'tset'"),
        (["--output_dir=RUN", "--checkpoint_path=NOWHERE"], "checkpoint_path"),
        (["--output_dir=RUN", "--data_dir=NOWHERE"], "t2t-datagen"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str],
    message: str,
    tiny_run: TinyRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = {
        "NOWHERE": str(tmp_path / "nowhere"),
        "RUN": str(tiny_run.output_dir),
        "FOLDER": str(tmp_path),
    }
    for name, path in paths.items():
        flags = [flag.replace(name, path) for flag in flags]
    assert t2t_eval.main(flags) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-eval: error: ")
    assert message in error


@pytest.fixture
def ended(tiny_run: TinyRun, tmp_path: Path) -> Path:
    path = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, path, ignore=shutil.ignore_patterns("decoded"))
    return path


CONTINUOUS = ["--continuous", "--nodecode", "--limit=2", "--problem=algorithmic_copy"]


@pytest.mark.slow
def test_checkpoints_are_scored_as_they_come_with_a_line_for_each(
    ended: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (ended / "checkpoints").iterdir():
        if path.name not in ("00000015", "00000020"):
            shutil.rmtree(path)
    flags = [f"--output_dir={ended}", *CONTINUOUS]
    scores_file = ended / "scores.json"
    assert t2t_eval.main([*flags, f"--scores_file={scores_file}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    last = json.loads(scores_file.read_text())["algorithmic_copy"]["teacher_forced"]
    assert lines[0] == "step 15" and lines[2] == "step 20"
    assert lines[3] == f"  algorithmic_copy  log ppl {last['log_perplexity']:.3f}"
    assert t2t_eval.main(flags) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing to do: every checkpoint has been scored\n")
    (ended / "continuous-validation-first2.jsonl").unlink()
    assert t2t_eval.main([*flags, "--json"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["step"] for record in printed] == [15, 20]
    assert printed[1]["scores"]["algorithmic_copy"]["teacher_forced"] == last


@pytest.mark.slow
def test_an_interrupted_wait_keeps_what_was_scored(
    ended: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    for path in (ended / "checkpoints").iterdir():
        if path.name != "00000015":
            shutil.rmtree(path)
    monkeypatch.setattr(continuous.time, "sleep", interrupt)
    assert t2t_eval.main([f"--output_dir={ended}", *CONTINUOUS]) == 130
    assert capsys.readouterr().err.endswith("t2t-eval: interrupted\n")
    (record, _) = (ended / "continuous-validation-first2.jsonl").read_text().splitlines()
    assert json.loads(record)["step"] == 15


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--continuous", "--checkpoint_path=x"], "--checkpoint_path counts for nothing"),
        (["--eval_timeout_mins=1"], "--eval_timeout_mins counts for nothing"),
        (["--continuous", "--eval_timeout_mins=0"], "No run appeared"),
    ],
)
def test_flags_of_continuous_evaluation_that_do_not_fit_are_refused(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_eval.main([f"--output_dir={tmp_path / 'nowhere'}", *flags]) == 2
    assert message in capsys.readouterr().err
