"""A study of three cells over two problems, and runs of it made up in a moment."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from t2t_mm.files.sealed_json import dump_json
from t2t_mm.study.cell_run import CellRun
from t2t_mm.study.definition import Cell, Claim, Row, Study, Table
from t2t_mm.study.study_place import Workplace
from t2t_mm.study.study_runner import prepare_study
from t2t_mm.training.gradient_record import read_gradient_record, write_gradient_record

PAIR = "algorithmic_copy,algorithmic_reverse"
ROW = Row(
    problem="algorithmic_copy",
    label="copying",
    cells={"alone": "alone", "both": "both"},
    reported={"both": 98.5},
)
CLAIM = Claim(text="Reversing helps copying.", better="both", than="alone")
TABLE = Table(title="Copying, alone or not", rows=(ROW,), claims=(CLAIM,), source="A paper.")
STUDY = Study(
    title="Two & a half cells",
    hparams_set="multimodel_tiny",
    cells={
        "both": Cell(problems=PAIR, steps=8),
        "later": Cell(problems="algorithmic_copy", steps=2, warm_start="alone"),
        "alone": Cell(problems="algorithmic_copy", steps=4, hparams="model.dropout=0"),
    },
    tables=(TABLE,),
    seeds=(1, 2),
)
Runs = dict[tuple[str, int], CellRun]


def make_scores(accuracy: float, loss: float = 0.5) -> dict[str, Any]:
    """Scores of one problem as t2t-eval writes them."""
    return {"teacher_forced": {"log_perplexity": loss, "accuracy": accuracy, "examples": 200.0}}


def prepare(folder: Path, study: Study = STUDY) -> Runs:
    """The runs of a study in `folder`, none of them begun."""
    return prepare_study(study, Workplace(folder / "study", folder / "data"))[1]


def write_log(folder: Path, problem: str, *points: tuple[int, float, float | None]) -> Path:
    """Write a run's log: a step, the seconds since the last point and a loss of the problem."""
    folder.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = [{"kind": "checkpoint", "step": 1, "seconds": 50.0}]
    for step, seconds, loss in points:
        records.append({"kind": "train", "step": step, "problem": "other", "loss": 99.0})
        records.append({"kind": "train", "step": step, "problem": problem, "loss": loss})
        records.append({"kind": "train", "step": step, "seconds": seconds})
    text = "".join(dump_json(record) + "\n" for record in records)
    (folder / "log.jsonl").write_text(text, encoding="utf-8")
    return folder


class FakeCommands:
    """Stands in for the commands of a cell: no process is started.

    Args:
        accuracy: (Cell, seed) -> what its run reaches on each problem; of others 50.
        failing: Cells whose training fails.
        diverging: Cells whose loss is not finite.
        without_split: Problems that an evaluation leaves out.
        losses: Cell -> the loss of its runs on each problem; of others 0.5.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        accuracy: Mapping[tuple[str, int], float] | None = None,
        failing: Sequence[str] = (),
        diverging: Sequence[str] = (),
        without_split: Sequence[str] = (),
        losses: Mapping[str, float] | None = None,
    ) -> None:
        self.accuracy, self.failing, self.diverging = accuracy or {}, failing, diverging
        self.without_split, self.losses = without_split, losses or {}
        self.decoded = {"bleu": 9.0}
        self.env: Mapping[str, str] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        monkeypatch.setattr("t2t_mm.study.cell_run.call_command", self)
        monkeypatch.setattr("t2t_mm.study.study_runner.call_command", self)
        monkeypatch.setattr("t2t_mm.study.measuring.call_module", self.measure)
        monkeypatch.setattr("t2t_mm.study.study_runner.is_generated", lambda *_: True)

    def measure(
        self, module: str, arguments: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> str:
        """Stands in for the program that compares gradients."""
        self.env = env
        self.calls.append((module, {"data_dir": arguments[1]}))
        names = list(PAIR.split(","))
        for step, cosine in ((4, 0.1), (8, -0.2)):
            cosines = {one: {other: cosine} for one, other in (names, names[::-1])}
            experts = {name: {"encoder": [0.25, 0.75]} for name in names}
            record = {step: {"cosines": cosines, "experts": experts}}
            run = Path(arguments[0])
            write_gradient_record(run, read_gradient_record(run) | record)
        return "" if "both" not in self.failing else "it failed"

    def __call__(
        self, name: str, arguments: Sequence[str], log: Path, stopped: threading.Event | None = None
    ) -> str:
        flags = dict(flag.removeprefix("--").partition("=")[::2] for flag in arguments)
        self.calls.append((name, flags))
        if name == "datagen":
            return ""
        run = Path(flags["output_dir"])
        cell, seed = run.parent.name, int(run.name.removeprefix("seed_"))
        if name == "trainer" and cell in self.failing:
            return "t2t-trainer: error: 5 batches in a row had no finite loss"
        if name == "trainer":
            (run / "checkpoints" / f"{int(flags['train_steps']):08d}").mkdir(
                parents=True, exist_ok=True
            )
            return ""
        loss = float("nan") if cell in self.diverging else self.losses.get(cell, 0.5)
        scores = make_scores(self.accuracy.get((cell, seed), 50.0), loss)
        if "decode" in flags:
            scores |= self.decoded
        named = flags["problems"].split(",")
        written = {name: scores for name in named if name not in self.without_split}
        Path(flags["scores_file"]).write_text(dump_json(written))
        return ""
