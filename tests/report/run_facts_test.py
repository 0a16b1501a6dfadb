"""What is read from a run's folder, and that a poor folder is no error."""

import json
import re
from pathlib import Path

import pytest
from fake_run import make_fake_run

from t2t_mm.report.run_facts import list_facts, read_run_facts


def test_facts_of_a_run(tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    facts = read_run_facts(run)
    assert facts.num_parameters == 30 * 40 + 34  # and none for the state of a seed generator
    assert (facts.steps, facts.seconds) == (1000, 450.0)
    assert len(facts.curves["mini_ende"].train) == 50
    assert [step for step, _ in facts.curves["mini_ende"].validation] == [200, 400, 600, 800, 1000]
    listed = dict(list_facts(facts, facts.problems, "test"))
    assert listed["parameters"] == "1,234"
    assert listed["time in steps"] == "7 min 30 s"
    assert listed["machine"] == "2 cores, Some CPU"
    assert listed["experts"] == "10, 2 per position"
    assert listed["begun"] == "2026-03-01 10:20"
    assert (listed["problems"], listed["scored on"]) == ("5", "test split")
    assert "not scored" not in listed


def test_the_problems_are_the_runs_and_those_not_scored_are_named(tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    listed = dict(list_facts(read_run_facts(run), ["mini_ende", "my_speech"], "test"))
    assert listed["problems"] == "5"
    assert listed["scored on"] == "test split, 2 of 5 problems"
    assert listed["not scored"] == "my_pictures, my_captions, my_parses"


def test_an_empty_folder_tells_nothing(tmp_path: Path) -> None:
    facts = read_run_facts(tmp_path)
    assert list_facts(facts, ["a"], "test") == [("problems", "1"), ("scored on", "test split")]


def test_a_resumed_run_began_at_its_first_start(tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    environment = json.loads((run / "environment.json").read_text())
    later = {**environment, "time": "2026-03-02T08:00:00+00:00", "earlier": [environment]}
    (run / "environment.json").write_text(json.dumps(later))
    assert dict(list_facts(read_run_facts(run), [], "test"))["begun"] == "2026-03-01 10:20"


def test_a_log_that_is_being_written_and_a_loss_that_is_no_number(tmp_path: Path) -> None:
    records = [
        {"kind": "train", "step": 1, "problem": "a", "loss": 2.0},
        {"kind": "train", "step": 2, "problem": "a", "loss": float("nan")},
    ]
    lines = [json.dumps(record) for record in records]
    (tmp_path / "log.jsonl").write_text("\n".join([*lines, '{"kind": "tra']))
    facts = read_run_facts(tmp_path)
    assert facts.curves["a"].train == [(1, 2.0)] and facts.steps == 2


def test_time_in_steps_is_without_that_of_checkpoints(tmp_path: Path) -> None:
    train = {"kind": "train", "step": 9, "seconds": 5.0}
    records = [train, {"kind": "checkpoint", "step": 9, "seconds": 3.0, "bytes": 10}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    assert read_run_facts(tmp_path).seconds == 5.0


def test_a_damaged_checkpoint_only_hides_the_number_of_parameters(tmp_path: Path) -> None:
    run, _ = make_fake_run(tmp_path)
    (run / "checkpoints/00001000/weights.npz").write_bytes(b"PK damaged")
    facts = read_run_facts(run)
    assert facts.num_parameters == 0 and facts.steps == 1000


def test_what_was_scored_beside_the_trainer_stands_where_the_trainer_scored_nothing(
    tmp_path: Path,
) -> None:
    run, _ = make_fake_run(tmp_path)
    records = [
        {"kind": "eval", "step": step, "problem": problem, "log_perplexity": 0.25}
        for step in (30, 60)
        for problem in ("mini_ende", "another")
    ]
    records.append({"kind": "eval", "step": 60, "log_perplexity": 0.25})
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (run / "continuous-validation.jsonl").write_text(lines)
    curves = read_run_facts(run).curves
    assert curves["another"].validation == [(30, 0.25), (60, 0.25)]
    assert len(curves["mini_ende"].validation) == 5


def test_steps_that_were_scored_again_beside_the_trainer_stand_once_and_in_order(
    tmp_path: Path,
) -> None:
    scored = [(30, 0.5), (60, 0.25), (90, 0.125), (30, 0.75), (60, 0.25)]
    records = [
        {"kind": "eval", "step": step, "problem": "a", "log_perplexity": value}
        for step, value in scored
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "continuous-validation.jsonl").write_text(lines)
    curve = read_run_facts(tmp_path).curves["a"]
    assert curve.validation == [(30, 0.75), (60, 0.25), (90, 0.125)]


def test_lines_of_the_log_that_somebody_changed_are_left_out(tmp_path: Path) -> None:
    good = {"kind": "train", "step": 3, "problem": "copy", "loss": 0.5}
    odd = [{"loss": "x"}, {"loss": [1]}, {"loss": 10**400}, {"problem": ["copy"]}, {"kind": {}}]
    lines = [good, *({**good, **one} for one in odd), {"kind": "train", "step": 4, "seconds": "x"}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    facts = read_run_facts(tmp_path)
    assert facts.curves["copy"].train == [(3, 0.5)]
    assert (facts.steps, facts.seconds) == (4, 0.0)


def test_a_number_of_parameters_that_is_left_out_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, _ = make_fake_run(tmp_path)
    path = run / "checkpoints/00001000/weights.npz"
    content = path.read_bytes()
    assert read_run_facts(run).num_parameters == 1234 and not caplog.messages
    path.write_bytes(content.replace(b"NUMPY", b"BUMPY"))
    assert read_run_facts(run).num_parameters == 0
    assert "The number of parameters is left out" in caplog.text


def test_settings_that_are_not_there_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, _ = make_fake_run(tmp_path)
    read_run_facts(run)
    assert not caplog.messages
    (run / "hparams.json").unlink()
    assert read_run_facts(run).hparams == {}
    assert re.search(r"What .*hparams\.json says is left out", caplog.text)
