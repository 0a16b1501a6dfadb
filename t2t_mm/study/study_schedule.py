"""`complete_runs`: make the runs of a study that are not done, in their order, several at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from t2t_mm.files.disk import is_claimed
from t2t_mm.study.cell_run import DIVERGED, DONE, CellRun
from t2t_mm.study.checked_study import CheckedStudy

Key = tuple[str, int]


def complete_runs(
    checked: CheckedStudy,
    runs: Mapping[Key, CellRun],
    tell: Callable[[str], None],
) -> None:
    """Complete each run that is not done; those that fail are marked, and the others go on.

    Args:
        checked: The study, which says how many are made at once; each is a process of its own.
        runs: By cell and seed, in the order in which they are begun.
        tell: Is given a line at the start and the end of each.

    Raises:
        KeyboardInterrupt: Ctrl-C, after those that were running have saved.
    """
    at_once = checked.study.num_concurrent_runs
    schedule = _Schedule(checked, runs, tell)
    going: dict[Future[None], Key] = {}
    with ThreadPoolExecutor(at_once) as pool:
        try:
            while True:
                while len(going) < at_once and (key := schedule.begin_next()):
                    going[pool.submit(runs[key].complete)] = key
                if not going:
                    return
                for future in wait(going, return_when=FIRST_COMPLETED).done:
                    schedule.end(going.pop(future))
                    future.result()
        except BaseException:
            for run in runs.values():
                run.stop()
            raise


class _Schedule:
    """Which run is begun next, and what is told of each."""

    def __init__(
        self, checked: CheckedStudy, runs: Mapping[Key, CellRun], tell: Callable[[str], None]
    ) -> None:
        self._checked, self._runs, self._tell = checked, runs, tell
        numbered = enumerate(runs, 1)
        self._titles = {key: f"{n}/{len(runs)} {key[0]}, seed {key[1]}" for n, key in numbered}
        self._waiting = [
            key for key, run in runs.items() if run.read_state()[0] not in (DONE, DIVERGED)
        ]
        self._going: dict[Key, float] = {}  # the start, less what it had taken before

    def begin_next(self) -> Key | None:
        """Take the first run that may begin; None where none may now."""
        budget = self._checked.study.budget_seconds
        if budget and self._waiting and (spent := self._sum_spent()) >= budget:
            self._tell(f"the budget of {budget:,.0f} s is spent ({spent:,.0f} s): no other begins")
            self._waiting.clear()
        for key in list(self._waiting):
            source = self._checked.cells[key[0]].cell.warm_start, key[1]
            if source in self._waiting or source in self._going:
                continue
            self._waiting.remove(key)
            if source[0] and self._runs[source].read_state()[0] != DONE:
                self._tell(f"{self._titles[key]}: not begun, since {source[0]} is not done")
                continue
            self._going[key] = time.monotonic() - sum_seconds([self._runs[key]])
            cell = self._runs[key].cell
            what = f"{cell.steps:,} steps of {', '.join(cell.problems)}"
            if is_claimed(self._runs[key].folder):  # a killed study leaves its trainers
                what += ", once the command that is at work there has ended"
            self._tell(f"{self._titles[key]}: {what}")
            return key
        return None

    def end(self, key: Key) -> None:
        """Tell how a run that was begun has ended."""
        del self._going[key]
        state, reason = self._runs[key].read_state()
        record = self._runs[key].read_record()
        seconds = f" in {record.seconds:,.0f} s" if record else ""
        self._tell(f"{self._titles[key]}: {state}{seconds}{reason and ': '}{reason}")

    def _sum_spent(self) -> float:
        """Sum what all runs have taken, those that are under way too, which keep it at their end.

        What one has kept whose end is not told yet counts once.
        """
        others = [run for key, run in self._runs.items() if key not in self._going]
        return sum_seconds(others) + sum(time.monotonic() - since for since in self._going.values())


def sum_seconds(runs: Iterable[CellRun]) -> float:
    """Sum the seconds that runs have taken, over all calls; of two at once each counts its own."""
    records = [run.read_record() for run in runs]
    return float(sum(record.seconds for record in records if record))
