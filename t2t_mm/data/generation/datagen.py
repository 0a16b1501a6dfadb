"""Problems onto disk: what `t2t-datagen` does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation import beam_generation
from t2t_mm.data.generation.generation_settings import GenerationSettings
from t2t_mm.data.generation.label_writing import write_labels
from t2t_mm.data.generation.problem_generation import (
    GeneratedProblem,
    GeneratedSplit,
    generate_problem,
    is_generated,
)
from t2t_mm.data.generation.vocabulary_training import train_vocabulary
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.data.records.stored import DataInfo, open_data
from t2t_mm.data.vocabulary.vocabulary import (
    BYTES,
    has_vocabulary,
    load_vocabulary,
    locate_vocabulary,
)
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.files.disk import lock_folder, report_full_disk

__all__ = ["DataInfo", "GeneratedProblem", "GeneratedSplit", "generate_data", "open_data"]


def generate_data(
    problems: str | Iterable[str],
    *,
    data_dir: str | Path,
    tmp_dir: str | Path | None = None,
    exclude: str | Iterable[str] = "",
    num_shards: int = 0,
    max_cases: int = 0,
    random_seed: int = 0,
    num_processes: int = 1,
    overwrite: bool = False,
    only_missing: bool = False,
    only_list: bool = False,
    vocab_only: bool = False,
    overwrite_vocab: bool = False,
    vocabulary_size: int = 8192,
    vocabulary_bytes: int = 10_000_000,
    beam: bool = False,
    beam_options: Sequence[str] = (),
    progress: bool = True,
) -> list[GeneratedProblem]:
    """Generate the data of problems, and the vocabularies that they need, in `data_dir`.

    The unit is one problem: it appears under its name when all its splits are whole. Problems
    that are there already are kept, so that the same call again finishes what a kill left. The
    bytes depend on the problems and these arguments only, not on `num_processes` or on kills.
    Directions that share data are generated once.

    Args:
        problems: Names, globs, groups.
        data_dir: Where generated data and vocabularies go.
        tmp_dir: Where raw files are.
        exclude: Names, globs, groups to leave out.
        num_shards: Files per split of data that is written now; 0 chooses by size. Data that is
            there keeps its files.
        max_cases: Largest number of examples per split; 0 means all.
        random_seed: Seed for problems that draw from Python's or NumPy's global generator.
        num_processes: Processes that read a problem of several parts.
        overwrite: Generate again what is there.
        only_missing: Keep data that is there and up to date even if it was generated with another
            `max_cases` or `random_seed`, instead of raising.
        only_list: Do nothing but tell which problems would be generated and which are there.
        vocab_only: Stop after the vocabularies.
        overwrite_vocab: Make again the vocabularies that are there; the data of `problems` is
            then generated again, that of others becomes stale.
        vocabulary_size: Wanted number of ids of a vocabulary that is trained.
        vocabulary_bytes: Bytes of text to train a vocabulary on.
        beam: Generate by Apache Beam, part by part.
        beam_options: Beam pipeline options, as for its own command line.
        progress: Whether to tell on the standard error stream what is being done.

    Returns:
        One entry per data set, in the order of the problems.

    Raises:
        UserError: For bad arguments, missing or malformed raw data, and for data on disk that is
            stale or was generated with other arguments.

    Example:
        >>> generate_data("mini_ende,mini_deen", data_dir="data")
        [GeneratedProblem(name='mini_ende', splits={'train': GeneratedSplit(...), ...})]
    """
    _check_arguments(num_shards=num_shards, max_cases=max_cases, num_processes=num_processes)
    bases = _find_bases(problems, exclude, data_dir, tmp_dir)
    settings = GenerationSettings(
        data_dir=Path(data_dir),
        num_shards=num_shards,
        max_cases=max_cases,
        random_seed=random_seed,
        num_processes=num_processes,
        overwrite=overwrite or overwrite_vocab,
        only_missing=only_missing,
        beam=beam,
        beam_options=beam_options,
        progress=progress,
    )
    if only_list:
        return [
            GeneratedProblem(base.name, was_there=is_generated(base, settings.data_dir))
            for base in bases
        ]
    if beam:
        beam_generation.check_beam_is_installed()
    _check_raw_data(bases, settings)
    with report_full_disk(settings.data_dir):
        write_labels(
            bases,
            settings.data_dir,
            overwrite=overwrite_vocab,
            regenerate=settings.overwrite,
        )
        for name in _named_vocabularies(bases):
            if has_vocabulary(data_dir, name) and not overwrite_vocab:
                _tell_size(name, vocabulary_size, settings)
                continue
            settings.tell(f"training vocabulary {name} of {vocabulary_size} pieces")
            _train_locked(name, bases, settings, overwrite_vocab, vocabulary_size, vocabulary_bytes)
        if vocab_only:
            return [GeneratedProblem(base.name) for base in bases]
        return [generate_problem(base, settings) for base in bases]


def _check_arguments(**counts: int) -> None:
    for name, value in counts.items():
        smallest = 1 if name == "num_processes" else 0
        if value < smallest:
            raise UserError(
                f"{name} is too small", expected=f"at least {smallest}", received={name: value}
            )


def _check_raw_data(bases: Sequence[Problem], settings: GenerationSettings) -> None:
    """Read one example of what will be generated: data that is not there is told at once.

    Its values are not looked at: one that cannot be read may be left out later.
    """
    for base in bases:
        if settings.overwrite or not is_generated(base, settings.data_dir):
            next(read_checked_examples(base, base.splits[0], 0, only=()), None)


def _find_bases(
    problems: str | Iterable[str],
    exclude: str | Iterable[str],
    data_dir: str | Path,
    tmp_dir: str | Path | None,
) -> list[Problem]:
    bases: dict[str, Problem] = {}
    for name in registry.expand_problems(problems, exclude):
        problem: Problem = registry.problem(name, data_dir=data_dir, tmp_dir=tmp_dir)
        base = problem.base
        if not re.fullmatch(r"\d+\.\d+\.\d+", base.version):
            raise UserError(
                f"Problem {base.name} has a version that is none",
                expected="three numbers such as 1.0.0",
                received={"version": base.version},
            )
        bases.setdefault(base.name, base)
    return list(bases.values())


def _named_vocabularies(bases: Sequence[Problem]) -> list[str]:
    named = {
        spec.vocabulary: None
        for base in bases
        for spec in base.features.values()
        if isinstance(spec, Language) and spec.vocabulary != BYTES
    }
    return list(named)


def _tell_size(name: str, asked: int, settings: GenerationSettings) -> None:
    """Say that an existing vocabulary is used although another size was asked for."""
    size = load_vocabulary(settings.data_dir, name).size
    if size != asked:
        settings.tell(
            f"vocabulary {name} is there with {size} pieces and is used as it is "
            f"(asked: {asked}; --overwrite_vocab trains it again)"
        )


def _train_locked(
    name: str,
    bases: Sequence[Problem],
    settings: GenerationSettings,
    overwrite: bool,
    size: int,
    byte_budget: int,
) -> None:
    with lock_folder(locate_vocabulary(settings.data_dir, name).parent):
        if has_vocabulary(settings.data_dir, name) and not overwrite:
            return
        train_vocabulary(
            name,
            bases,
            data_dir=settings.data_dir,
            size=size,
            byte_budget=byte_budget,
            max_cases=settings.max_cases,
            random_seed=settings.random_seed,
        )
