"""What is left to do of a study, and how long it takes by what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from t2t_mm.study.cell_run import DIVERGED, DONE, CellRun
from t2t_mm.study.checked_study import CheckedStudy


class CellPlan(NamedTuple):
    """What is to be done for a cell.

    Attributes:
        name: Its name.
        problems: Full names.
        steps: Of each run.
        done: Runs that are done.
        runs: All its runs that count: not those that have diverged, which are not begun again.
        unscored: Runs that have made all their steps, and are not scored by all that is asked.
        seconds: Of a run; None: not known.
        is_measured: Whether runs of the cell itself have told them, not those of others by steps.
    """

    name: str
    problems: Sequence[str]
    steps: int
    done: int
    runs: int
    unscored: int
    seconds: float | None
    is_measured: bool


def plan_study(checked: CheckedStudy, runs: Mapping[tuple[str, int], CellRun]) -> list[CellPlan]:
    """Plan what is left of a study; times are those of the runs that are done, or only unscored.

    Args:
        checked: The study.
        runs: As `prepare_study` gives them.
    """
    states = {key: run.read_state()[0] for key, run in runs.items()}
    trained = {
        key: record.seconds
        for key, run in runs.items()
        if states[key] != DIVERGED and run.is_trained() and (record := run.read_record())
    }
    steps = sum(checked.cells[name].steps for name, _ in trained)
    each = sum(trained.values()) / steps if steps else None
    plans = []
    for name, cell in checked.cells.items():
        own = [seconds for key, seconds in trained.items() if key[0] == name]
        seconds = sum(own) / len(own) if own else each and each * cell.steps
        of_cell = [state for key, state in states.items() if key[0] == name]
        done = of_cell.count(DONE)
        plans.append(
            CellPlan(
                name,
                cell.problems,
                cell.steps,
                done=done,
                runs=len(of_cell) - of_cell.count(DIVERGED),
                unscored=len(own) - done,
                seconds=seconds,
                is_measured=bool(own),
            )
        )
    return plans
