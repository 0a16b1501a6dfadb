"""From the runs of a study to the numbers of its tables and what its claims come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import find_results
from t2t_mm.scoring.intervals import Statistics
from t2t_mm.scoring.metrics import METRICS
from t2t_mm.study.cell_run import DONE, CellRun
from t2t_mm.study.checked_study import CheckedStudy
from t2t_mm.study.definition import Claim, Row, Table
from t2t_mm.study.learning_curves import average_curves
from t2t_mm.study.scored_metric import ScoredMetric, choose_metric
from t2t_mm.study.seed_statistics import (
    CONTRADICTED,
    OPEN,
    SUPPORTED,
    bootstrap_difference,
    judge,
    summarize,
)
from t2t_mm.training.gradient_record import read_gradient_record

Runs = Mapping[tuple[str, int], CellRun]
Values = dict[int, float]
"""By seed."""


def collect_results(checked: CheckedStudy, runs: Runs) -> dict[str, Any]:
    """Collect what a study has found so far; only runs that are done count.

    Args:
        checked: The study.
        runs: By cell and seed.

    Returns:
        What `study.json` holds: the study's `title`, `split` and `limit`, its `cells` with the
        state of each run, its `tables` with rows and claims, and the `gradients` of a run. The
        `curve` of a place is the training loss in nats by seconds of training, mean over seeds.
    """
    study = checked.study
    cells: dict[str, Any] = {name: {**checked.describe(name), "runs": {}} for name in study.cells}
    for (name, seed), run in runs.items():
        state, reason = run.read_state()
        record = run.read_record()
        seconds = record.seconds if record else 0.0
        cells[name]["runs"][str(seed)] = {
            "state": state,
            "reason": reason,
            "seconds": seconds,
            "folder": run.address,
        }
    return {
        "title": study.title,
        "split": study.split,
        "limit": study.limit,
        "cells": cells,
        "tables": [_fill_table(table, runs, checked.find) for table in study.tables],
        "gradients": _collect_gradients(study.gradients_of, runs),
    }


def _collect_gradients(cell: str, runs: Runs) -> dict[str, Any]:
    """Collect what was measured of the first run of a cell, by step; empty where nothing was."""
    for (name, seed), run in runs.items():
        if name == cell and (record := read_gradient_record(run.folder)):
            steps = {str(step): record[step] for step in sorted(record)}
            return {"cell": cell, "seed": seed, "folder": run.address, "steps": steps}
    return {}


def _fill_table(table: Table, runs: Runs, find: Callable[[str], Problem]) -> dict[str, Any]:
    metrics = [choose_metric(table, row, find) for row in table.rows]
    return {
        "title": table.title,
        "note": table.note,
        "source": table.source,
        "columns": table.columns,
        "rows": [_fill_row(row, one, runs) for row, one in zip(table.rows, metrics, strict=True)],
        "claims": [_judge_claim(claim, table, metrics, runs) for claim in table.claims],
        "gains": _collect_gains(table, metrics, runs) if table.gains_over else {},
    }


def _collect_gains(
    table: Table, metrics: Sequence[ScoredMetric], runs: Runs
) -> dict[str, dict[str, Any]]:
    """Collect by column, and by the label of a row, its gain over the column that all are over."""
    found = {}
    for column in table.columns:
        if column != table.gains_over:
            claim = Claim(text="", better=column, than=table.gains_over)
            judged = _judge_claim(claim, table, metrics, runs)
            found[column] = {row["label"]: row for row in judged["rows"]}
    return found


def _fill_row(row: Row, metric: ScoredMetric, runs: Runs) -> dict[str, Any]:
    places = {}
    for column, cell in row.cells.items():
        values = _read_values(row, metric, column, runs)
        found = summarize(list(values.values()))
        states = [run.read_state()[0] for (name, _), run in runs.items() if name == cell]
        curve = average_curves([runs[cell, seed].folder for seed in values], row.problem)
        places[column] = {
            "cell": cell,
            "missing": {one: states.count(one) for one in states if one != DONE},
            "values": {str(seed): value for seed, value in values.items()},
            "mean": found.mean if found else None,
            "deviation": found.deviation if found else None,
            "reported": row.reported.get(column),
            "curve": [[round(seconds, 2), round(loss, 4)] for seconds, loss in curve],
        }
    return {
        "label": row.label or row.problem,
        "problem": row.problem,
        "metric": metric.label,
        "lower_is_better": metric.lower_is_better,
        "places": places,
    }


def _read_values(row: Row, metric: ScoredMetric, column: str, runs: Runs) -> Values:
    """Read the row's score in a column of each seed whose run is done."""
    values = {}
    for (name, seed), run in runs.items():
        if name == row.cells.get(column) and run.read_state()[0] == DONE:
            value = metric.read(run.read_scores().get(row.problem, {}))
            if value is not None:
                values[seed] = value
    return values


