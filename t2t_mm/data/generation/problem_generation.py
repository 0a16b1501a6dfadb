"""One problem onto disk: kept where it is there, else written whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.bad_examples import describe_most_bad
from t2t_mm.data.declaring.problem import RAW_OPTIONS, Problem
from t2t_mm.data.generation.counting import Tally, check_tally, tally_records
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.raw_files import (
    describe_raw_files,
    explain_raw_file_changes,
    list_raw_files_wanted,
)
from t2t_mm.data.records.example_lengths import count_examples
from t2t_mm.data.records.example_records import load_vocabularies
from t2t_mm.data.records.fingerprint import describe_data
from t2t_mm.data.records.shards import Shard, hash_file, trust_files
from t2t_mm.data.records.stored import (
    METADATA_FILE,
    Metadata,
    compose_datagen_command,
    locate_data,
    make_stale_error,
    open_data,
)
from t2t_mm.errors import UserError
from t2t_mm.files.disk import lock_folder, remove_leftover

_OF_EXAMPLES = tuple(name for name in RAW_OPTIONS if name != "max_bad_share")
"""What data that is there was told: not how much of it might have been left out."""


@dataclass(frozen=True)
class GeneratedSplit:
    """What lies on disk of one split: number of examples, of files, and their size in bytes.

    `skipped` examples were left out since their picture or sound could not be read.
    """

    examples: int
    shards: int
    bytes: int
    skipped: int = 0


@dataclass(frozen=True)
class GeneratedProblem:
    """What became of one problem.

    Args:
        name: Name of its data; a reversed problem shares that of its base.
        splits: What lies on disk by split; empty where nothing was to be made.
        seconds: How long it took.
        was_there: Whether it was there already and is kept.
        exchanged_by: Names of the problems asked for that read it, inputs and targets exchanged.
    """

    name: str
    splits: dict[str, GeneratedSplit] = field(default_factory=dict)
    seconds: float = 0.0
    was_there: bool = False
    exchanged_by: Sequence[str] = ()


def is_generated(base: Problem, data_dir: Path) -> bool:
    """Return whether there is data of this version of the problem, up to date or not."""
    return (locate_data(base, data_dir) / METADATA_FILE).is_file()


def generate_problem(base: Problem, data_dir: Path, options: GenerationOptions) -> GeneratedProblem:
    """Generate the data of one problem unless it is there.

    Args:
        base: The problem as written, not exchanged.
        data_dir: Where it goes.
        options: How it is generated.

    Raises:
        UserError: If the data that is there is stale or was made with other options, or if the
            problem's raw data is missing or malformed.
    """
    folder = locate_data(base, data_dir)
    begin = time.monotonic()
    with lock_folder(folder.parent):
        _clean_up_after_kill(folder)
        was_there = is_generated(base, data_dir) and not options.replaces_data
        if was_there:
            _check_same_options(base, data_dir, options)
        else:
            options.tell(f"generating {base.name}")
            _replace_data(base, folder, data_dir, options)
            trust_files(folder / METADATA_FILE, Metadata.read(folder).shards)
    metadata = open_data(base, data_dir).metadata
    return GeneratedProblem(
        base.name,
        splits={split: _describe_split(metadata, split) for split in metadata.lengths},
        seconds=time.monotonic() - begin,
        was_there=was_there,
    )


def _describe_split(metadata: Metadata, split: str) -> GeneratedSplit:
    shards = metadata.list_shards(split)
    return GeneratedSplit(
        examples=count_examples(metadata.lengths[split]),
        shards=len(shards),
        bytes=sum(shard.bytes for shard in shards),
        skipped=metadata.skipped.get(split, 0),
    )


def _check_same_options(base: Problem, data_dir: Path, options: GenerationOptions) -> None:
    """Refuse to take data for what was asked when other arguments or raw files made it."""
    metadata = open_data(base, data_dir).metadata
    for name in _OF_EXAMPLES:  # what was told of the raw data need not be told again
        stored, asked = getattr(metadata, name), getattr(base, name)
        if stored != asked and (options.only_missing or asked == ""):
            setattr(base, name, stored)
    limits = (
        ("max_cases", metadata.max_cases, options.max_cases),
        ("random_seed", metadata.random_seed, options.random_seed),
        *((name, getattr(metadata, name), getattr(base, name)) for name in _OF_EXAMPLES),
    )
    reasons = [
        f"it was generated with --{flag}={stored}, asked is --{flag}={asked}"
        for flag, stored, asked in limits
        if stored != asked and not options.only_missing
    ]
    reasons += explain_raw_file_changes(base, metadata.raw_files)
    again: dict[str, Any] = {name: getattr(base, name) for name in RAW_OPTIONS}
    if not options.only_missing:
        again |= {"max_cases": options.max_cases, "random_seed": options.random_seed}
    told = replace(metadata, **again)
    if reasons:
        raise make_stale_error(base, data_dir, reasons, told=told)
    if "max_bad_share" in options.raw_options:
        command = compose_datagen_command(base, data_dir, "--overwrite", told)
        _check_left_out(base, metadata, command)


def _check_left_out(base: Problem, metadata: Metadata, command: str) -> None:
    """Refuse data of which more was left out than may be by what is asked now."""
    for split, skipped in metadata.skipped.items():
        total = skipped + count_examples(metadata.lengths[split])
        if most := describe_most_bad(skipped, total, base.max_bad_share):
            raise UserError(
                f"When the data of problem {base.name} was generated, {skipped:,} of {total:,} "
                f"examples of {split} were left out since they could not be read",
                expected=most,
                received={"max_bad_share": base.max_bad_share},
                fix=f"Mend the raw data and generate it again: {command}",
            )


def _replace_data(base: Problem, folder: Path, data_dir: Path, options: GenerationOptions) -> None:
    """Write the data of a problem; what was there before comes back if that fails."""
    replaced = _locate_replaced(folder)
    if folder.exists():
        folder.rename(replaced)
    try:
        _write_data(base, data_dir, options)
    except BaseException:
        # What was committed before the failure, an interrupt for example, stays.
        if replaced.exists() and not folder.exists():
            replaced.rename(folder)
        raise
    if replaced.exists():
        remove_leftover(replaced)


def _locate_replaced(folder: Path) -> Path:
    return folder.with_name(f"replaced.{folder.name}")


def _clean_up_after_kill(folder: Path) -> None:
    """Remove what a killed run left; the lock tells that no other is at work."""
    for path in folder.parent.glob(f"incomplete.*_{folder.name}"):
        remove_leftover(path)
    replaced = _locate_replaced(folder)
    if replaced.exists() and folder.exists():
        remove_leftover(replaced)
    elif replaced.exists():
        replaced.rename(folder)


def _write_data(base: Problem, data_dir: Path, options: GenerationOptions) -> None:
    # Not at the top: listing and skipping need no TensorFlow.
    from t2t_mm.data.generation import beam_generation, record_writer

    fingerprint = describe_data(base, load_vocabularies(base, data_dir))
    known: set[int] = set()
    tallies = {split: Tally(known=known) for split in base.splits}

    def finish(folder: Path) -> None:
        read: Iterable[Path] = base.raw_files_read
        if options.beam:
            beam_generation.count_records(base, data_dir, folder, tallies)
            # Other processes did the reading, but for a first look.
            read = dict.fromkeys([*base.raw_files_read, *list_raw_files_wanted(base)])
        for split, tally in tallies.items():
            check_tally(base, split, tally)
        Metadata(
            fingerprint=fingerprint,
            max_cases=options.max_cases,
            random_seed=options.random_seed,
            raw_files=describe_raw_files(base, read),
            lengths={split: tally.lengths for split, tally in tallies.items()},
            shards=_describe_shards(folder),
            skipped={split: tally.skipped for split, tally in tallies.items() if tally.skipped},
            **{name: getattr(base, name) for name in RAW_OPTIONS},
        ).write(folder)

    splits: Mapping[str, Any]
    if options.beam:
        splits = beam_generation.make_split_transforms(base, data_dir, options)
    else:
        splits = {
            split: tally_records(base, split, data_dir, options, tallies[split])
            for split in base.splits
        }
    with ExitStack() as stack, beam_generation.restore_user_errors():
        for records in [] if options.beam else splits.values():
            stack.callback(records.close)  # an interrupt of the writer must end their processes too
        record_writer.write_records(
            record_writer.ProblemBuilder(base, data_dir, splits, finish),
            num_shards=options.num_shards,
            beam_options=beam_generation.make_beam_options(options) if options.beam else None,
        )


def _describe_shards(folder: Path) -> dict[str, Shard]:
    return {
        path.name: Shard(bytes=path.stat().st_size, sha256=hash_file(path))
        for path in sorted(folder.glob("*.tfrecord-*"))
    }
