"""`run_study`: the Python form of t2t-study: check, train and score what is missing, write."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from t2t_mm import registry
from t2t_mm.data.declaring.own_folders import find_own_problems
from t2t_mm.data.generation.problem_generation import is_generated
from t2t_mm.data.kinds.kind_table import list_text_vocabularies
from t2t_mm.data.records.shards import digest_shards
from t2t_mm.data.records.stored import Metadata, locate_data
from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.disk import claim_folder, report_full_disk
from t2t_mm.files.interruption import stop_like_ctrl_c
from t2t_mm.registry.user_modules import list_entries
from t2t_mm.study.cell_run import DIVERGED, DONE, CellRun
from t2t_mm.study.checked_study import CheckedStudy, check_study
from t2t_mm.study.definition import Study
from t2t_mm.study.measuring import measure_gradients
from t2t_mm.study.started_command import call_command
from t2t_mm.study.study_markdown import render_markdown
from t2t_mm.study.study_page import render_page
from t2t_mm.study.study_place import Workplace
from t2t_mm.study.study_results import collect_results
from t2t_mm.study.study_schedule import complete_runs


def run_study(
    study: Study,
    *,
    study_dir: str | Path,
    data_dir: str | Path,
    tmp_dir: str | Path = "",
    generate: bool = False,
    t2t_usr_dir: str | Sequence[str] = (),
    backend: str = "",
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train and score the cells of a study that are not done, and write what they show.

    The Python form of `t2t-study`. All is checked before anything is computed. A cell that fails or
    diverges is marked and counts for nothing; the same call tries what failed again, and goes on
    with what was interrupted.

    Args:
        study: As `t2t_mm.study.load_study` gives it, or made by hand.
        study_dir: Its folder; the runs are in `cells/NAME/seed_N`.
        data_dir: Generated data of all its problems.
        tmp_dir: Raw files, where data is generated.
        generate: Whether to generate the data of all problems that is not there, first.
        t2t_usr_dir: Folders, files or packages that register problems and sets.
        backend: "tensorflow" or "jax"; empty: that of the runs that are there, else as t2t-trainer
            chooses.
        tell: Is given a line at the start and the end of each cell.

    Returns:
        What was written to `study.json`, beside `study.md` and `study.html`.

    Raises:
        UserError: Something that the study names is not there, a cell was changed after it was
            trained or was trained otherwise than it would be now, data could not be generated, or
            another process works on the study.
        KeyboardInterrupt: Ctrl-C, after what was running has saved.
    """
    place = Workplace(Path(study_dir), Path(data_dir), list_entries(t2t_usr_dir), backend)
    checked, runs = prepare_study(study, place, tmp_dir if generate else "")
    kept = "runs that are done are kept"
    with (
        claim_folder(place.study_dir, "this study"),
        report_full_disk(place.study_dir, kept),
        stop_like_ctrl_c(),
    ):
        check_runs(checked, runs, place)
        try:
            if generate:
                _generate(checked, place, tmp_dir)
                check_runs(checked, runs, place)  # by data that was not there before
            else:
                _refuse_missing_data(runs, place)
            complete_runs(checked, runs, tell)
            measure_gradients(checked, runs, place, tell)
        finally:
            found = collect_results(checked, runs)
            write_results(found, place.study_dir)
    return found


def prepare_study(
    study: Study, place: Workplace, tmp_dir: str | Path = ""
) -> tuple[CheckedStudy, dict[tuple[str, int], CellRun]]:
    """Check a study and list its runs in the order in which they are made; nothing is computed.

    Args:
        study: The study.
        place: Where its runs lie.
        tmp_dir: Raw files, where data is to be generated.

    Raises:
        UserError: As `check_study` does, or a file lies where the study is to be.
    """
    nearest = next(
        one for one in (place.study_dir, *place.study_dir.parents) if os.path.lexists(one)
    )
    if not nearest.is_dir():
        raise UserError(
            "The folder for this study cannot be used: a file lies there",
            received={"folder": str(nearest)},
            fix="Name another --study_dir.",
        )
    registry.import_user_modules(list(place.user_modules))
    find = partial(registry.problem, data_dir=place.data_dir, tmp_dir=tmp_dir or None)
    checked = check_study(study, find_own_problems(place.data_dir, tmp_dir), find)
    named = study.list_runs()
    return checked, {(name, seed): CellRun(checked, name, seed, place) for name, seed in named}