def _judge_claim(
    claim: Claim, table: Table, metrics: Sequence[ScoredMetric], runs: Runs
) -> dict[str, Any]:
    rows, all_gains = [], []
    for row, metric in zip(table.rows, metrics, strict=True):
        if claim.better in row.cells and claim.than in row.cells:
            better = _read_values(row, metric, claim.better, runs)
            than = _read_values(row, metric, claim.than, runs)
            gains = {seed: metric.gain(better[seed], than[seed]) for seed in better if seed in than}
            all_gains.append(gains)
            found = summarize(list(gains.values()))
            interval = found.interval if found else None
            rows.append(
                {
                    "label": row.label or row.problem,
                    "gains": {str(seed): gain for seed, gain in gains.items()},
                    "mean": found.mean if found else None,
                    "interval": interval,
                    "example_interval": _resample(claim, row, metric, list(gains), runs),
                    "verdict": judge(interval, claim.margin),
                }
            )
    known = [gains for gains in all_gains if gains]
    seeds = [seed for seed in (known or [{}])[0] if all(seed in gains for gains in known)]
    means = [sum(gains[seed] for gains in known) / len(known) for seed in seeds]
    found = summarize(means)
    interval = found.interval if found else None
    return {
        **dataclasses.asdict(claim),
        "rows": rows,
        "seeds": len(seeds),
        "mean": found.mean if found else None,
        "interval": interval,
        "verdict": judge(interval, claim.margin),
    }


def _resample(
    claim: Claim, row: Row, metric: ScoredMetric, seeds: Sequence[int], runs: Runs
) -> list[float] | None:
    """Return the interval of the mean gain that resampling the decoded examples gives."""
    if not metric.metric:
        return None
    pairs = []
    for seed in seeds:
        than, better = (
            _count_outputs(runs[row.cells[column], seed], row.problem, metric.metric)
            for column in (claim.than, claim.better)
        )
        if than is None or better is None:
            return None
        pairs.append((than, better))
    found = bootstrap_difference(pairs, metric.key)
    return [-found[1], -found[0]] if found and metric.lower_is_better else found


def _count_outputs(run: CellRun, problem: str, metric: str) -> Statistics | None:
    """Count what each example's output adds to a score; None, which is told, without outputs."""
    try:
        found = find_results(run.folder, run.split, run.limit, run.cell.steps)
        kept, result = found[problem]
        return METRICS[metric].count(kept.read_outputs(problem, result))
    except (KeyError, UserError) as error:
        why = error if isinstance(error, UserError) else f"{run.folder} has no outputs of it."
        warn_once(f"No interval of the choice of examples for {problem}: {why}")
        return None


def write_sentence(claim: Mapping[str, Any]) -> str:
    """Write in one sentence what a claim comes to.

    Args:
        claim: One of a table's, as `collect_results` gives it.

    Example:
        >>> rows = [{"verdict": "supported", "mean": 1.0}, {"verdict": "open", "mean": 2.0}]
        >>> claim = {"text": "French helps.", "verdict": "supported", "mean": 1.5, "seeds": 3}
        >>> write_sentence({**claim, "rows": rows, "interval": [0.5, 2.5], "margin": 0.0})
        'Supported: French helps. Mean gain +1.50 (95%: +0.50 to +2.50, 3 seeds); of 2 rows 1
        supported, 0 contradicted, 1 open.'
    """
    said = f"{claim['verdict'].capitalize()}: {claim['text']}"
    if claim["mean"] is None:
        return f"{said} No seed has a pair of runs in every row."
    seeds = f"{claim['seeds']} seed{'s' * (claim['seeds'] != 1)}"
    around = (
        "95%: {:+.2f} to {:+.2f}, ".format(*claim["interval"])
        if claim["interval"]
        else "one seed has no interval; "
    )
    margin = f", where a loss of up to {claim['margin']:g} is none" if claim["margin"] else ""
    mean = f"{said} Mean gain {claim['mean']:+.2f} ({around}{seeds}{margin})"
    if len(claim["rows"]) == 1:
        return f"{mean}."
    verdicts = [row["verdict"] for row in claim["rows"] if row["mean"] is not None]
    counts = ", ".join(f"{verdicts.count(one)} {one}" for one in (SUPPORTED, CONTRADICTED, OPEN))
    missing = len(claim["rows"]) - len(verdicts)
    without = f", {missing} without a pair of runs and not in the mean" if missing else ""
    return f"{mean}; of {len(claim['rows'])} rows {counts}{without}."
