"""t2t-study: a plan, a run, and one error for each mistake before anything is computed."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from small_study import STUDY, FakeCommands

from t2t_mm import registry
from t2t_mm.bin import t2t_study
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.features import Feature, Language
from t2t_mm.study.cell_record import read_cell_record, write_cell_record


class ToldByFolder(Problem):
    """Knows by a file in its data, or in its raw files, what it is."""

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}

    @property
    def features(self) -> dict[str, Feature]:
        if not any(one and (one / "told").exists() for one in (self.data_dir, self.tmp_dir)):
            raise UserError("No folder tells what this is", fix="Name it.")
        return super().features

    @property
    def metrics(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("bleu",) if self.features else ()


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(dataclasses.asdict(STUDY)))
    return [str(path), f"--study_dir={tmp_path / 'study'}", f"--data_dir={tmp_path / 'data'}"]


def test_a_dry_run_computes_nothing_and_writes_nothing(
    flags: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = FakeCommands(monkeypatch)
    assert t2t_study.main([*flags, "--dry_run", "--seeds=4,5,6", "--budget_seconds=60"]) == 0
    printed = capsys.readouterr().out
    assert "left: 9 runs, 42 steps; budget 60 s" in printed and "times are told once" in printed
    assert not commands.calls and not (tmp_path / "study").exists()
    assert t2t_study.main([*flags, "--dry_run", "--json"]) == 0
    plans = json.loads(capsys.readouterr().out)
    assert [plan["name"] for plan in plans] == ["both", "later", "alone"]


def test_globs_of_own_folders_are_names_before_a_registered_study_sees_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["text2text_files/en-de", "text2text_files/de-en"]
    own = "t2t_mm.data.declaring.own_folders.find_own_problems"
    monkeypatch.setattr(own, lambda *folders: lambda pattern: names)
    FakeCommands(monkeypatch)
    flags = ["paper_tables", "--problems=text2text_files/*", f"--data_dir={tmp_path / 'data'}"]
    assert t2t_study.main([*flags, f"--study_dir={tmp_path / 'study'}", "--dry_run"]) == 0
    assert "Joint against alone" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["paper_tables", "paper_tables_full"])
@pytest.mark.parametrize("place", ["data", "raw"])
def test_a_problem_that_its_data_or_raw_files_describe_is_found(
    tmp_path: Path,
    place: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.problem("mini_ende")  # what is imported below stays registered
    monkeypatch.setattr(registry.PROBLEMS, "_entries", dict(registry.PROBLEMS._entries))
    registry.register_problem(ToldByFolder)
    (tmp_path / place).mkdir()
    (tmp_path / place / "told").touch()
    flags = [name, "--problems=told_by_folder,mini_ende", "--dry_run"]
    flags += [f"--study_dir={tmp_path / 'study'}", f"--data_dir={tmp_path / 'data'}"]
    assert t2t_study.main([*flags, "--generate_data", f"--tmp_dir={tmp_path / 'raw'}"]) == 0
    if place == "data":
        assert t2t_study.main(flags) == 0
    else:
        assert t2t_study.main(flags) == 2
        assert "No folder tells what this is" in capsys.readouterr().err


def test_a_title_in_brackets_is_told_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = dataclasses.replace(STUDY.tables[0], title="Speed [/s]")
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(STUDY, tables=(table,)))))
    where = [f"--study_dir={tmp_path / 'study'}", f"--data_dir={tmp_path / 'data'}"]
    assert t2t_study.main([str(path), *where, "--dry_run"]) == 0
    assert "table 1: Speed [/s]" in capsys.readouterr().out


def test_a_run_says_what_it_does_and_what_came_out(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    FakeCommands(monkeypatch)
    assert t2t_study.main(flags) == 0
    printed = capsys.readouterr()
    assert "1/6 both, seed 1: 8 steps of algorithmic_copy, algorithmic_reverse" in printed.err
    assert "6 of 6 runs done" in printed.out and "- Open: Reversing helps copying." in printed.out
    assert printed.out.splitlines()[-1].endswith("study/study.html")
    assert t2t_study.main([*flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == STUDY.title
    assert t2t_study.main([*flags, "--dry_run"]) == 0
    assert "left: 0 runs, 0 steps" in capsys.readouterr().out


def test_a_failed_run_is_told_by_the_exit_code(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    FakeCommands(monkeypatch, failing=["alone"])
    assert t2t_study.main(flags) == 1
    assert "5 batches in a row had no finite loss" in capsys.readouterr().err
    FakeCommands(monkeypatch)
    assert t2t_study.main(flags) == 0


def test_a_registered_study_gets_the_flags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [f"--study_dir={tmp_path / 'study'}", f"--data_dir={tmp_path}", "--dry_run", "--json"]
    argv = ["paper_tables", "--problems=mini_text", "--train_steps=40", *where]
    assert t2t_study.main(argv) == 0
    plans = {plan["name"]: plan for plan in json.loads(capsys.readouterr().out)}
    assert plans["joint"]["steps"] == 40 and plans["own_mini_ende"]["steps"] == 10
    assert t2t_study.main([*argv, "--tables=1"]) == 0
    some = [plan["name"] for plan in json.loads(capsys.readouterr().out)]
    assert set(some) < set(plans) and "joint" in some and "without_experts" not in some
    assert t2t_study.main([*argv[:-1], "--tables=2"]) == 0
    assert "table 2: Blocks of the joint model" in capsys.readouterr().out


def test_a_plan_of_texts_needs_no_tensorflow(tmp_path: Path) -> None:
    code = (
        "import sys; from t2t_mm.bin import t2t_study; code = t2t_study.main(sys.argv[1:]); "
        "print(code, {'tensorflow', 'keras'} & {*sys.modules})"
    )
    flags = ["paper_tables", "--problems=mini_text", "--study_dir=s", "--data_dir=d", "--dry_run"]
    line = [sys.executable, "-c", code, *flags]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.endswith("0 set()\n") and not done.stderr


def test_a_plan_with_sounds_whose_limits_are_those_of_a_net_starts_quietly(tmp_path: Path) -> None:
    flags = ["--study_dir=study", "--data_dir=data", "--dry_run"]
    line = [sys.executable, "-m", "t2t_mm.bin.t2t_study", "paper_tables", *flags]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert not done.stderr and "own_mini_speech" in done.stdout


def test_the_study_of_the_documentation_can_be_run(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "study.md").read_text(encoding="utf-8")
    problems, registered = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "my_problems").mkdir()
    (tmp_path / "my_problems/words.py").write_text(problems)
    (tmp_path / "my_problems/studies.py").write_text(registered)
    (tmp_path / "words.json").write_text(*re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    for name in ("words.json", "sorting_helps"):
        flags = ["--study_dir=words", "--data_dir=data", "--t2t_usr_dir=my_problems", "--dry_run"]
        line = [sys.executable, "-m", "t2t_mm.bin.t2t_study", name, *flags]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
        assert not done.stderr and "left: 6 runs, 540 steps" in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({0: "paper_tabels"}, "no study named 'paper_tabels'. Did you mean 'paper_tables'"),
        ({0: "none.json"}, "none.json cannot be read"),
        ({0: "--seeds=1"}, "One study is run"),
        ({1: "--json"}, "--study_dir must be given"),
        ({2: "--json"}, "--data_dir must be given"),
        ({3: "--seeds=one"}, "--seeds takes whole numbers"),
        ({3: "--tables=2"}, "no such table. Expected: 1 (Copying, alone or not)"),
        ({3: "--tables=first"}, "--tables takes whole numbers"),
        ({3: "--seeds=-1"}, "study.seeds is out of range"),
        ({3: "--train_steps=5"}, "A study in a file says all itself"),
        ({3: "--tmp_dir=raw"}, "--tmp_dir counts for nothing beside this --generate_data"),
        ({3: "--budget=5"}, "Did you mean '--budget_seconds'"),
        ({3: "--backend=torch"}, "backend"),
        ({3: "--t2t_usr_dir=nowhere"}, "nowhere"),
    ],
)
def test_a_mistake_is_one_error_with_exit_code_2(
    flags: list[str],
    change: dict[int, str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = FakeCommands(monkeypatch)
    argv = dict(enumerate(flags)) | change
    assert t2t_study.main(list(argv.values())) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-study: error: ") and message in error
    assert error.count("\n") == 1 and not commands.calls


def test_a_dry_run_counts_runs_at_once_and_tells_what_is_spent(
    flags: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    FakeCommands(monkeypatch)
    t2t_study.main([*flags, "--seeds=1"])
    for folder in (tmp_path / "study/cells").glob("*/seed_1"):
        record = read_cell_record(folder)
        assert record
        write_cell_record(folder, dataclasses.replace(record, seconds=600.0))
    capsys.readouterr()
    several = [*flags, "--dry_run", "--num_concurrent_runs=2", "--budget_seconds=2000"]
    assert t2t_study.main([*several, "--seeds=1,2,3"]) == 0
    left = "left: 6 runs, 28 steps, about 30 min by the runs that are done, 2 at once"
    assert f"{left}; budget 2,000 s, 1,800 s of it spent" in capsys.readouterr().out


def test_a_dry_run_tells_what_would_stop_the_study(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "The data of algorithmic_copy, algorithmic_reverse has not been generated"
    assert t2t_study.main([*flags, "--dry_run"]) == 0
    assert told in capsys.readouterr().out
    assert t2t_study.main([*flags, "--dry_run", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) and told in printed.err
    assert t2t_study.main([*flags, "--dry_run", "--generate_data"]) == 0
    assert told not in capsys.readouterr().out
    (tmp_path / "file").touch()
    for folder in ("file", "file/below"):
        assert t2t_study.main([*flags, "--dry_run", f"--study_dir={tmp_path / folder}"]) == 2
        assert "cannot be used: a file lies there" in capsys.readouterr().err


def test_a_plan_says_what_is_to_be_scored_only_and_keeps_the_numbers_of_tables(
    flags: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    FakeCommands(monkeypatch)
    assert t2t_study.main(flags) == 0
    other = dataclasses.replace(STUDY.tables[0], title="Other", metric="bleu")
    two = dataclasses.replace(STUDY, tables=(STUDY.tables[0], other))
    path = tmp_path / "two.json"
    path.write_text(json.dumps(dataclasses.asdict(two)))
    capsys.readouterr()
    assert t2t_study.main([str(path), *flags[1:], "--tables=2", "--dry_run"]) == 0
    printed = capsys.readouterr().out
    assert "table 2: Other" in printed and "table 1" not in printed
    assert "left: 0 runs, 0 steps, and 4 to be scored only" in printed
    assert "No run is done yet" not in printed


def test_the_split_of_a_flag_goes_before_that_of_the_study(
    flags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    assert t2t_study.main([*flags, "--split=validation"]) == 0
    assert {given.get("split", "validation") for _, given in commands.calls} == {"validation"}
