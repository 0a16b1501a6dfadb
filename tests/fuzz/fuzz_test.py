"""A short form of the programs of this folder, with fixed dice; and that they can fail."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from fuzz.attempts import (
    AS_WRITTEN,
    BROKEN,
    ERROR,
    OTHER_TOLD,
    SAME,
    SAME_TOLD,
    Said,
    is_same,
    judge,
    run_attempt,
)
from fuzz.bad_inputs import Line
from fuzz.damage import list_kinds
from fuzz.fuzz_commands import DONE, CommandFuzzer, judge_line
from fuzz.fuzz_data import SHARE_OF_GENERATED, DataFuzzer
from fuzz.fuzz_runs import RunFuzzer
from fuzz.specimen import Specimen
from kept_outputs import keep_outputs, make_outputs
from tiny_run import TinyRun

from t2t_mm.data.records.shards import hash_file
from t2t_mm.evaluation.decoded_files import keep_results

WHOLE = Said(0, {"score": 5.0}, "evaluating at step 4")
SEEDS_OF_RAW_FILES = [s for s in range(30) if Random(s).random() >= SHARE_OF_GENERATED]


def judge_briefly(said: Said, *, may_fail: bool = True, may_differ: bool = False) -> str:
    return judge(said, WHOLE, may_fail=may_fail, may_differ=may_differ)


def test_each_outcome_is_known() -> None:
    other = {"score": 6.0}
    error = Said(2, told="t2t-eval: error: run.json is damaged.")
    assert judge_briefly(Said(0, {"score": 5.0 + 1e-7}, "evaluating at step 2")) == SAME
    assert judge_briefly(Said(0, {"score": 5.0}, "the one before is taken")) == SAME_TOLD
    assert judge_briefly(Said(0, other, "the one before is taken")) == OTHER_TOLD
    assert judge_briefly(Said(0, other), may_differ=True) == AS_WRITTEN
    assert judge_briefly(error) == ERROR
    for said in (
        Said(0, other, "evaluating at step 4"),
        Said(None, trace="KeyError: 'tasks'"),
        Said(0, {"score": 5.0}, "Traceback (most recent call last):"),
        Said(1, told="t2t-eval: error: something"),
        Said(2, told="something"),
        Said(0, {"score": 5.0}, seconds=61.0),
    ):
        assert judge_briefly(said).startswith(BROKEN)
    assert judge_briefly(error, may_fail=False).startswith(BROKEN)


def test_what_leaves_a_command_is_caught() -> None:
    def leave() -> int:
        raise SystemExit(3)

    assert "SystemExit: 3" in run_attempt(leave, lambda: None).trace
    assert run_attempt(lambda: 2, lambda: None).code == 2
    assert not is_same({"a": [1.0]}, {"a": [1.1]}) and is_same({"a": [1.0]}, {"a": [1.0 + 1e-9]})


@pytest.fixture(scope="module")
def specimen(tiny_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Specimen]:
    """Two runs as a study has them, and their outputs, which no model has made."""
    made = Specimen(tmp_path_factory.mktemp("fuzz"))
    for number, cell in enumerate(("one", "two")):
        run = made.whole / made.run(cell).relative_to(made.work)
        shutil.copytree(tiny_run.output_dir, run)
        kept = run / "decoded" / "test-20"
        keep_outputs(kept, {"algorithmic_copy": make_outputs(number)})
        checksum = {"outputs_sha256": hash_file(kept / "algorithmic_copy.outputs.jsonl")}
        results = json.loads((kept / "results.json").read_text())["algorithmic_copy"] | checksum
        keep_results(kept / "results.json", {"algorithmic_copy": results}, ["algorithmic_copy"])
    yield made
    shutil.rmtree(made.folder)


@pytest.mark.slow
def test_damaged_files_of_a_run(specimen: Specimen) -> None:
    fuzzer = RunFuzzer(specimen, "tensorflow", ("avg-all", "compare", "report"))
    made = [fuzzer.attempt(seed) for seed in range(40)]
    assert [one for one in made if one.outcome.startswith(BROKEN)] == []
    assert sum(one.outcome == ERROR for one in made) > 5  # lengths of logs differ, so do dice
    assert len({one.file for one in made}) > 6 and len({one.damage for one in made}) > 10


def test_bad_inputs_to_commands(specimen: Specimen) -> None:
    fuzzer = CommandFuzzer(specimen, ("avg_all", "bleu", "compare", "report"))
    made = [fuzzer.attempt(seed) for seed in range(40)]
    assert [one for one in made if one.outcome.startswith(BROKEN)] == []
    assert sum(one.outcome == ERROR for one in made) > 20
    assert len({one.file for one in made}) > 6


def test_what_is_said_to_a_bad_line_is_judged() -> None:
    line = Line("eval", {"limit": "x"}, told=("--limit",))
    error = "t2t-eval: error: --limit is no number.\n"
    assert judge_line(Said(2, told=f"a warning\n{error}"), line) == ERROR
    assert judge_line(Said(0), replace(line, may_pass=True)) == DONE
    for said in (
        Said(0),
        Said(1, told=error),
        Said(2, told=error + error),
        Said(2, told="t2t-eval: error: Something is wrong.\n"),
        Said(2, told=f"{error}{'x' * 4_000}"),
        Said(2, told="--limit is no number\n"),
        Said(None, trace="KeyError: 'limit'"),
        Said(2, told=error, seconds=61.0),
    ):
        assert judge_line(said, line).startswith(BROKEN)


@pytest.mark.slow
def test_damaged_raw_files(tmp_path: Path) -> None:
    fuzzer = DataFuzzer(Specimen(tmp_path))
    made = [fuzzer.attempt(seed) for seed in SEEDS_OF_RAW_FILES]
    assert [one for one in made if one.outcome.startswith(BROKEN)] == []
    assert sum(one.outcome == ERROR for one in made) > 5
    assert len({one.command for one in made}) > 5


def test_every_kind_of_file_has_kinds_of_damage(tmp_path: Path) -> None:
    (tmp_path / "empty.npz").touch()
    (tmp_path / "run.json").write_text("{}")
    assert "flipped bit" not in list_kinds(tmp_path / "empty.npz", has_other=False)
    assert {"edited", "of another"} <= set(list_kinds(tmp_path / "run.json", has_other=True))
