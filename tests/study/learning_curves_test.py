"""Losses by seconds: the mean of the runs that have them, and what a log lacks is left out."""

from pathlib import Path

from small_study import write_log

from t2t_mm.study.learning_curves import average_curves


def test_a_point_is_the_mean_of_all_runs_at_its_step(tmp_path: Path) -> None:
    first = write_log(tmp_path / "1", "copy", (100, 10.0, 4.0), (200, 5.0, 2.0))
    second = write_log(tmp_path / "2", "copy", (100, 20.0, 5.0), (200, 7.0, 1.0))
    assert average_curves([first, second], "copy") == [(15.0, 4.5), (21.0, 1.5)]
    assert average_curves([first], "copy") == [(10.0, 4.0), (15.0, 2.0)]


def test_a_step_counts_where_every_run_has_a_loss(tmp_path: Path) -> None:
    first = write_log(tmp_path / "1", "copy", (100, 10.0, 4.0), (200, 5.0, 2.0))
    second = write_log(tmp_path / "2", "copy", (100, 20.0, None), (200, 7.0, 1.0), (300, 9.0, 0.5))
    assert average_curves([first, second], "copy") == [(21.0, 1.5)]
    assert average_curves([first, tmp_path / "without_log"], "copy") == []
    assert average_curves([first], "unknown") == average_curves([], "copy") == []


def test_a_log_that_somebody_changed_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    run = write_log(tmp_path / "1", "copy", (100, 10.0, 4.0))
    with (run / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"kind": "train", "step": 200, "problem": "copy", "loss": "none"}\n')
        log.write('{"kind": "train", "step": 200}\n{"kind": "tra')
    assert average_curves([run], "copy") == [(10.0, 4.0)]
