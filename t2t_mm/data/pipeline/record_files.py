"""Files of records, read in an order and from a position that hang on no folder's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.data.records.shards import name_split
from t2t_mm.data.records.stored import DataInfo
from t2t_mm.errors import UserError
from t2t_mm.files.parsed_json import parse_json

_INTERLEAVED_FILES = 8
_BUFFER_BYTES = 8 << 20


def read_record_files(
    info: DataInfo, split: str, fields: Mapping[str, bool], seed: int | None = None
) -> tf.data.Dataset:
    """Read fields of the records of a split.

    A saved position holds the names that files had when it was written; only what is behind the
    last slash is taken of them, so that it is one in the data of `info`, wherever that lies now.
    The operations are those of TFDS's own reader, whose positions earlier versions wrote.

    Args:
        info: The data.
        split: Name of the split.
        fields: By name, whether it is ids.
        seed: Reads the files in an order that changes every epoch; without one in stored order.

    Returns:
        A data set of the fields by name: string[], or int32[L] of ids.
    """
    names = [name for name in sorted(info.metadata.shards) if name_split(name) == split]
    numbers = _count_wanted(info, split, len(names)) if info.share < 1 else [0] * len(names)
    names, takes = names[: len(numbers)], np.array(numbers, np.int64)
    paths = [str(info.folder / name) for name in names]
    files = tf.data.Dataset.from_tensor_slices((paths, names, names, np.zeros_like(takes), takes))
    if seed is not None:
        files = files.shuffle(len(names), seed=seed, reshuffle_each_iteration=True)

    def read(path: tf.Tensor, *others: Any) -> tf.data.Dataset:
        one = tf.data.Dataset.from_tensor_slices(tf.reshape(path, [1])).flat_map(read_one)
        return one.take(others[-1]) if info.share < 1 else one

    def read_one(path: tf.Tensor) -> tf.data.Dataset:
        name = tf.strings.regex_replace(path, "^.*/", "")
        here = tf.strings.join([str(info.folder.absolute()), name], separator="/")
        records = tf.raw_ops.TFRecordDataset(
            filenames=here, compression_type="", buffer_size=_BUFFER_BYTES
        )
        return tf.data.experimental.from_variant(records, tf.TensorSpec([], tf.string))

    records = files.interleave(
        read,
        cycle_length=1 if seed is None else _INTERLEAVED_FILES,
        block_length=16,
        num_parallel_calls=1,
        deterministic=True,
    )
    records = records.apply(tf.data.experimental.assert_cardinality(info.sizes[split]))
    records = records.with_options(tf.data.Options())
    specs = {
        name: tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)
        if is_ids
        else tf.io.FixedLenFeature([], tf.string)
        for name, is_ids in sorted(fields.items())
    }

    def parse(record: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_single_example(serialized=record, features=specs)
        return {
            name: tf.cast(value, tf.int32) if fields[name] else value
            for name, value in parsed.items()
        }

    return records.map(parse, num_parallel_calls=2)


def _count_wanted(info: DataInfo, split: str, num_files: int) -> list[int]:
    """Return how many of each file's records are among the first ones that are wanted."""
    path = info.folder / "dataset_info.json"
    try:
        splits = parse_json(path.read_bytes())["splits"]
        (lengths,) = (one["shardLengths"] for one in splits if one["name"] == split)
        counts = [int(length) for length in lengths]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged: {error}", fix=info.repair) from error
    starts = np.cumsum([0, *counts])[:num_files]
    wanted = [min(n, info.sizes[split] - start) for n, start in zip(counts, starts, strict=True)]
    return [int(number) for number in wanted if number > 0]
