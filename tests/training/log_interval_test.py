"""What is told of the steps between two lines of the log."""

import io
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.run.logs import RunLog
from t2t_mm.training.log_interval import LogInterval, count_resident_bytes
from t2t_mm.training.progress import Progress
from t2t_mm.training.train_state import TrainState


def metrics(loss: float, tokens: int, load: list[float]) -> dict[str, Any]:
    return {
        "loss": loss,
        "target_tokens": tokens,
        "examples": 2,
        "expert_load": {"encoder": np.array(load)},
    }


def make_interval() -> LogInterval:
    interval = LogInterval()
    interval.add("reverse", metrics(4.0, 10, [1.0, 0.0]))
    interval.add("copy", metrics(1.0, 20, [3.0, 0.0]))
    interval.add("copy", metrics(2.0, 40, [0.0, 1.0]))
    return interval


def report(interval: LogInterval, folder: Path, state: TrainState) -> list[dict[str, Any]]:
    """Reports an interval and returns the records that are new in the log."""
    progress = Progress(["copy", "reverse"], 10, 0, Console(file=io.StringIO()))
    with RunLog(folder, state.step) as log:
        interval.report(state, log, progress, learning_rate=0.5, num_traces=2)
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert progress.totals["copy"].loss == 1.5
    return records


def make_state(step: int = 3) -> TrainState:
    return TrainState(None, InputStreams({}), step=step)  # type: ignore[arg-type]


def test_losses_are_means_and_tokens_are_sums_by_problem() -> None:
    summary = make_interval().summarize()
    assert list(summary) == ["copy", "reverse"]
    copy = summary["copy"]
    assert (copy["loss"], copy["batches"]) == (1.5, 2)
    assert (copy["target_tokens"], copy["examples"]) == (60, 4)
    assert copy["encoder_expert_shares"] == [0.75, 0.25]
    assert summary["reverse"]["encoder_experts_in_use"] == 1.0


def test_a_report_is_a_record_for_each_problem_and_one_for_all(tmp_path: Path) -> None:
    state = make_state()
    state.counts["copy"] = {"batches": 5, "examples": 10, "target_tokens": 100}
    interval = make_interval()
    interval.gradient_norms = [np.float32(1.0), np.float32(3.0)]
    copy, reverse, whole = report(interval, tmp_path, state)
    assert (copy["problem"], copy["loss"]) == ("copy", 1.5)
    assert copy["total"] == {"batches": 7, "examples": 14, "target_tokens": 160, "skipped": 0}
    assert reverse["total"] == {"batches": 1, "examples": 2, "target_tokens": 10, "skipped": 0}
    assert (whole["learning_rate"], whole["traces"], whole["gradient_norm"]) == (0.5, 2, 2.0)
    assert whole["step"] == 3 and "problem" not in whole


def test_what_is_waited_for_belongs_to_the_interval(tmp_path: Path) -> None:
    class Computing(float):
        def __float__(self) -> float:
            time.sleep(0.05)
            return 1.5

    for number, (loss, norms) in enumerate(((Computing(), []), (1.5, [Computing()]))):
        interval = LogInterval()
        interval.add("copy", metrics(loss, 10, [1.0, 0.0]))
        interval.gradient_norms += norms
        folder = tmp_path / str(number)
        folder.mkdir()
        *_, together = report(interval, folder, make_state())
        assert together["seconds"] >= 0.05


def test_the_share_of_padding_is_of_the_positions_of_all_batches(tmp_path: Path) -> None:
    interval = LogInterval()
    for name, positions, padding in (("copy", 100, 50), ("copy", 300, 0), ("reverse", 100, 0)):
        counts = {"positions": positions, "padding_positions": padding}
        interval.add(name, metrics(1.5, 10, [1.0, 0.0]) | counts)
    copy, reverse, whole = report(interval, tmp_path, make_state())
    shares = [record["padded_share"] for record in (copy, reverse, whole)]
    assert shares == [0.125, 0.0, 0.1]
    progress = Progress(["copy", "reverse"], 10, 0, Console(file=io.StringIO()))
    interval.show(progress, 3, 0.5)
    assert (progress.padded_share, progress.totals["copy"].padded_share) == (0.1, 0.125)


def test_skipped_batches_are_counted_and_no_part_of_a_mean(tmp_path: Path) -> None:
    interval, state = make_interval(), make_state()
    interval.add("copy", metrics(math.nan, 10, [1.0, 0.0]))
    interval.add("reverse", metrics(9.0, 10, [1.0, 0.0]) | {"gradient_norm": math.inf})
    interval.metrics["reverse"][0]["gradient_norm"] = 2.0
    interval.gradient_norms = [np.float32(math.inf), np.float32(3.0)]
    copy, reverse, whole = report(interval, tmp_path, state)
    assert (copy["loss"], copy["skipped"], copy["target_tokens"]) == (1.5, 1, 70)
    assert (reverse["loss"], reverse["gradient_norm"], reverse["skipped"]) == (4.0, 2.0, 1)
    assert whole["gradient_norm"] == 3.0
    assert state.counts["copy"]["skipped"] == state.counts["reverse"]["skipped"] == 1


def test_a_problem_whose_batches_were_all_skipped_has_no_loss(tmp_path: Path) -> None:
    interval = make_interval()
    interval.metrics["reverse"] = [metrics(math.inf, 10, [1.0, 0.0])]
    _, reverse, _ = report(interval, tmp_path, make_state())
    assert "loss" not in reverse and reverse["skipped"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_is_written_to_counts_as_memory() -> None:
    before = count_resident_bytes()
    block = np.ones(100_000_000, np.uint8)
    assert 90_000_000 < count_resident_bytes() - before < 200_000_000
    assert block.sum() == 100_000_000


def test_steps_can_be_shown_before_their_interval_ends() -> None:
    output = io.StringIO()
    progress = Progress(["copy", "reverse"], 100, 0, Console(file=output, width=200))
    interval = make_interval()
    interval.show(progress, 10, 0.5)
    assert output.getvalue().startswith("step 10/100  loss: copy 1.500  reverse 4.000  ")
    assert progress.tokens_per_second / progress.examples_per_second == pytest.approx(70 / 6)
    assert len(interval.metrics["copy"]) == 2  # they are still there for the log
