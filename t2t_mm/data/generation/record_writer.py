"""TFDS writes the records: external shuffle by key, shards, and one rename when all is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core import writer as tfds_writer
from tensorflow_datasets.core.utils import shard_utils

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.records.example_records import IDS_SUFFIX, Record
from t2t_mm.data.records.quiet_tfds import silence_tfds

KeyedRecords = Iterable[tuple[str, Record]]


class _OwnInfo(tfds.core.DatasetInfo):
    """Facts of a data set that no public bucket knows: TFDS need not ask."""

    def initialize_from_bucket(self) -> None:
        """Ask nobody."""


class _SameBytesWriter(tfds_writer.ExampleWriter):
    """Writes every record with its fields in order.

    Protocol buffers leave the order of a map's entries to chance, differently in each process.
    """

    def write(self, path: Any, examples: Iterable[tuple[Any, bytes]]) -> Any:
        """Write a shard."""
        return super().write(path, ((key, _sort_fields(record)) for key, record in examples))


def _sort_fields(record: bytes) -> bytes:
    return bytes(tf.train.Example.FromString(record).SerializeToString(deterministic=True))


class ProblemBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Writes and describes the records of one problem.

    Args:
        problem: The problem as written, not exchanged.
        data_dir: Folder of generated data.
        splits: Split to its records by key, or to a Beam transform that yields them.
        finish: Called with the still unnamed folder when all shards are in it; what it writes
            there becomes visible together with them.
    """

    def __init__(
        self,
        problem: Problem,
        data_dir: Path,
        splits: Mapping[str, Any],
        finish: Callable[[Path], None],
    ) -> None:
        self._problem = problem
        self._splits = splits
        self._finish = finish
        name, _, argument = problem.name.partition("/")
        self.name = name
        self.VERSION = tfds.core.Version(problem.version)  # of each builder, not of the class
        config = None
        if argument:
            config = tfds.core.BuilderConfig(name=argument, version=problem.version)
        with silence_tfds():
            super().__init__(data_dir=str(data_dir), config=config, version=problem.version)

    def _info(self) -> tfds.core.DatasetInfo:
        return _OwnInfo(
            builder=self,
            description=(type(self._problem).__doc__ or self._problem.name).strip(),
            features=tfds.features.FeaturesDict(declare_tfds_features(self._problem)),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        return dict(self._splits)

    def _generate_examples(self) -> Iterator[Any]:
        raise AssertionError("the splits come ready from _split_generators")

    def _download_and_prepare(self, dl_manager: Any, download_config: Any) -> None:
        super()._download_and_prepare(dl_manager, download_config)
        self._finish(Path(self.data_dir))

    def _example_writer(self) -> _SameBytesWriter:
        return _SameBytesWriter(self.info.file_format)

    def _make_download_manager(self, **unused: Any) -> Any:
        """Return one that does nothing: TFDS's own would make its folders in data_dir."""
        return SimpleNamespace(downloaded_size=0)

    def _log_download_bytes(self) -> None:
        pass

    def _log_download_done(self) -> None:
        pass


def declare_tfds_features(problem: Problem) -> dict[str, Any]:
    """Return the TFDS feature of every field of a record: the value as a string, and its ids."""
    fields: dict[str, Any] = {}
    for name, kind in choose_kinds(problem.features).items():
        fields[name] = tfds.features.Text()  # any bytes: a picture's file, a sound's samples
        if kind.has_ids:
            fields[name + IDS_SUFFIX] = tfds.features.Tensor(shape=(None,), dtype=np.int32)
    return fields


@dataclasses.dataclass(eq=False)
class _ShardsPerSplit(tfds.download.DownloadConfig):
    """A download config whose number of shards gives way where a split has fewer examples."""

    def get_shard_config(self) -> shard_utils.ShardConfig:
        """Return what chooses the number of shards."""
        return _ShardConfig(num_shards=self.num_shards)


@dataclasses.dataclass(frozen=True)
class _ShardConfig(shard_utils.ShardConfig):
    """Never has more shards than a split has examples."""

    def get_number_shards(
        self, total_size: int, num_examples: int, uses_precise_sharding: bool = True
    ) -> int:
        """Return the wanted number, or what TFDS chooses by size."""
        if self.num_shards:
            return min(int(self.num_shards), num_examples)
        return int(self.calculate_number_shards(total_size, num_examples, uses_precise_sharding))


def write_records(builder: ProblemBuilder, *, num_shards: int, beam_options: Any = None) -> None:
    """Generate, shuffle and commit all splits of a builder.

    Args:
        builder: What to write.
        num_shards: Shards per split; 0 lets TFDS choose by size.
        beam_options: Beam pipeline options, where the splits are Beam transforms.
    """
    config = _ShardsPerSplit(
        num_shards=num_shards or None,
        beam_options=beam_options,
    )
    with silence_tfds():
        builder.download_and_prepare(download_config=config)
