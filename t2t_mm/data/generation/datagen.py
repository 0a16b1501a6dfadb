"""Problems onto disk: what `t2t-datagen` does."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from t2t_mm import registry
from t2t_mm.data.declaring.own_folders import find_own_problems
from t2t_mm.data.declaring.problem import RAW_OPTIONS, Problem
from t2t_mm.data.generation import beam_generation
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.label_writing import write_labels
from t2t_mm.data.generation.problem_generation import (
    GeneratedProblem,
    generate_problem,
    is_generated,
)
from t2t_mm.data.generation.proposals import propose_others
from t2t_mm.data.generation.vocabulary_training import train_vocabulary
from t2t_mm.data.kinds.kind_table import list_text_vocabularies
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.data.records.stored import Metadata, locate_data
from t2t_mm.data.vocabulary.vocabulary import (
    has_vocabulary,
    load_facts,
    load_vocabulary,
    locate_vocabulary,
)
from t2t_mm.errors import UserError
from t2t_mm.files.disk import lock_folder, report_full_disk
from t2t_mm.lent_backend import lend_backend
from t2t_mm.random_state import keep_random_state
from t2t_mm.registry.declared_facts import check_splits, check_version

_COUNTS_WHERE: Final = {
    "validation_share": "takes its validation split out of its training data",
    "test_share": "takes its test split out of its training data",
    "label_pattern": "finds its classes in the names of files",
    "columns": "reads a table with names of columns",
}


def generate_data(
    problems: str | Iterable[str],
    *,
    data_dir: str | Path,
    tmp_dir: str | Path | None = None,
    exclude: str | Iterable[str] = "",
    options: GenerationOptions | None = None,
) -> list[GeneratedProblem]:
    """Generate the data of problems, and the vocabularies that they need, in `data_dir`.

    The Python form of `t2t-datagen`.

    The unit is one problem: it appears under its name when all its splits are whole. Problems
    that are there already are kept, so that the same call again finishes what a kill left. The
    bytes depend on the problems and the options only, not on `num_processes` or on kills.
    Directions that share data are generated once.

    Args:
        problems: Names, globs, groups.
        data_dir: Where generated data and vocabularies go.
        tmp_dir: Where raw files are.
        exclude: Names, globs, groups to leave out.
        options: How; by default as `GenerationOptions()`.

    Returns:
        One entry per data set, in the order of the problems.

    Raises:
        UserError: For bad arguments, missing or malformed raw data, and for data on disk that is
            stale or was generated with other arguments.

    Example:
        >>> only_list = GenerationOptions(only_list=True)
        >>> generate_data("mini_ende,mini_deen", data_dir="demo/data", options=only_list)
        [GeneratedProblem(name='mini_ende', splits={}, seconds=0.0, was_there=True,
                          exchanged_by=['mini_deen'])]
    """
    _refuse_being_imported_by_a_worker()
    with lend_backend(), keep_random_state():
        bases, exchanged = _find_bases(problems, exclude, data_dir, tmp_dir)
        made = _generate_bases(bases, Path(data_dir), options or GenerationOptions())
    return [replace(one, exchanged_by=exchanged.get(one.name, ())) for one in made]


def _refuse_being_imported_by_a_worker() -> None:
    """Stop a process that runs the script of its parent again, which waits for it meanwhile."""
    if getattr(mp.current_process(), "_inheriting", False):
        raise UserError(
            "A script that generates data in several processes is imported by each of them",
            fix="Put its calls below `if __name__ == '__main__':`.",
        )


def _generate_bases(
    bases: Sequence[Problem], data_dir: Path, options: GenerationOptions
) -> list[GeneratedProblem]:
    """Generate problems that are written as they are read, and their vocabularies."""
    if options.only_list:
        return [
            GeneratedProblem(base.name, was_there=is_generated(base, data_dir)) for base in bases
        ]
    if options.beam:
        beam_generation.check_beam_is_installed()
    _tell_problems(bases, data_dir, options)
    _check_raw_data(bases, data_dir, options)
    with report_full_disk(data_dir):
        write_labels(bases, data_dir, options)
        for name in list_text_vocabularies(base.features for base in bases):
            if has_vocabulary(data_dir, name) and not options.overwrite_vocab:
                _tell_training(name, data_dir, options)
            else:
                options.tell(f"training vocabulary {name} of at most {options.vocab_size:,} pieces")
                _train_in_turn(name, bases, data_dir, options)
        if options.vocab_only:
            return [GeneratedProblem(base.name) for base in bases]
        return [generate_problem(base, data_dir, options) for base in bases]


def _tell_problems(bases: Sequence[Problem], data_dir: Path, options: GenerationOptions) -> None:
    """Tell the problems what was said of their raw data, where it counts.

    How raw data is read that was generated before need not be said again: the other options are
    looked at by what is found in it.

    Raises:
        UserError: For none of them it does: it would be ignored.
    """
    told = RAW_OPTIONS if options.replaces_data else options.raw_options
    for base in bases:  # all of it before a problem looks at its files
        for name in told:
            setattr(base, name, options.raw_options.get(name, getattr(base, name)))
        if is_generated(base, data_dir) and not options.replaces_data:
            _repeat_how_it_is_read(base, data_dir)
    said = (name for name, value in options.raw_options.items() if value)
    for name in (name for name in said if name in _COUNTS_WHERE):
        others = [base for base in bases if name not in base.options_that_count]
        for base in others:
            setattr(base, name, getattr(Problem, name))
        names = ", ".join(base.name for base in others)
        if len(others) == len(bases):
            raise UserError(
                f"--{name} counts for nothing: no problem {_COUNTS_WHERE[name]}",
                received={"problems": names},
                fix=f"Leave --{name} out.",
            )
        if others:
            options.tell(f"--{name} counts for nothing for {names}: none {_COUNTS_WHERE[name]}")


def _repeat_how_it_is_read(base: Problem, data_dir: Path) -> None:
    with suppress(UserError):  # data that is damaged is told later, with what to do
        metadata = Metadata.read(locate_data(base, data_dir))
        for name in ("label_pattern", "columns"):
            if not getattr(base, name):
                setattr(base, name, getattr(metadata, name))


def _check_raw_data(bases: Sequence[Problem], data_dir: Path, options: GenerationOptions) -> None:
    """Read one example of what will be generated: data that is not there is told at once.

    Its values are not looked at: one that cannot be read may be left out later.
    """
    for base in bases:
        if options.replaces_data or not is_generated(base, data_dir):
            with propose_others(base):
                check_splits(base.name, base.splits)
                next(read_checked_examples(base, base.splits[0], 0, only=()), None)


def _find_bases(
    problems: str | Iterable[str],
    exclude: str | Iterable[str],
    data_dir: str | Path,
    tmp_dir: str | Path | None,
) -> tuple[list[Problem], dict[str, list[str]]]:
    """Return whose data is to be generated, and by base the names that read it exchanged."""
    bases: dict[str, Problem] = {}
    exchanged: dict[str, list[str]] = {}
    own = find_own_problems(data_dir, tmp_dir)
    for name in registry.expand_problems(problems, exclude, own):
        problem: Problem = registry.problem(name, data_dir=data_dir, tmp_dir=tmp_dir)
        base = problem.base
        check_version(base.name, base.version)
        bases.setdefault(base.name, base)
        if problem.exchanged:
            exchanged.setdefault(base.name, []).append(name)
    return list(bases.values()), exchanged


def _tell_training(name: str, data_dir: Path, options: GenerationOptions) -> None:
    """Say that a vocabulary is used that was asked for otherwise, or trained on other text."""
    size = load_vocabulary(data_dir, name).size
    facts = load_facts(data_dir, name)
    if facts.get("requested_size", size) != options.vocab_size:
        options.tell(
            f"vocabulary {name} is there with {size:,} pieces and is used as it is "
            f"(asked: {options.vocab_size:,}; --overwrite_vocab trains it again)"
        )
    num_bytes = facts.get("requested_bytes", options.vocab_bytes)  # earlier facts say none
    if num_bytes != options.vocab_bytes:
        options.tell(
            f"vocabulary {name} was trained on at most {num_bytes:,} bytes of text and is used as "
            f"it is (asked: {options.vocab_bytes:,}; --overwrite_vocab trains it again)"
        )
    num_read, asked = facts.get("max_cases", 0), options.max_cases
    if num_read and (not asked or num_read < asked):
        wanted = f"{asked:,}" if asked else "all"
        options.tell(
            f"vocabulary {name} was trained on at most {num_read:,} examples of each problem and "
            f"is used as it is (asked: {wanted}; --overwrite_vocab trains it again)"
        )


def _train_in_turn(
    name: str, bases: Sequence[Problem], data_dir: Path, options: GenerationOptions
) -> None:
    """Train a vocabulary unless another process has done so in the meantime."""
    with lock_folder(locate_vocabulary(data_dir, name).parent):
        if options.overwrite_vocab or not has_vocabulary(data_dir, name):
            size = train_vocabulary(name, bases, data_dir, options).size
            fewer = "" if size == options.vocab_size else ", all that the texts yield"
            options.tell(f"vocabulary {name} has {size:,} pieces{fewer}")
        else:
            options.tell(f"another process has trained vocabulary {name} meanwhile: it is used")
            _tell_training(name, data_dir, options)
