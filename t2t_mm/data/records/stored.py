"""Generated data as it lies on disk: where, what belongs to it, and whether it may be used."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.problem import RAW_OPTIONS, Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.records.example_lengths import (
    Lengths,
    count_examples,
    lengths_from_json,
    lengths_to_json,
)
from t2t_mm.data.records.example_records import load_vocabularies
from t2t_mm.data.records.fingerprint import (
    Fingerprint,
    describe_data,
    explain_differences,
    is_judged_without_code,
)
from t2t_mm.data.records.shards import Shard, ShardFolder, name_split
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.files.sealed_json import read_sealed, seal_json
from t2t_mm.registry.user_modules import find_entry

METADATA_FILE = "t2t_mm.json"


@dataclass(frozen=True)
class Metadata:
    """What is written beside the records; nothing in it depends on time, machine or chance.

    Args:
        fingerprint: What the data depends on.
        max_cases: Limit of examples per split when it was generated; 0 means none.
        random_seed: Seed of Python's and NumPy's global generators when it was generated.
        raw_files: Name to digest (see `raw_files`) of every raw file that was read.
        lengths: Split to feature to (positions to number of examples): ids of a text, end of
            sequence included; of a picture or sound what its net's class counts as one position;
            a class has 1.
        shards: File name to size and digest.
        validation_share, test_share, label_pattern, columns, max_bad_share: What the problem was
            told of its raw data; see `Problem`.
        skipped: Split to number of examples that were left out since they could not be read.
    """

    fingerprint: Fingerprint
    max_cases: int
    random_seed: int
    raw_files: dict[str, str] = field(default_factory=dict)
    lengths: Mapping[str, Lengths] = field(default_factory=dict)
    shards: dict[str, Shard] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    validation_share: float = 0.0
    test_share: float = 0.0
    label_pattern: str = ""
    columns: str = ""
    max_bad_share: float = Problem.max_bad_share

    def list_shards(self, split: str) -> list[Shard]:
        """Return the files of a split."""
        return [shard for file, shard in self.shards.items() if name_split(file) == split]

    def write(self, folder: Path) -> None:
        """Write the metadata into the folder of the records."""
        record = asdict(self)
        record["lengths"] = {
            split: lengths_to_json(lengths) for split, lengths in self.lengths.items()
        }
        text = seal_json(record, indent=1, ensure_ascii=False)
        # Names of raw files that are no UTF-8 become escapes, which JSON reads back as they were.
        (folder / METADATA_FILE).write_bytes(text.encode("utf-8", "backslashreplace"))

    @classmethod
    def read(cls, folder: Path) -> Metadata:
        """Read what `write` wrote.

        Raises:
            UserError: It is damaged.
        """
        try:
            return cls._from_json(read_sealed(folder / METADATA_FILE))
        except (KeyError, TypeError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise UserError(f"{folder / METADATA_FILE} is damaged: {what}") from error

    @classmethod
    def _from_json(cls, record: dict[str, Any]) -> Metadata:
        record["lengths"] = {
            split: lengths_from_json(lengths) for split, lengths in record["lengths"].items()
        }
        record["shards"] = {name: Shard(**shard) for name, shard in record["shards"].items()}
        return cls(**record)


@dataclass(frozen=True)
class DataInfo:
    """Generated data that has been found whole and up to date.

    Args:
        name: Name of the problem whose data it is (the base of a reversed one).
        folder: Where the records are.
        metadata: What was written beside them.
        vocabularies: The vocabulary of each feature, of the problem that was asked for, that has
            one.
        repair: The line to type to generate it again.
        share: Of the training examples, which are read: the first ones.
    """

    name: str
    folder: Path
    metadata: Metadata
    vocabularies: Mapping[str, Vocabulary]
    repair: str = ""
    share: float = 1.0

    @property
    def sizes(self) -> dict[str, int]:
        """Number of examples by split; of training those that are read."""
        sizes = {split: count_examples(lengths) for split, lengths in self.lengths.items()}
        if self.share < 1 and "train" in sizes:
            sizes["train"] = max(1, round(self.share * sizes["train"]))
        return sizes

    @property
    def lengths(self) -> Mapping[str, Lengths]:
        """Split to feature, by its name in the records, to (positions to number of examples)."""
        return self.metadata.lengths


def locate_data(problem: Problem, data_dir: str | Path) -> Path:
    """Return where the generated data of a problem lies: name, argument, version."""
    return Path(data_dir) / problem.data_name / problem.base.version


def compose_datagen_command(
    problem: Problem, data_dir: str | Path, flags: str = "", told: Metadata | None = None
) -> str:
    """Return the t2t-datagen line to type for the data of a problem.

    Args:
        problem: The problem.
        data_dir: Folder of generated data.
        flags: What else to type.
        told: Has what is told of the raw data, its limit and its seed; by default the problem
            tells of its raw data, and all of it is made.
    """
    words: dict[str, Any] = {"problems": problem.data_name, "data_dir": data_dir}
    if problem.tmp_dir is not None:
        words["tmp_dir"] = problem.tmp_dir
    if entry := find_entry(type(problem.base).__module__):
        words["t2t_usr_dir"] = entry
    of_raw_data = {name: getattr(told or problem.base, name) for name in RAW_OPTIONS}
    words |= {name: one for name, one in of_raw_data.items() if one != getattr(Problem, name)}
    limits = {"max_cases": told.max_cases, "random_seed": told.random_seed} if told else {}
    words |= {name: one for name, one in limits.items() if one}
    given = " ".join(f"--{name}={shlex.quote(str(value))}" for name, value in words.items())
    return f"t2t-datagen {given} {flags}".rstrip()


def open_data(
    problem: Problem, data_dir: str | Path, share: float = 1.0, *, verify: bool = False
) -> DataInfo:
    """Open generated data after checking that it is there, whole and up to date.

    Args:
        problem: The problem; a reversed one opens the data of its base.
        data_dir: Folder of generated data.
        share: Of the training examples, which are to be read.
        verify: Whether to compare the checksums of all files, and not only where one has changed
            since they were compared.

    Returns:
        What is known about the data, and its reader.

    Raises:
        UserError: If it has not been generated, is stale, or a shard is not what was written.
    """
    folder = locate_data(problem, data_dir)
    if not (folder / METADATA_FILE).is_file():
        raise _make_not_generated_error(problem, data_dir, folder)
    try:
        metadata = Metadata.read(folder)
    except UserError as error:
        again = compose_datagen_command(problem, data_dir, "--overwrite")
        raise UserError(str(error), fix=f"Generate the data again: {again}") from error
    repair = compose_datagen_command(problem, data_dir, "--overwrite", metadata)
    shards = ShardFolder(problem.data_name, folder / METADATA_FILE, metadata.shards, repair)
    shards.check(verify=verify)
    vocabularies = load_vocabularies(problem.base, data_dir)
    without_code = is_judged_without_code(metadata.fingerprint)
    with_code = problem.base.has_class and not without_code
    current = describe_data(problem.base, vocabularies, with_code=with_code)
    if reasons := explain_differences(metadata.fingerprint, current):
        raise make_stale_error(problem, data_dir, reasons, told=metadata)
    if without_code:
        warn_once(
            f"The data of {problem.data_name} was written by t2t_mm 0.1.0: it is judged by its "
            "problem, version, features and vocabularies, not by the code that makes it."
        )
    named = {problem.stored_name(name): one for name, one in vocabularies.items()}  # and back
    return DataInfo(problem.data_name, folder, metadata, named, repair, share)


def check_split(info: DataInfo, split: str, problem: str) -> None:
    """Refuse a split that the data of a problem has not."""
    if split not in info.lengths:
        raise UserError(
            f"Problem {problem} has no split {split!r}",
            expected=", ".join(info.lengths),
            received={"split": split},
        )


def make_stale_error(
    problem: Problem, data_dir: str | Path, reasons: list[str], *, told: Metadata
) -> UserError:
    """Return the error for data that is not what would be generated now.

    Args:
        problem: Whose data it is.
        data_dir: Folder of generated data.
        reasons: Clauses that say why.
        told: Has what is to be told of the raw data, its limit and its seed.
    """
    command = compose_datagen_command(problem, data_dir, "--overwrite", told)
    return UserError(
        f"The generated data of problem {problem.data_name} is stale: {'; '.join(reasons)}",
        fix=f"Generate it again: {command}",
    )


def _make_not_generated_error(problem: Problem, data_dir: str | Path, folder: Path) -> UserError:
    found = (path.parent.name for path in folder.parent.glob(f"*/{METADATA_FILE}"))
    # What a kill left is no version: `replaced.1.0.0`, `incomplete.ABCDEF_1.0.0`.
    others = sorted(name for name in found if name[0].isdigit())
    older = f" (there is version {', '.join(others)})" if others else ""
    return UserError(
        f"The data of problem {problem.name} has not been generated{older}",
        expected=f"the folder {folder}",
        received={"data_dir": str(data_dir)},
        fix=f"Generate it: {compose_datagen_command(problem, data_dir)}",
    )
