"""What a run's folder tells of it: settings, circumstances, size and how its loss fell."""

from __future__ import annotations

import datetime
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.files.json_records import read_records
from t2t_mm.files.sealed_json import read_sealed
from t2t_mm.run.checkpoint import WEIGHTS, CheckpointStore

Points = list[tuple[int, float]]  # step, value


@dataclass(frozen=True)
class Curve:
    """How one problem was learned; logarithms natural, per token or class.

    Args:
        train: Step and training loss, which label smoothing keeps above zero.
        validation: Step and log perplexity on the validation split.
    """

    train: Points = field(default_factory=list)
    validation: Points = field(default_factory=list)


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run; what its folder does not tell is left out or zero.

    Args:
        hparams: Its settings by section.
        environment: What it was made with.
        curves: By problem.
        steps: Updates made.
        seconds: Time spent in updates, without evaluations and checkpoints.
        num_parameters: Weights of the model; 0 where there is no checkpoint.
        problems: Names of all that it is trained on, scored or not.
    """

    hparams: Mapping[str, Mapping[str, Any]]
    environment: Mapping[str, Any]
    curves: Mapping[str, Curve]
    steps: int
    seconds: float
    num_parameters: int
    problems: Sequence[str] = ()


def read_run_facts(output_dir: Path) -> RunFacts:
    """Read the JSON files of a run, `log.jsonl` and the newest checkpoint's sizes."""
    curves: dict[str, Curve] = {}
    steps, seconds = 0, 0.0
    for record in read_records(output_dir / "log.jsonl"):
        steps = max(steps, int(record["step"]))
        problem = str(record.get("problem", ""))
        if not problem:
            spent = read_number(record, "seconds") if record["kind"] == "train" else 0.0
            seconds += spent if math.isfinite(spent) else 0.0
            continue
        curve = curves.setdefault(problem, Curve())
        key, points = {
            "train": ("loss", curve.train),
            "eval": ("log_perplexity", curve.validation),
        }.get(str(record["kind"]), ("", []))
        if math.isfinite(value := read_number(record, key)):
            points.append((int(record["step"]), value))
    _add_continuous(curves, output_dir)
    return RunFacts(
        hparams=_read_json(output_dir / "hparams.json"),
        environment=_read_json(output_dir / "environment.json"),
        curves=curves,
        steps=steps,
        seconds=seconds,
        num_parameters=_count_parameters(output_dir),
        problems=[task["name"] for task in _read_json(output_dir / "run.json").get("tasks", [])],
    )


def _add_continuous(curves: dict[str, Curve], output_dir: Path) -> None:
    """Add what was scored beside the trainer, to problems that it has not scored itself."""
    scored = {name for name, curve in curves.items() if curve.validation}
    found: dict[str, dict[int, float]] = {}  # a step that was scored again counts once
    for record in read_records(output_dir / "continuous-validation.jsonl"):
        name, value = str(record.get("problem", "")), read_number(record, "log_perplexity")
        if name and name not in scored and math.isfinite(value):
            found.setdefault(name, {})[int(record["step"])] = value
    for name, points in found.items():
        curves.setdefault(name, Curve()).validation.extend(sorted(points.items()))


def read_number(record: Mapping[str, Any], name: str) -> float:
    """Return a number of a line of a log; of a line that somebody changed it may be none."""
    try:
        return float(record.get(name, math.nan))
    except (TypeError, ValueError, OverflowError):
        return math.nan


def list_facts(
    facts: RunFacts, scored: Sequence[str], split: str, step: int = 0
) -> list[tuple[str, str]]:
    """List the facts that a reader wants first, each with its name.

    Args:
        facts: Of the run.
        scored: Names of the problems that were scored; some of the run's, or all.
        split: The split that they were scored on.
        step: Of the checkpoint that was scored; 0: not known.
    """
    num_problems = len(facts.problems) or len(scored)
    left_out = [name for name in facts.problems if name not in scored]
    which = f", {len(scored)} of {num_problems} problems" if left_out else ""
    model, machine = facts.hparams.get("model", {}), facts.environment.get("machine", {})
    cores = f"{machine['cores']} cores" if machine.get("cores") else ""
    found = [
        ("problems", str(num_problems)),
        ("parameters", f"{facts.num_parameters:,}" if facts.num_parameters else ""),
        ("training", f"{facts.steps:,} steps" if facts.steps else ""),
        ("time in steps", format_duration(facts.seconds) if facts.seconds else ""),
        ("machine", ", ".join(part for part in (cores, machine.get("cpu")) if part)),
        ("body width", str(model.get("width", ""))),
        ("experts", _describe_experts({**model, **facts.hparams.get("experts", {})})),
        ("begun", _format_first_start(facts.environment)),
        ("seed", str(facts.environment.get("seed", ""))),
        ("scored on", f"{split} split{which}"),
        ("scored at", f"step {step:,}" if step else ""),
        ("not scored", ", ".join(left_out)),
    ]
    return [(name, value) for name, value in found if value]


def _describe_experts(experts: Mapping[str, Any]) -> str:
    """Describe how many there are; runs of 0.1.0 keep them in the section of the model."""
    if not experts.get("use_experts", True) or not experts.get("num_experts"):
        return ""
    return f"{experts['num_experts']}, {experts.get('experts_per_token', '?')} per position"


def _format_first_start(environment: Mapping[str, Any]) -> str:
    """Write when the run was first started, however often it was resumed."""
    starts: Sequence[Mapping[str, Any]] = [*environment.get("earlier", []), environment]
    try:
        return datetime.datetime.fromisoformat(starts[0]["time"]).strftime("%Y-%m-%d %H:%M")
    except (KeyError, ValueError):
        return ""


def format_duration(seconds: float) -> str:
    """Write a time as hours and minutes, or as minutes and seconds.

    Example:
        >>> format_duration(3725)
        '1 h 2 min'
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        warn_once(f"What {path} says is left out: it is not there.")
        return {}
    return read_sealed(path)


def _count_parameters(output_dir: Path) -> int:
    """Sum the sizes in the headers of the newest checkpoint's arrays; read none of them whole."""
    checkpoint = CheckpointStore(output_dir).find_latest()
    if checkpoint is None or not (checkpoint.path / WEIGHTS).exists():
        return 0
    try:
        with zipfile.ZipFile(checkpoint.path / WEIGHTS) as arrays:
            # The state of a random generator is no parameter.
            names = [name for name in arrays.namelist() if "seed_generator" not in name]
            return sum(_count_entries(arrays, name) for name in names)
    except Exception as error:  # damage has many names in a reader of archives
        path = checkpoint.path / WEIGHTS
        warn_once(f"The number of parameters is left out: {path} is damaged: {error}")
        return 0  # scores can be shown all the same


def _count_entries(arrays: zipfile.ZipFile, name: str) -> int:
    with arrays.open(name) as file:
        np.lib.format.read_magic(file)  # NumPy writes version 1 but of headers above 64 KiB
        return math.prod(np.lib.format.read_array_header_1_0(file)[0])
