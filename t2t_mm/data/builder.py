"""Problems onto disk: what `t2t-datagen` does."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from t2t_mm import registry
from t2t_mm.data.fingerprint import describe_data
from t2t_mm.data.problem import Problem
from t2t_mm.data.records import load_vocabularies, record_length
from t2t_mm.data.stored import (
    METADATA_FILE,
    DataInfo,
    Metadata,
    Shard,
    data_folder,
    describe_raw_files,
    file_sha256,
    open_data,
    stale_data,
)
from t2t_mm.data.vocabulary import BYTES, vocabulary_exists, vocabulary_path
from t2t_mm.data.vocabulary_training import train_vocabulary
from t2t_mm.data.workers import KeyedRecord, generate_records, generate_records_in_processes
from t2t_mm.errors import UserError
from t2t_mm.features import Language

__all__ = ["DataInfo", "GeneratedProblem", "GeneratedSplit", "generate_data", "open_data"]


@dataclass(frozen=True)
class GeneratedSplit:
    """What lies on disk of one split: number of examples, of files, and their size in bytes."""

    examples: int
    shards: int
    bytes: int


@dataclass(frozen=True)
class GeneratedProblem:
    """What became of one problem.

    Args:
        name: name of its data; a reversed problem shares that of its base.
        splits: what lies on disk by split; empty where nothing was to be made.
        seconds: how long it took.
        skipped: whether it was there already.
    """

    name: str
    splits: dict[str, GeneratedSplit] = field(default_factory=dict)
    seconds: float = 0.0
    skipped: bool = False


@dataclass(frozen=True, kw_only=True)
class _Settings:
    data_dir: Path
    num_shards: int
    max_cases: int
    random_seed: int
    num_processes: int
    overwrite: bool
    beam: bool
    beam_options: Sequence[str]
    progress: bool


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
    only_list: bool = False,
    vocab_only: bool = False,
    overwrite_vocab: bool = False,
    vocabulary_size: int = 8192,
    vocabulary_bytes: int = 10_000_000,
    beam: bool = False,
    beam_options: Sequence[str] = (),
    progress: bool = True,
) -> list[GeneratedProblem]:
    """Generates the data of problems, and the vocabularies that they need, in `data_dir`.

    The unit is one problem: it appears under its name when all its splits are whole. Problems
    that are there already are skipped, so that the same call again finishes what a kill left. The
    bytes depend on the problems and these arguments only, not on `num_processes` or on kills.
    Directions that share data are generated once.

    Args:
        problems: names, globs, groups.
        data_dir: where generated data and vocabularies go.
        tmp_dir: where raw files are.
        exclude: names, globs, groups to leave out.
        num_shards: files per split; 0 chooses by size.
        max_cases: largest number of examples per split; 0 means all.
        random_seed: seed for problems that draw from Python's or NumPy's global generator.
        num_processes: processes that read a problem of several parts.
        overwrite: generate again what is there.
        only_list: do nothing but tell which problems would be generated or skipped.
        vocab_only: stop after the vocabularies.
        overwrite_vocab: train again the vocabularies that are there; the data of `problems` is
            then generated again, that of others becomes stale.
        vocabulary_size: wanted number of ids of a vocabulary that is trained.
        vocabulary_bytes: bytes of text to train a vocabulary on.
        beam: generate by Apache Beam, part by part.
        beam_options: Beam pipeline options, as for its own command line.
        progress: whether to tell on the standard error stream what is being done.

    Returns:
        One entry per data set, in the order of the problems.

    Raises:
        UserError: for bad arguments, missing or malformed raw data, and for data on disk that is
            stale or was generated with other arguments.

    Example:
        >>> generate_data("mini_ende,mini_deen", data_dir="data")
        [GeneratedProblem(name='mini_ende', splits={'train': GeneratedSplit(...), ...})]
    """
    _check_arguments(num_shards=num_shards, max_cases=max_cases, num_processes=num_processes)
    bases = _find_bases(problems, exclude, data_dir, tmp_dir)
    settings = _Settings(
        data_dir=Path(data_dir),
        num_shards=num_shards,
        max_cases=max_cases,
        random_seed=random_seed,
        num_processes=num_processes,
        overwrite=overwrite or overwrite_vocab,
        beam=beam,
        beam_options=beam_options,
        progress=progress,
    )
    if only_list:
        return [
            GeneratedProblem(base.name, skipped=_is_there(base, settings.data_dir))
            for base in bases
        ]
    if beam:
        _check_beam()
    with _full_disk_told(settings.data_dir):
        for name in _missing_vocabularies(bases, settings.data_dir, overwrite_vocab):
            _tell(settings, f"training vocabulary {name} of {vocabulary_size} pieces")
            _train_locked(
                name, bases, settings, overwrite_vocab, vocabulary_size, vocabulary_bytes
            )
        if vocab_only:
            return [GeneratedProblem(base.name) for base in bases]
        return [_generate_problem(base, settings) for base in bases]


def _check_arguments(**counts: int) -> None:
    for name, value in counts.items():
        smallest = 1 if name == "num_processes" else 0
        if value < smallest:
            raise UserError(
                f"{name} is too small", expected=f"at least {smallest}", received={name: value}
            )


def _find_bases(
    problems: str | Iterable[str],
    exclude: str | Iterable[str],
    data_dir: str | Path,
    tmp_dir: str | Path | None,
) -> list[Problem]:
    bases: dict[str, Problem] = {}
    for name in registry.expand_problems(problems, exclude):
        base = registry.problem(name, data_dir=data_dir, tmp_dir=tmp_dir).base
        if not re.fullmatch(r"\d+\.\d+\.\d+", base.version):
            raise UserError(
                f"Problem {base.name} has a version that is none",
                expected="three numbers such as 1.0.0",
                received={"version": base.version},
            )
        bases.setdefault(base.name, base)
    return list(bases.values())


def _check_beam() -> None:
    from importlib.util import find_spec

    if find_spec("apache_beam") is None:
        raise UserError(
            "--beam needs Apache Beam, which is not installed",
            fix="Install the extra: pip install 't2t-mm[beam]'.",
        )


def _is_there(base: Problem, data_dir: Path) -> bool:
    return (data_folder(base, data_dir) / METADATA_FILE).is_file()


# Vocabularies.


def _missing_vocabularies(
    bases: Sequence[Problem], data_dir: Path, overwrite: bool
) -> list[str]:
    named = {
        spec.vocabulary: None
        for base in bases
        for spec in base.features.values()
        if isinstance(spec, Language) and spec.vocabulary != BYTES
    }
    return [name for name in named if overwrite or not vocabulary_exists(data_dir, name)]


def _train_locked(
    name: str,
    bases: Sequence[Problem],
    settings: _Settings,
    overwrite: bool,
    size: int,
    byte_budget: int,
) -> None:
    with _alone_in(vocabulary_path(settings.data_dir, name).parent):
        if vocabulary_exists(settings.data_dir, name) and not overwrite:
            return
        train_vocabulary(
            name,
            bases,
            data_dir=settings.data_dir,
            size=size,
            byte_budget=byte_budget,
            max_cases=settings.max_cases,
        )


# One problem.


def _generate_problem(base: Problem, settings: _Settings) -> GeneratedProblem:
    folder = data_folder(base, settings.data_dir)
    begin = time.monotonic()
    with _alone_in(folder.parent):
        is_there = _is_there(base, settings.data_dir)
        if is_there and not settings.overwrite:
            _check_same_settings(base, settings)
        else:
            _tell(settings, f"generating {base.name}")
            _write_problem(base, settings)
    metadata = open_data(base, settings.data_dir).metadata
    return GeneratedProblem(
        base.name,
        splits={split: _describe_split(metadata, split) for split in metadata.lengths},
        seconds=time.monotonic() - begin,
        skipped=is_there and not settings.overwrite,
    )


def _describe_split(metadata: Metadata, split: str) -> GeneratedSplit:
    shards = [shard for file, shard in metadata.shards.items() if f"-{split}." in file]
    return GeneratedSplit(
        examples=sum(metadata.lengths[split].values()),
        shards=len(shards),
        bytes=sum(shard.bytes for shard in shards),
    )


def _check_same_settings(base: Problem, settings: _Settings) -> None:
    """Refuses to take data for what was asked when other arguments or raw files made it."""
    metadata = open_data(base, settings.data_dir).metadata
    reasons = [
        f"it was generated with --{flag}={stored}, asked is --{flag}={asked}"
        for flag, stored, asked in (
            ("max_cases", metadata.max_cases, settings.max_cases),
            ("random_seed", metadata.random_seed, settings.random_seed),
        )
        if stored != asked
    ]
    if base.tmp_dir is not None:
        for name in metadata.raw_files:
            path = base.tmp_dir / name
            if path.is_file():
                base.raw_files_read.append(path)
        for name, digest in describe_raw_files(base).items():
            if metadata.raw_files[name] != digest:
                reasons.append(f"the raw file {name} changed")
    if reasons:
        raise stale_data(base, settings.data_dir, reasons)


def _write_problem(base: Problem, settings: _Settings) -> None:
    from t2t_mm.data import writer

    fingerprint = describe_data(base, load_vocabularies(base, settings.data_dir))
    lengths: dict[str, Counter[int]] = {split: Counter() for split in base.splits}

    def finish(folder: Path) -> None:
        Metadata(
            fingerprint=fingerprint,
            max_cases=settings.max_cases,
            random_seed=settings.random_seed,
            raw_files=describe_raw_files(base),
            lengths={split: dict(counts) for split, counts in lengths.items()},
            shards=_describe_shards(folder),
        ).write(folder)

    splits: Mapping[str, Any]
    splits = {split: _counted(base, split, settings, lengths[split]) for split in base.splits}
    _remove_leftovers(data_folder(base, settings.data_dir))
    builder = writer.ProblemBuilder(base, settings.data_dir, splits, finish)
    writer.write_records(
        builder, num_shards=settings.num_shards, overwrite=settings.overwrite
    )


def _counted(
    base: Problem, split: str, settings: _Settings, lengths: Counter[int]
) -> Iterator[KeyedRecord]:
    """Yields the records of a split and counts their lengths on the way."""
    if settings.num_processes > 1 and not settings.max_cases:
        records = generate_records_in_processes(
            base,
            split,
            settings.data_dir,
            random_seed=settings.random_seed,
            num_processes=settings.num_processes,
        )
    else:
        records = generate_records(
            base,
            split,
            settings.data_dir,
            random_seed=settings.random_seed,
            max_cases=settings.max_cases,
        )
    for key, record in records:
        lengths[record_length(record)] += 1
        yield key, record
    if not lengths:
        raise UserError(
            f"Problem {base.name} has no example in its split {split!r}",
            expected=f"at least one in each of {', '.join(base.splits)}",
            fix="Check the raw files, or leave the split out of the problem's `splits`.",
        )


def _describe_shards(folder: Path) -> dict[str, Shard]:
    return {
        path.name: Shard(bytes=path.stat().st_size, sha256=file_sha256(path))
        for path in sorted(folder.glob("*.tfrecord-*"))
    }


def _remove_leftovers(folder: Path) -> None:
    """Removes the folders that killed runs left; the lock tells that no other is at work."""
    for path in folder.parent.glob(f"incomplete.*_{folder.name}"):
        shutil.rmtree(path)


# One process at a time, and a full disk.


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Waits until no other process generates in `folder`; the lock dies with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _full_disk_told(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_full_disk(error):
            raise
        raise UserError(
            "The disk is full or a file too large",
            received={"data_dir": str(data_dir)},
            fix="Make room and run the same command again; finished problems are kept.",
        ) from error


def _is_full_disk(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return type(error).__name__ == "ResourceExhaustedError" and "space" in str(error)


def _tell(settings: _Settings, what: str) -> None:
    if settings.progress:
        import sys

        print(f"t2t-datagen: {what}", file=sys.stderr, flush=True)
