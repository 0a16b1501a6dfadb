"""What the programs of this folder share: their flags, their loop, and the table at the end."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from fuzz.attempts import BROKEN, Said, explain, free_memory
from fuzz.run_commands import start_processes


class Attempt(NamedTuple):
    """What was done to what, and what came of it."""

    command: str
    file: str
    damage: str
    outcome: str
    said: Said
    whole: Said


class Fuzzer(Protocol):
    """Makes attempts."""

    def attempt(self, seed: int) -> Attempt:
        """Make one attempt, all of it drawn by dice of this seed."""


def run_program(doc: str, make_fuzzer: Callable[[Path, str, str], Fuzzer]) -> int:
    """Run a program of this folder from its command line to its exit code.

    Args:
        doc: What it does.
        make_fuzzer: Of a folder for what is damaged, of Keras's backend in this process, and of
            that on which runs are trained.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first attempt")
    parser.add_argument("--count", type=int, default=100, help="attempts, each of the next seed")
    parser.add_argument("--backend", choices=("tensorflow", "jax"), default="tensorflow")
    parser.add_argument("--trained_on", choices=("", "tensorflow", "jax"), default="")
    parser.add_argument("--processes", action="store_true", help="start each command as one")
    parser.add_argument("--folder", default="", help="where runs and data lie, to be used again")
    given = parser.parse_args()
    trained_on = given.trained_on or given.backend
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.folder or temporary).absolute() / trained_on
        _set_environment(folder, given.backend)
        seeds = range(given.seed, given.seed + given.count)
        with start_processes(given.processes):
            return _make_attempts(make_fuzzer(folder, given.backend, trained_on), seeds)


def _set_environment(folder: Path, backend: str) -> None:
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")  # the key that signs the runs
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):  # sums in one order
        os.environ[name] = "1"


def _make_attempts(fuzzer: Fuzzer, seeds: range) -> int:
    outcomes: Counter[tuple[str, str]] = Counter()
    for number, seed in enumerate(seeds, 1):
        made = fuzzer.attempt(seed)
        outcomes[made.file, made.outcome] += 1
        if made.outcome.startswith(BROKEN):
            print(f"\n{made.outcome}: t2t-{made.command[:900]}, {made.file}, ", end="")
            print(f"{made.damage}: ", end="")
            print(f"--seed={seed} --count=1\n{explain(made.said, made.whole)}", flush=True)
        if not number % 25:
            free_memory()
        if not number % 100:
            print(f"{number:,} attempts", flush=True)
    print_table(outcomes)
    return int(any(outcome.startswith(BROKEN) for _, outcome in outcomes))


def print_table(outcomes: Counter[tuple[str, str]]) -> None:
    """Print how often each outcome came of each kind of file.

    Args:
        outcomes: (Kind of file, outcome) -> how often.
    """
    rows = sorted({what for what, _ in outcomes})
    columns = sorted({outcome for _, outcome in outcomes})
    print("\n| file | " + " | ".join(columns) + " | all |")
    print("| --- |" + " ---: |" * (len(columns) + 1))
    for row in rows:
        counts = [outcomes[row, column] for column in columns]
        print(f"| {row} | " + " | ".join(map(str, [*counts, sum(counts)])) + " |")
    totals = [sum(outcomes[row, column] for row in rows) for column in columns]
    print("| all | " + " | ".join(map(str, [*totals, sum(totals)])) + " |")
