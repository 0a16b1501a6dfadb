"""t2t-study: train the cells of a study, compare them, and write what they show.

t2t-study NAME|FILE.json --study_dir=... --data_dir=...; the same command again goes on
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from t2t_mm.study.definition import Study
    from t2t_mm.study.study_plan import CellPlan

_OF_FUNCTION = {"problems": "problems", "hparams_set": "hparams_set", "train_steps": "steps"}


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("study_dir", "", "The study: its runs, study.json, .md and .html.")
    flags.DEFINE_path("data_dir", "", "Generated data and vocabularies.")
    flags.DEFINE_string("problems", "", "Problems, where the study leaves them open.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("hparams_set", "", "Set of settings, where the study leaves it open.")
    flags.DEFINE_integer(
        "train_steps",
        None,
        "The parameter `steps` of a registered study; of paper_tables those of the joint model.",
        lower_bound=1,
    )
    flags.DEFINE_list("seeds", [], "Seeds of each cell that names none, as 1,2,3.")
    flags.DEFINE_list("tables", [], "Only these of its tables, as 1,2, with the cells they need.")
    flags.DEFINE_enum(
        "split", None, ["test", "validation"], "What is scored, in place of the study's own choice."
    )
    flags.DEFINE_float(
        "budget_seconds",
        None,
        "No run is begun once all runs together have taken as long.",
        lower_bound=0.0,
    )
    flags.DEFINE_integer(
        "num_concurrent_runs", None, "How many runs are made at once.", lower_bound=1
    )
    flags.DEFINE_bool("generate_data", False, "Generate the data that is not there yet.")
    flags.DEFINE_path("tmp_dir", "", "Raw files, for --generate_data.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Folder, file or package of your own problems.")
    command.define_backend(flags)
    flags.DEFINE_bool("dry_run", False, "Only check all, and print cells, steps and times.")
    flags.DEFINE_bool("json", False, "Print the result, or that of --dry_run, as JSON only.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if len(flags.arguments) != 1:
        raise UserError(
            "One study is run",
            expected="t2t-study NAME, or t2t-study FILE.json",
            received={"arguments": flags.arguments},
            fix="`t2t-registry list --kind=study` shows the registered ones.",
        )
    missing = [f"--{name}" for name in ("study_dir", "data_dir") if not getattr(flags, name)]
    if missing:
        raise UserError(f"{' and '.join(missing)} must be given", fix="See t2t-study --help.")
    command.import_user_modules(flags.t2t_usr_dir)
    study = _load(flags)
    if flags.dry_run:
        return _plan(study, flags)
    from t2t_mm.study.study_runner import run_study

    found = run_study(
        study,
        study_dir=flags.study_dir,
        data_dir=flags.data_dir,
        tmp_dir=flags.tmp_dir,
        generate=flags.generate_data,
        t2t_usr_dir=flags.t2t_usr_dir,
        backend=flags.backend,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    if flags.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print_result(found, Path(flags.study_dir))
    states = [run["state"] for cell in found["cells"].values() for run in cell["runs"].values()]
    return int("failed" in states)


def _load(flags: Any) -> Study:
    from t2t_mm import registry
    from t2t_mm.data.declaring.own_folders import find_own_problems
    from t2t_mm.study.loading import load_study

    given = {
        parameter: getattr(flags, flag)
        for flag, parameter in _OF_FUNCTION.items()
        if flags.gives(flag)
    }
    tmp_dir = flags.tmp_dir if flags.generate_data else ""
    if "problems" in given:
        own = find_own_problems(flags.data_dir, tmp_dir)
        given["problems"] = ",".join(registry.expand_problems(given["problems"], own=own))
    study = load_study(flags.arguments[0], data_dir=flags.data_dir, tmp_dir=tmp_dir, **given)
    changes: dict[str, Any] = {}
    if flags.seeds:
        changes["seeds"] = tuple(_read_numbers("seeds", flags.seeds))
    if flags.tables:
        study = study.keep_tables(_read_numbers("tables", flags.tables))
    for name in ("split", "budget_seconds", "num_concurrent_runs"):
        if getattr(flags, name) is not None:
            changes[name] = getattr(flags, name)
    return dataclasses.replace(study, **changes)


def _read_numbers(name: str, texts: Sequence[str]) -> list[int]:
    try:
        return [int(text) for text in texts]
    except ValueError:
        raise UserError(
            f"--{name} takes whole numbers",
            expected=f"--{name}=1,2",
            received={name: ",".join(texts)},
        ) from None


def _plan(study: Study, flags: Any) -> int:
    from t2t_mm.study.study_place import Workplace
    from t2t_mm.study.study_plan import plan_study
    from t2t_mm.study.study_runner import check_runs, list_missing_data, prepare_study
    from t2t_mm.study.study_schedule import sum_seconds

    place = Workplace(Path(flags.study_dir), Path(flags.data_dir), flags.t2t_usr_dir, flags.backend)
    checked, runs = prepare_study(study, place, flags.tmp_dir if flags.generate_data else "")
    check_runs(checked, runs, place)
    plans = plan_study(checked, runs)
    if flags.json:
        print(json.dumps([plan._asdict() for plan in plans]))
    else:
        numbers = _read_numbers("tables", flags.tables) or range(1, len(study.tables) + 1)
        _print_plan(study, plans, sum_seconds(runs.values()), list(dict.fromkeys(numbers)))
    if not flags.generate_data and (missing := list_missing_data(runs, place)):
        told = f"The data of {', '.join(missing)} has not been generated: add --generate_data."
        print(told, file=sys.stderr if flags.json else sys.stdout)
    return 0


def _print_plan(
    study: Study, plans: Sequence[CellPlan], spent: float, numbers: Sequence[int]
) -> None:
    """Print what is to be done; the numbers are those by which --tables names the tables."""
    from rich.table import Table

    console = command.make_console()
    table = Table(box=None, pad_edge=False)
    table.add_column("cell", no_wrap=True)
    for heading in ("problems", "steps", "done", "of", "s each"):
        table.add_column(heading, justify="right", no_wrap=True)
    for plan in plans:
        seconds = "?" if plan.seconds is None else f"{plan.seconds:,.0f}"
        told = seconds if plan.is_measured or plan.seconds is None else f"~{seconds}"
        counts = (str(len(plan.problems)), f"{plan.steps:,}", str(plan.done), str(plan.runs))
        table.add_row(plan.name, *counts, told)
    console.print(table)
    console.print()
    for number, one in zip(numbers, study.tables, strict=True):
        console.print(f"table {number}: {one.title}", highlight=False, markup=False)
    console.print(f"\n{_write_left(study, plans, spent)}")
    if all(plan.seconds is None for plan in plans):
        console.print("No run is done yet: times are told once one is.", style="dim")


def _write_left(study: Study, plans: Sequence[CellPlan], spent: float) -> str:
    """Write how many runs are left, how long they take, and what of the budget is spent."""
    left = [(plan, plan.runs - plan.done - plan.unscored) for plan in plans]
    num_runs = sum(runs for _, runs in left)
    unscored = sum(plan.unscored for plan in plans)
    to_score = f", and {unscored:,} to be scored only" if unscored else ""
    steps = sum(plan.steps * runs for plan, runs in left)
    known = [plan.seconds * runs for plan, runs in left if runs and plan.seconds is not None]
    at_once = max(1, min(study.num_concurrent_runs, num_runs))
    together = f", {at_once} at once" if at_once > 1 else ""
    minutes = sum(known) / 60 / at_once
    time = f", about {minutes:,.0f} min by the runs that are done{together}" if known else ""
    budget = study.budget_seconds
    of_budget = f"; budget {budget:,.0f} s, {spent:,.0f} s of it spent" if budget else ""
    return f"left: {num_runs:,} runs, {steps:,} steps{to_score}{time}{of_budget}"


def _print_result(found: dict[str, Any], study_dir: Path) -> None:
    from t2t_mm.study.study_markdown import write_progress
    from t2t_mm.study.study_results import write_sentence

    print(write_progress(found))
    for table in found["tables"]:
        for claim in table["claims"]:
            print(f"- {write_sentence(claim)}")
    print(study_dir / "study.html")


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command(
        "t2t-study", __doc__, define_flags, run_from_flags, argv, usage="NAME|FILE.json"
    )


if __name__ == "__main__":
    raise SystemExit(main())
