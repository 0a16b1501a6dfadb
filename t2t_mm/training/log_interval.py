"""The steps between two lines of the log: what is told of them, by problem and altogether."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.evaluation.expert_use import describe_expert_use
from t2t_mm.run.logs import RunLog
from t2t_mm.training.objective import StepMetrics
from t2t_mm.training.progress import Progress
from t2t_mm.training.train_state import TrainState

_SUMS = frozenset({"target_tokens", "examples", "padded_tokens", "positions", "padding_positions"})


class LogInterval:
    """Keeps the metrics of the steps since the last line, without waiting for them.

    Example:
        >>> interval = LogInterval()
        >>> for loss in (2.0, 1.0):
        ...     interval.add("mini_ende", {"loss": loss, "target_tokens": 30, "expert_load": {}})
        >>> interval.summarize()
        {'mini_ende': {'loss': 1.5, 'target_tokens': 60.0, 'batches': 2.0, 'skipped': 0.0}}
    """

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.metrics: dict[str, list[StepMetrics]] = {}
        self.gradient_norms: list[Any] = []
        self.drawn: list[str] = []

    def add(self, name: str, metrics: StepMetrics) -> None:
        """Keep the metrics of one batch of the problem `name`."""
        self.metrics.setdefault(name, []).append(metrics)
        self.drawn.append(name)

    def report(
        self,
        state: TrainState,
        log: RunLog,
        progress: Progress,
        *,
        learning_rate: float,
        num_traces: int,
    ) -> None:
        """Tell the log and the person who watches what the steps were like.

        Args:
            state: After the last of them; what each problem has received is added up in it.
            log: Gets a record for each problem, and one for all with the problem of every batch:
                "drawn", their places in the run's order.
            progress: Gets the loss of each problem.
            learning_rate: Of the last step.
            num_traces: Graphs traced since the start.
        """
        norms = [norm for norm in map(float, self.gradient_norms) if np.isfinite(norm)]
        by_problem = self.summarize()  # both wait for the last step, whose time belongs to these
        seconds = time.monotonic() - self.start
        places = {name: place for place, name in enumerate(progress.totals)}
        _tell_speed(progress, by_problem, seconds, learning_rate)
        for name, values in by_problem.items():
            counts = state.counts.setdefault(name, {})
            for key in ("batches", "examples", "target_tokens", "skipped"):
                counts[key] = counts.get(key, 0) + int(values[key])
            progress.totals[name].examples += int(values["examples"])
            progress.totals[name].target_tokens += int(values["target_tokens"])
            log.write("train", state.step, {**values, "total": counts}, problem=name)
        summary: dict[str, Any] = {
            "drawn": [places[name] for name in self.drawn],
            "learning_rate": learning_rate,
            "target_tokens_per_second": progress.tokens_per_second,
            "examples_per_second": progress.examples_per_second,
            "seconds": seconds,
            "traces": num_traces,
            "resident_bytes": count_resident_bytes(),
        }
        if norms:
            summary["gradient_norm"] = float(np.mean(norms))
        summary |= compute_padded_share(by_problem.values())
        log.write("train", state.step, summary)
        progress.skipped = sum(counts.get("skipped", 0) for counts in state.counts.values())
        progress.show_interval(state.step, _find_losses(by_problem))

    def show(self, progress: Progress, step: int, learning_rate: float) -> None:
        """Show the steps so far, before the interval ends.

        Args:
            progress: Gets the loss of each problem.
            step: The last of them.
            learning_rate: Of that.
        """
        by_problem = self.summarize()
        _tell_speed(progress, by_problem, time.monotonic() - self.start, learning_rate)
        progress.show_interval(step, _find_losses(by_problem))

    def summarize(self) -> dict[str, dict[str, Any]]:
        """Return means of losses and norms, sums of tokens and examples, and the experts' use.

        Means are of the batches that were not skipped; where all were, there are none.
        """
        result: dict[str, dict[str, Any]] = {}
        for name, batches in sorted(self.metrics.items()):
            scalars = [key for key in batches[0] if key != "expert_load"]
            columns = {key: np.array([float(b[key]) for b in batches]) for key in scalars}
            counts = np.isfinite(columns["loss"] + columns.get("gradient_norm", 0.0))
            result[name] = {
                key: float(values.sum() if key in _SUMS else values[counts].mean())
                for key, values in columns.items()
                if key in _SUMS or counts.any()
            }
            result[name] |= {"batches": float(len(batches)), "skipped": float((~counts).sum())}
            result[name] |= compute_padded_share([result[name]])
            result[name] |= describe_expert_use(batch["expert_load"] for batch in batches)
        return result


def _tell_speed(
    progress: Progress,
    by_problem: Mapping[str, Mapping[str, float]],
    seconds: float,
    learning_rate: float,
) -> None:
    tokens, examples = (
        sum(values[key] for values in by_problem.values()) for key in ("target_tokens", "examples")
    )
    progress.learning_rate = learning_rate
    progress.tokens_per_second = tokens / max(seconds, 1e-9)
    progress.examples_per_second = examples / max(seconds, 1e-9)
    progress.padded_share = compute_padded_share(by_problem.values()).get("padded_share", 0.0)
    for name, values in by_problem.items():
        progress.totals[name].padded_share = values.get("padded_share", 0.0)


def _find_losses(by_problem: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: values.get("loss", float("nan")) for name, values in by_problem.items()}


def compute_padded_share(counts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the share of positions that are padding as "padded_share"; none where none counts.

    Example:
        >>> compute_padded_share([{"positions": 30, "padding_positions": 3}, {"positions": 0}])
        {'padded_share': 0.1}
    """
    known = list(counts)
    positions, padded = (
        sum(one.get(key, 0) for one in known) for key in ("positions", "padding_positions")
    )
    return {"padded_share": padded / positions} if positions else {}


def count_resident_bytes() -> int:
    """Return the bytes of this process that are in memory now; 0 where the system does not tell.

    Example:
        >>> count_resident_bytes() > 1_000_000
        True
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
