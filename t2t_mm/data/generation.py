"""One problem onto disk: skipped where it is there, else written whole or not at all."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from t2t_mm.data.disk import alone_in
from t2t_mm.data.fingerprint import describe_data
from t2t_mm.data.problem import Problem
from t2t_mm.data.raw_files import changes_of_raw_files, describe_raw_files, raw_files_wanted
from t2t_mm.data.records import load_vocabularies, record_length
from t2t_mm.data.stored import (
    METADATA_FILE,
    Metadata,
    Shard,
    data_folder,
    file_sha256,
    open_data,
    stale_data,
)
from t2t_mm.data.workers import KeyedRecord, generate_records, generate_records_in_processes
from t2t_mm.errors import UserError


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
class GenerationSettings:
    """How problems are written; the fields are the arguments of `generate_data`."""

    data_dir: Path
    num_shards: int = 0
    max_cases: int = 0
    random_seed: int = 0
    num_processes: int = 1
    overwrite: bool = False
    only_missing: bool = False
    beam: bool = False
    beam_options: Sequence[str] = ()
    progress: bool = True

    def tell(self, what: str) -> None:
        """Prints one line for the person who waits, if there is one."""
        if self.progress:
            print(f"t2t-datagen: {what}", file=sys.stderr, flush=True)


def is_generated(base: Problem, data_dir: Path) -> bool:
    """Returns whether there is data of this version of the problem, up to date or not."""
    return (data_folder(base, data_dir) / METADATA_FILE).is_file()


def generate_problem(base: Problem, settings: GenerationSettings) -> GeneratedProblem:
    """Generates the data of one problem unless it is there.

    Args:
        base: the problem as written, not exchanged.
        settings: how.

    Raises:
        UserError: if the data that is there is stale or was made with other settings, or if the
            problem's raw data is missing or malformed.
    """
    folder = data_folder(base, settings.data_dir)
    begin = time.monotonic()
    with alone_in(folder.parent):
        _clean_up_after_kill(folder)
        skipped = is_generated(base, settings.data_dir) and not settings.overwrite
        if skipped:
            _check_same_settings(base, settings)
        else:
            settings.tell(f"generating {base.name}")
            _replace(base, folder, settings)
    metadata = open_data(base, settings.data_dir).metadata
    return GeneratedProblem(
        base.name,
        splits={split: _describe_split(metadata, split) for split in metadata.lengths},
        seconds=time.monotonic() - begin,
        skipped=skipped,
    )


def _describe_split(metadata: Metadata, split: str) -> GeneratedSplit:
    shards = [shard for file, shard in metadata.shards.items() if f"-{split}." in file]
    return GeneratedSplit(
        examples=sum(metadata.lengths[split].values()),
        shards=len(shards),
        bytes=sum(shard.bytes for shard in shards),
    )


def _check_same_settings(base: Problem, settings: GenerationSettings) -> None:
    """Refuses to take data for what was asked when other arguments or raw files made it."""
    metadata = open_data(base, settings.data_dir).metadata
    limits = (
        ("max_cases", metadata.max_cases, settings.max_cases),
        ("random_seed", metadata.random_seed, settings.random_seed),
    )
    reasons = [
        f"it was generated with --{flag}={stored}, asked is --{flag}={asked}"
        for flag, stored, asked in limits
        if stored != asked and not settings.only_missing
    ]
    reasons += changes_of_raw_files(base, metadata.raw_files)
    if reasons:
        raise stale_data(base, settings.data_dir, reasons)


def _replace(base: Problem, folder: Path, settings: GenerationSettings) -> None:
    """Writes the data of a problem; what was there before comes back if that fails."""
    replaced = _replaced(folder)
    if folder.exists():
        folder.rename(replaced)
    try:
        _write(base, settings)
    except BaseException:
        # What was committed before the failure, an interrupt for example, stays.
        if replaced.exists() and not folder.exists():
            replaced.rename(folder)
        raise
    if replaced.exists():
        shutil.rmtree(replaced)


def _replaced(folder: Path) -> Path:
    return folder.with_name(f"replaced.{folder.name}")


def _clean_up_after_kill(folder: Path) -> None:
    """Removes what a killed run left; the lock tells that no other is at work."""
    for path in folder.parent.glob(f"incomplete.*_{folder.name}"):
        shutil.rmtree(path)
    replaced = _replaced(folder)
    if replaced.exists() and folder.exists():
        shutil.rmtree(replaced)
    elif replaced.exists():
        replaced.rename(folder)


def _write(base: Problem, settings: GenerationSettings) -> None:
    # Not at the top: listing and skipping need no TensorFlow.
    from t2t_mm.data import beam_generation, writer

    fingerprint = describe_data(base, load_vocabularies(base, settings.data_dir))
    lengths: dict[str, Counter[int]] = {split: Counter() for split in base.splits}

    def finish(folder: Path) -> None:
        read: Iterable[Path] = base.raw_files_read
        if settings.beam:
            beam_generation.count_lengths(folder, lengths)
            for split, counts in lengths.items():
                _check_not_empty(base, split, counts)
            read = raw_files_wanted(base)  # other processes did the reading
        Metadata(
            fingerprint=fingerprint,
            max_cases=settings.max_cases,
            random_seed=settings.random_seed,
            raw_files=describe_raw_files(base, read),
            lengths={split: dict(counts) for split, counts in lengths.items()},
            shards=_describe_shards(folder),
        ).write(folder)

    splits: Mapping[str, Any]
    if settings.beam:
        splits = beam_generation.split_transforms(base, settings)
    else:
        splits = {split: _counted(base, split, settings, lengths[split]) for split in base.splits}
    with beam_generation.user_errors_told():
        writer.write_records(
            writer.ProblemBuilder(base, settings.data_dir, splits, finish),
            num_shards=settings.num_shards,
            beam_options=beam_generation.options(settings) if settings.beam else None,
        )


def _counted(
    base: Problem, split: str, settings: GenerationSettings, lengths: Counter[int]
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
    _check_not_empty(base, split, lengths)


def _check_not_empty(base: Problem, split: str, lengths: Mapping[int, int]) -> None:
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
