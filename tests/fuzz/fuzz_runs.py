"""Damaged files of a run, through every command that reads one.

    python tests/fuzz/fuzz_runs.py --seed=1 --count=2000 --backend=jax --trained_on=tensorflow

Every damaged file gives an error of one line, or the undamaged result, or says what was done
instead. At the end a table says what was told. A law that was broken ends the program with exit
code 1; the line that does it again is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.attempts import Said, is_same, judge, run_attempt  # noqa: E402
from fuzz.damage import EDITED, damage_file, list_kinds  # noqa: E402
from fuzz.program import Attempt, run_program  # noqa: E402
from fuzz.run_commands import COMMANDS, name_file, starts_processes  # noqa: E402
from fuzz.specimen import PROBLEM, Specimen, make_specimen  # noqa: E402

UNGUARDED = ("log.jsonl", "tensorboard", "environment.json")
"""Files whose numbers nothing guards: records of what was, which no model is made of."""
SHARE_OF_NEEDED = 0.92
"""Of the attempts damage what the command reads, and the newest checkpoint."""


class RunFuzzer:
    """Damages one file after the other and calls one command on each.

    Args:
        specimen: The runs.
        backend: Keras's, in this process.
        names: Some of the commands; empty: all.
    """

    def __init__(self, specimen: Specimen, backend: str, names: Collection[str] = ()) -> None:
        self.specimen = specimen
        self.commands = {
            name: command
            for name, command in COMMANDS.items()
            if command.backend in ("", backend)
            and (not names or name in names)
            and (command.may_start or not starts_processes())
        }
        self._whole: dict[str, Said] = {}

    def attempt(self, seed: int) -> Attempt:
        """Make one attempt, all of it drawn by dice of this seed."""
        dice = Random(seed)
        names = list(self.commands)
        name = dice.choices(names, [self.commands[one].weight for one in names])[0]
        path = self._draw_file(dice, self.commands[name].needs)
        other = self._find_other(path)
        kind, what = dice.choice(list_kinds(path, has_other=other is not None)), name_file(path)
        work = self.specimen.work / path.relative_to(self.specimen.whole)
        whole = self._call_whole(name)
        said = self._call(name, lambda: damage_file(work, kind, dice, other))
        command = self.commands[name]
        is_in_the_way = kind == "folder in its place" and what in command.writes
        outcome = judge(
            said,
            whole,
            may_fail=what in command.needs or is_in_the_way,
            may_differ=what in UNGUARDED or kind in EDITED,
        )
        return Attempt(name, what, kind, outcome, said, whole)

    def _call_whole(self, name: str) -> Said:
        """Return what a command gives where nothing is damaged: the same each time."""
        if name not in self._whole:
            first, second = self._call(name), self._call(name)
            assert first.code == second.code == 0, (name, first)
            assert is_same(first.result, second.result), f"{name} gives other results each time"
            self._whole[name] = first
        return self._whole[name]

    def _call(self, name: str, damage: Callable[[], None] = lambda: None) -> Said:
        command = self.commands[name]
        self.specimen.renew()
        damage()
        return run_attempt(
            lambda: command.call(self.specimen), lambda: command.read_result(self.specimen)
        )

    def _draw_file(self, dice: Random, needs: Collection[str]) -> Path:
        """Draw a kind of file, mostly of those that a command reads, then a file of it."""
        run = self.specimen.whole / self.specimen.run().relative_to(self.specimen.work)
        by_kind: dict[str, list[Path]] = {}
        for path in sorted(run.rglob("*")):
            if path.is_file() and path.name != "study.log":
                by_kind.setdefault(name_file(path), []).append(path)
        is_needed = dice.random() < SHARE_OF_NEEDED
        kinds = [kind for kind in sorted(by_kind) if not is_needed or kind in needs]
        files = by_kind[dice.choice(kinds)]
        return files[-1] if dice.random() < SHARE_OF_NEEDED else dice.choice(files)

    def _find_other(self, path: Path) -> Path | None:
        """Find the same file of the other run, where it is another.

        Results are of another run if its outputs are: by these they are known.
        """
        other = Path(*("two" if part == "one" else part for part in path.parts))
        known_by = path.name
        if known_by == "results.json":
            known_by = f"{PROBLEM.replace('/', '_')}.outputs.jsonl"
        first, second = path.with_name(known_by), other.with_name(known_by)
        is_other = second.is_file() and first.read_bytes() != second.read_bytes()
        return other if is_other else None


def make_fuzzer(folder: Path, backend: str, trained_on: str) -> RunFuzzer:
    """Make the runs that are damaged."""
    return RunFuzzer(make_specimen(folder, trained_on), backend)


if __name__ == "__main__":
    raise SystemExit(run_program(__doc__ or "", make_fuzzer))