def check_runs(
    checked: CheckedStudy, runs: Mapping[tuple[str, int], CellRun], place: Workplace
) -> None:
    """Refuse runs that lie there and are not of the study as it is, and of the data as it is.

    Args:
        checked: The study.
        runs: As `prepare_study` gives them.
        place: Where they and the data lie.

    Raises:
        UserError: A cell has changed, its data, its backend, or what it began with, or data has not
            the split that is scored.
    """
    _check_splits(checked, place)
    digests = {}
    for name in {name for cell in checked.cells.values() for name in cell.problems}:
        problem = checked.find(name)
        if (folder := locate_data(problem, place.data_dir)).is_dir():
            with contextlib.suppress(UserError):  # damage stops what reads the data, not the page
                digests[name] = digest_shards(Metadata.read(folder).shards)
    for run in runs.values():
        run.check_unchanged(digests)


def _check_splits(checked: CheckedStudy, place: Workplace) -> None:
    """Refuse to train what could not be scored then: problems without the split that is scored."""
    split, lacking = checked.study.split, []
    for name in {name for cell in checked.cells.values() for name in cell.scored}:
        problem = checked.find(name)
        splits: Any = type(problem).splits  # or a property, of which raw files decide
        if (folder := locate_data(problem, place.data_dir)).is_dir():
            with contextlib.suppress(UserError):  # damage stops what reads the data
                splits = Metadata.read(folder).lengths
        if isinstance(splits, Collection) and split not in splits:
            lacking.append(name)
    if lacking:
        other = "validation" if split == "test" else "test"
        raise UserError(
            f"There is no {split} split of {', '.join(sorted(lacking))}, and runs are scored on it",
            received={"split": split, "data_dir": str(place.data_dir)},
            fix=f"Add --split={other}, or `split` to the study, or leave these problems out.",
        )


def _refuse_missing_data(runs: Mapping[tuple[str, int], CellRun], place: Workplace) -> None:
    """Refuse to begin where data is not there, for each cell would fail by itself."""
    if missing := list_missing_data(runs, place):
        raise UserError(
            f"The data of {', '.join(missing)} has not been generated",
            received={"data_dir": place.data_dir},
            fix="Add --generate_data, or name the --data_dir where it is.",
        )


def list_missing_data(runs: Mapping[tuple[str, int], CellRun], place: Workplace) -> list[str]:
    """List the problems without data of the runs that are left to be made.

    Args:
        runs: As `prepare_study` gives them.
        place: Where they and the data lie.
    """
    left = [run for run in runs.values() if run.read_state()[0] not in (DONE, DIVERGED)]
    names = dict.fromkeys(name for run in left for name in run.cell.problems)
    return [name for name in names if not is_generated(registry.problem(name).base, place.data_dir)]


def write_results(found: dict[str, Any], study_dir: Path) -> None:
    """Write what `collect_results` has found as `study.json`, `study.md` and `study.html`."""
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    write_text_atomically(study_dir / "study.json", text)
    write_text_atomically(study_dir / "study.md", render_markdown(found))
    write_text_atomically(study_dir / "study.html", render_page(found))


def _generate(checked: CheckedStudy, place: Workplace, tmp_dir: str | Path) -> None:
    """Generate the data that is not there, of all cells together: they share one vocabulary."""
    named = dict.fromkeys(name for cell in checked.cells.values() for name in cell.problems)
    bases = {name: checked.find(name).base for name in named}
    names = [name for name, base in bases.items() if not is_generated(base, place.data_dir)]
    if not names:
        return
    data = next(iter(checked.cells.values())).hparams.data
    flags = [
        f"--problems={','.join(names)}",
        f"--data_dir={place.data_dir}",
        *(f"--t2t_usr_dir={one}" for one in place.user_modules),
    ]
    if list_text_vocabularies(bases[name].features for name in names):
        flags += [f"--vocab_size={data.vocab_size}", f"--vocab_bytes={data.vocab_bytes}"]
    if tmp_dir:
        flags.append(f"--tmp_dir={tmp_dir}")
    if failed := call_command("datagen", flags, place.study_dir / "datagen.log"):
        raise UserError(
            f"The data could not be generated: {failed}", fix=f"See {place.study_dir}/datagen.log."
        )
