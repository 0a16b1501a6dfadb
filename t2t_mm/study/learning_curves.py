"""How the loss of a cell's runs fell over the seconds of their training."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from t2t_mm.files.json_records import read_records
from t2t_mm.report.run_facts import read_number

Points = list[tuple[float, float]]
"""Seconds of training, and loss."""


def average_curves(folders: Iterable[Path], problem: str) -> Points:
    """Return a problem's training loss by seconds, each point the mean of the runs at one step.

    Only steps count at which all runs have logged a loss of the problem.

    Args:
        folders: Runs of one cell, one of each seed.
        problem: One that they were trained on.

    Returns:
        Nats per symbol or class, by the seconds that the updates so far have taken, in order.
    """
    curves = [_read_curve(folder, problem) for folder in folders]
    if not curves:
        return []
    steps = sorted(set.intersection(*(set(curve) for curve in curves)))
    return [
        (
            sum(curve[step][0] for curve in curves) / len(curves),
            sum(curve[step][1] for curve in curves) / len(curves),
        )
        for step in steps
    ]


def _read_curve(folder: Path, problem: str) -> dict[int, tuple[float, float]]:
    """Read a run's log: step -> seconds so far, loss."""
    spent, losses, seconds = 0.0, {}, {}
    for record in read_records(folder / "log.jsonl"):
        step = int(record["step"])
        if record["kind"] == "train" and "problem" not in record:
            spent += read_number(record, "seconds")
            seconds[step] = spent
        elif record["kind"] == "train" and record["problem"] == problem:
            losses[step] = read_number(record, "loss")
    found = {step: (seconds.get(step, math.nan), loss) for step, loss in losses.items()}
    return {step: point for step, point in found.items() if all(map(math.isfinite, point))}
