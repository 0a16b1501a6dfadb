"""Damaged data: what was generated, through the commands that read it; raw files of every loader.

    python tests/fuzz/fuzz_data.py --seed=1 --count=500

Generated data is guarded: it gives an error of one line, or the undamaged result. Raw files are
what they are: a flipped bit of a picture is another picture. They give data, in which what cannot
be read is counted, or an error of one line; never a traceback.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.attempts import Said, is_same, judge, run_attempt  # noqa: E402
from fuzz.damage import EDITED, damage_file, list_kinds  # noqa: E402
from fuzz.program import Attempt, run_program  # noqa: E402
from fuzz.raw_loaders import LOADERS  # noqa: E402
from fuzz.run_commands import COMMANDS, RunCommand, call_main  # noqa: E402
from fuzz.specimen import PROBLEM, Specimen, make_specimen  # noqa: E402
from sound_fixtures import write  # noqa: E402

from t2t_mm.files.sealed_json import read_sealed  # noqa: E402
from t2t_mm.registry import problem_class  # noqa: E402

SHARE_OF_GENERATED = 0.4
NOT_NEEDED = ("features.json",)
"""Files of generated data that are TensorFlow Datasets' own and that nothing of ours reads."""


def _generate(specimen: Specimen) -> int:
    data = (f"--data_dir={specimen.work / 'data'}", f"--tmp_dir={specimen.work / 'raw'}")
    return call_main("datagen", f"--problems={PROBLEM}", *data)


def _inspect(specimen: Specimen) -> int:
    data = f"--data_dir={specimen.work / 'data'}"
    return call_main("datagen", f"--problems={PROBLEM}", "--inspect", data)


def _decode_split(specimen: Specimen) -> int:
    to_file = f"--decode_to_file={specimen.work / 'made.jsonl'}"
    run = f"--output_dir={specimen.run()}"
    return call_main("decoder", run, f"--problem={PROBLEM}", "--split=test", "--limit=3", to_file)


EVERY = frozenset({"all"})
ON_GENERATED = {
    "eval": COMMANDS["eval"],
    "trainer": COMMANDS["trainer"],
    "add-problem": COMMANDS["add-problem"],
    "decoder": RunCommand(_decode_split, COMMANDS["decoder"].read_result, 3, EVERY),
    "datagen": RunCommand(_generate, lambda one: _read_shards(one.work / "data"), 3, EVERY),
    "datagen --inspect": RunCommand(_inspect, lambda specimen: None, 3, EVERY),
}


class DataFuzzer:
    """Damages one file after the other and calls one command on each.

    Args:
        specimen: Runs and the data that they were trained on.
    """

    def __init__(self, specimen: Specimen) -> None:
        self.specimen = specimen
        self._whole: dict[str, Said] = {}

    def attempt(self, seed: int) -> Attempt:
        """Make one attempt, all of it drawn by dice of this seed."""
        dice = Random(seed)
        is_generated = dice.random() < SHARE_OF_GENERATED
        return self._damage_generated(dice) if is_generated else self._damage_raw(dice)

    def _damage_generated(self, dice: Random) -> Attempt:
        name = dice.choice(sorted(ON_GENERATED))
        command, data = ON_GENERATED[name], self.specimen.whole / "data"
        used = [*(data / PROBLEM).rglob("*"), *(data / "vocab").glob("*")]
        files = [path for path in used if path.is_file() and "houses" not in path.name]
        path = dice.choice(sorted(files))
        other = Path(str(path).replace("boats", "houses"))
        kind = dice.choice(list_kinds(path, has_other=other != path))
        whole = self._remember(name, lambda: self._call_generated(command, lambda: None))
        work = self.specimen.work / path.relative_to(self.specimen.whole)
        said = self._call_generated(command, lambda: damage_file(work, kind, dice, other))
        may_fail = path.name not in NOT_NEEDED
        outcome = judge(said, whole, may_fail=may_fail, may_differ=kind in EDITED)
        return Attempt(name, _name_file(path), kind, outcome, said, whole)

    def _call_generated(self, command: RunCommand, damage: Callable[[], None]) -> Said:
        self.specimen.renew()
        damage()
        return run_attempt(
            lambda: command.call(self.specimen), lambda: command.read_result(self.specimen)
        )

    def _damage_raw(self, dice: Random) -> Attempt:
        name = dice.choice(sorted(LOADERS))
        whole_raw = self.specimen.folder / "raw" / name.replace("/", "_")
        if not whole_raw.is_dir():
            write(whole_raw, LOADERS[name][1]())
        files = sorted(path for path in whole_raw.rglob("*") if path.is_file())
        suffixes = sorted({path.suffix for path in files})
        suffix = dice.choice(suffixes)
        path = dice.choice([one for one in files if one.suffix == suffix])
        others = [one for one in files if one.suffix == suffix and one != path]
        kind = dice.choice(list_kinds(path, has_other=bool(others)))
        whole = self._remember(name, lambda: self._call_raw(name, whole_raw, lambda raw: None))
        other = dice.choice(others) if others else None

        def damage(raw: Path) -> None:
            damage_file(raw / path.relative_to(whole_raw), kind, dice, other)

        said = self._call_raw(name, whole_raw, damage)
        outcome = judge(said, whole, may_fail=True, may_differ=True)
        return Attempt(f"datagen {name}", f"raw/*{suffix}", kind, outcome, said, whole)

    def _call_raw(self, name: str, whole: Path, damage: Callable[[Path], None]) -> Said:
        raw, data = self.specimen.folder / "damaged_raw", self.specimen.folder / "damaged_data"
        shutil.rmtree(raw, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(whole, raw)
        damage(raw)
        problem = LOADERS[name][0]
        places = (f"--tmp_dir={raw}", f"--data_dir={data}")
        has_text = any(one.is_text for one in problem_class(problem).modalities.values())
        sizes = ("--vocab_size=300", "--vocab_bytes=100000") if has_text else ()
        return run_attempt(
            lambda: call_main("datagen", f"--problems={problem}", *places, *sizes),
            lambda: _read_shards(data),
        )

    def _remember(self, name: str, call: Callable[[], Said]) -> Said:
        """Return what a command gives where nothing is damaged: the same each time."""
        if name not in self._whole:
            first, second = call(), call()
            assert first.code == second.code == 0, (name, first)
            assert is_same(first.result, second.result), f"{name} gives other results each time"
            self._whole[name] = first
        return self._whole[name]


def _name_file(path: Path) -> str:
    split = path.name.partition(".tfrecord")[0].rpartition("-")[2]
    if ".tfrecord" in path.name:
        return f"data/*-{split}.tfrecord-*"
    return f"data/{path.name if path.suffix == '.json' else '*' + path.suffix}"


def _read_shards(data: Path) -> Any:
    return [read_sealed(path)["shards"] for path in sorted(data.rglob("t2t_mm.json"))]


def make_fuzzer(folder: Path, backend: str, trained_on: str) -> DataFuzzer:
    """Make the data that is damaged."""
    return DataFuzzer(make_specimen(folder, trained_on))


if __name__ == "__main__":
    raise SystemExit(run_program(__doc__ or "", make_fuzzer))
