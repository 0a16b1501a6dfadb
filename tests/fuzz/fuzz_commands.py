"""Bad inputs to every command: flags, values, paths, names, settings and files.

    python tests/fuzz/fuzz_commands.py --seed=1 --count=500

What cannot be right gives exit code 2 and one line that names it; the rest may as well do what it
says. Most attempts call a command's `main` in this process, with `SystemExit` caught; one in ten,
drawn by the same dice (with `--processes` every one), is a process of its own, and one in forty is
such a process that is given a damaged file of a run or of data, as `fuzz_runs.py` and
`fuzz_data.py` do it within theirs.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Collection
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.attempts import BROKEN, ERROR, MOST_SECONDS, Said, run_attempt  # noqa: E402
from fuzz.bad_inputs import KINDS, Line, list_lines  # noqa: E402
from fuzz.fuzz_data import DataFuzzer  # noqa: E402
from fuzz.fuzz_runs import RunFuzzer  # noqa: E402
from fuzz.program import Attempt, run_program  # noqa: E402
from fuzz.run_commands import call_main, start_processes, starts_processes  # noqa: E402
from fuzz.specimen import Specimen, make_specimen  # noqa: E402

SHARE_OF_PROCESSES = 0.1
SHARE_OF_DAMAGE = 0.025
DONE = "done"
LONGEST = 3_000
"""Characters of an error: more is no line that anybody reads."""


def judge_line(said: Said, line: Line) -> str:
    """Judge what was said to a command line of which something is wrong."""
    if said.seconds > MOST_SECONDS or "TooSlowError" in said.trace:
        return BROKEN + "hangs"
    if said.code is None or "Traceback (most recent call last)" in said.told:
        return BROKEN + "a traceback"
    if said.code == 0:
        return DONE if line.may_pass else BROKEN + "silent"
    name = f"t2t-{line.command.replace('_', '-')}"
    _, *errors = re.split(rf"^{name}: error: ", said.told, flags=re.MULTILINE)
    if said.code != 2 or len(errors) != 1:
        return BROKEN + f"exit code {said.code}, {len(errors)} errors"
    if len(errors[0]) > LONGEST:
        return BROKEN + "an error of many words"
    told = _flatten(errors[0])
    is_named = not line.told or any(word and _flatten(word) in told for word in line.told)
    return ERROR if is_named else BROKEN + "an error that does not name it"


def _flatten(text: str) -> str:
    """Write bytes that are no UTF-8 in one way: errors and processes have several."""
    return re.sub(r"\\xff|\\udcff|\udcff", "?", text)


class CommandFuzzer:
    """Makes command lines that are wrong, and calls them.

    Args:
        specimen: Runs, their data, a study.
        names: Some of the commands; empty: all.
    """

    def __init__(self, specimen: Specimen, names: Collection[str] = ()) -> None:
        self.specimen = specimen
        self.names = names
        with start_processes():
            runs = RunFuzzer(specimen, os.environ.get("KERAS_BACKEND", "tensorflow"))
        self.damaging = (runs, DataFuzzer(specimen))
        (specimen.folder / "here").mkdir(exist_ok=True)

    def attempt(self, seed: int) -> Attempt:
        """Make one attempt, all of it drawn by dice of this seed."""
        dice = Random(seed)
        if not self.names and dice.random() < SHARE_OF_DAMAGE:
            with start_processes():
                made = dice.choice(self.damaging).attempt(seed)
            return made._replace(file=f"process, {made.file}")
        self.specimen.renew()
        work, kind = self.specimen.work, dice.choice(list(KINDS))
        (work / "given.txt").write_text("the red boat sails\tsails\n", encoding="utf-8")
        lines = [one for one in list_lines(self.specimen) if self._is_asked(one)]
        line = KINDS[kind](dice.choice(lines), work, dice)
        is_drawn = not self.names and dice.random() < SHARE_OF_PROCESSES
        is_process = (is_drawn or starts_processes()) and line.command != "playground"  # it stays
        said = self._call(line, is_process=is_process)
        name = f"{line.command} {line.list_arguments()}"
        what = f"{kind}, process" if is_process else kind
        outcome = judge_line(said, line)
        return Attempt(name, what, ascii(line.wrong), outcome, said, Said(0, {}))

    def _is_asked(self, line: Line) -> bool:
        if line.command == "playground" and not importlib.util.find_spec("gradio"):
            return False
        return not self.names or line.command in self.names

    def _call(self, line: Line, *, is_process: bool) -> Said:
        def call() -> int:
            return call_main(line.command, *line.list_arguments(), typed=line.typed)

        before = Path.cwd()
        os.chdir(self.specimen.folder / "here")
        try:
            with start_processes(is_process):
                return run_attempt(call, lambda: "")
        finally:
            os.chdir(before)


def make_fuzzer(folder: Path, backend: str, trained_on: str) -> CommandFuzzer:
    """Make the runs and the data that commands are called on."""
    return CommandFuzzer(make_specimen(folder, trained_on))


if __name__ == "__main__":
    raise SystemExit(run_program(__doc__ or "", make_fuzzer))
