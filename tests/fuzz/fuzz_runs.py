"""Damaged files of a run, through every command that reads one.

    python tests/fuzz/fuzz_runs.py --seed=1 --count=2000 --backend=jax --trained_on=tensorflow

Every damaged file gives an error of one line, or the undamaged result, or says what was done
instead. At the end a table says what was told. A law that was broken ends the program with exit
code 1; the line that does it again is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.attempts import BROKEN, Said, explain, free_memory, is_same, judge, run_attempt  # noqa: E402
from fuzz.damage import EDITED, damage_file, list_kinds  # noqa: E402
from fuzz.run_commands import COMMANDS, name_file  # noqa: E402
from fuzz.specimen import Specimen, make_specimen  # noqa: E402
from fuzz.told_table import print_table  # noqa: E402

UNGUARDED = ("log.jsonl", "tensorboard", "environment.json")
"""Files whose numbers nothing guards: records of what was, which no model is made of."""
SHARE_OF_NEEDED = 0.85
"""Of the attempts damage what the command reads, and the newest checkpoint."""


class RunFuzzer:
    """Damages one file after the other and calls one command on each.

    Args:
        specimen: The runs.
        backend: Keras's, in this process.
    """

    def __init__(self, specimen: Specimen, backend: str) -> None:
        self.specimen = specimen
        self.commands = {n: c for n, c in COMMANDS.items() if c.backend in ("", backend)}
        self._whole: dict[str, Said] = {}

    def whole(self, name: str) -> Said:
        """Return what a command gives where nothing is damaged: the same each time."""
        if name not in self._whole:
            first, second = self._call(name), self._call(name)
            assert first.code == second.code == 0, (name, first)
            assert is_same(first.result, second.result), f"{name} gives other results each time"
            self._whole[name] = first
        return self._whole[name]

    def _call(self, name: str, damage: object = None) -> Said:
        command = self.commands[name]
        self.specimen.renew()
        if callable(damage):
            damage()
        return run_attempt(
            lambda: command.call(self.specimen), lambda: command.read_result(self.specimen)
        )

    def attempt(self, seed: int) -> tuple[str, str, str, str, Said]:
        """Make one attempt, all of it drawn by dice of this seed.

        Returns:
            Command, kind of file, kind of damage, outcome, and what came of it.
        """
        dice = Random(seed)
        names = list(self.commands)
        name = dice.choices(names, [self.commands[one].weight for one in names])[0]
        path = self._draw_file(dice, self.commands[name].needs)
        other = self._find_other(path)
        what = name_file(path)
        kind = dice.choice(list_kinds(path, has_other=other is not None))
        whole = self.whole(name)
        work = self.specimen.work / path.relative_to(self.specimen.whole)
        said = self._call(name, lambda: damage_file(work, kind, dice, other))
        command = self.commands[name]
        outcome = judge(
            said,
            whole,
            may_fail=what in command.needs,
            may_differ=what in UNGUARDED or kind in EDITED,
        )
        return name, what, kind, outcome, said

    def _draw_file(self, dice: Random, needs: Collection[str]) -> Path:
        """Draw a kind of file, mostly of those that a command reads, then a file of it."""
        run = self.specimen.whole / self.specimen.run().relative_to(self.specimen.work)
        by_kind: dict[str, list[Path]] = {}
        for path in sorted(run.rglob("*")):
            if path.is_file() and path.name != "study.log":
                by_kind.setdefault(name_file(path), []).append(path)
        is_needed = dice.random() < SHARE_OF_NEEDED
        kinds = [kind for kind in sorted(by_kind) if not is_needed or kind in needs]
        return by_kind[dice.choice(kinds)][-1 if dice.random() < SHARE_OF_NEEDED else 0]

    def _find_other(self, path: Path) -> Path | None:
        """Find the same file of the other run, else a neighbour of the same kind."""
        parts = ["two" if part == "one" else part for part in path.parts]
        other = Path(*parts)
        if other.is_file() and other.read_bytes() != path.read_bytes():
            return other
        return None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first attempt")
    parser.add_argument("--count", type=int, default=100, help="attempts, each of the next seed")
    parser.add_argument("--backend", choices=("tensorflow", "jax"), default="tensorflow")
    parser.add_argument("--trained_on", choices=("tensorflow", "jax"), default="")
    parser.add_argument("--folder", default="", help="where the runs lie, to be used again")
    return parser.parse_args()


def main() -> int:
    given = parse_arguments()
    os.environ["KERAS_BACKEND"] = given.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):  # sums in one order
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    trained_on = given.trained_on or given.backend
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.folder or temporary).absolute() / trained_on
        os.environ["XDG_CONFIG_HOME"] = str(folder / "config")  # the key that signs the runs
        fuzzer = RunFuzzer(make_specimen(folder, trained_on), given.backend)
        outcomes: Counter[tuple[str, ...]] = Counter()
        for number, seed in enumerate(range(given.seed, given.seed + given.count)):
            name, what, kind, outcome, said = fuzzer.attempt(seed)
            outcomes[what, outcome] += 1
            if outcome.startswith(BROKEN):
                print(f"\n{outcome}: t2t-{name}, {what}, {kind}: --seed={seed} --count=1")
                print(explain(said, fuzzer.whole(name)), flush=True)
            if number % 25 == 24:
                free_memory()
        return print_table(outcomes)


if __name__ == "__main__":
    raise SystemExit(main())
