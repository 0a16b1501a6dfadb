"""Generation by Apache Beam, for data that one machine takes too long for.

Beam is an extra: nothing here is called without `--beam`, and it is imported when called.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.workers import KeyedRecord, generate_part_records, generate_records
from t2t_mm.data.records.example_records import IDS_SUFFIX, LengthMeter, Record
from t2t_mm.data.records.shards import name_split
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    from t2t_mm.data.generation.counting import Tally
    from t2t_mm.data.generation.generation_options import GenerationOptions

_BEGIN, _END = "<user error>", "</user error>"


def check_beam_is_installed() -> None:
    """Refuse to go on where Apache Beam is not installed, and name the extra."""
    from importlib.util import find_spec

    if find_spec("apache_beam") is None:
        raise UserError(
            "--beam needs Apache Beam, which is not installed",
            fix="Install the extra: pip install 't2t_mm[beam]'.",
        )


def make_beam_options(options: GenerationOptions) -> Any:
    """Return Beam's own options from words as on a Beam command line."""
    import apache_beam as beam

    return beam.options.pipeline_options.PipelineOptions(list(options.beam_options))


def make_split_transforms(
    base: Problem, data_dir: Path, options: GenerationOptions
) -> dict[str, Any]:
    """Return for every split a Beam transform that yields its records by key.

    Each part of the problem is one element, made wherever Beam puts it. With `max_cases` all
    parts are one element, since the limit counts over them.

    Args:
        base: The problem as written, not exchanged.
        data_dir: Folder of generated data.
        options: Of the generation.
    """
    import apache_beam as beam

    shutil.rmtree(_locate_skipped(base, data_dir), ignore_errors=True)
    transforms = {}
    for split in base.splits:
        generate = partial(_generate_part, base, split, data_dir, options)
        parts = [-1] if options.max_cases else range(base.num_parts(split))
        transforms[split] = beam.Create(list(parts)) | beam.Reshuffle() | beam.FlatMap(generate)
    return transforms


def _generate_part(
    base: Problem, split: str, data_dir: Path, options: GenerationOptions, part: int
) -> Iterator[KeyedRecord]:
    results = generate_part_records(base, split, part, data_dir, options.random_seed)
    if part < 0:
        results = generate_records(base, split, data_dir, options)
    skipped = []
    try:
        for key, result in results:
            if isinstance(result, SkippedExample):
                skipped.append(result.reason)
            else:
                yield key, result
    except UserError as error:
        # Of what a worker raises Beam hands only the text on.
        raise RuntimeError(f"{_BEGIN}{error}{_END}") from error
    if skipped:
        folder = _locate_skipped(base, data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{split}.{part}").write_text(json.dumps(skipped), encoding="utf-8")


def _locate_skipped(base: Problem, data_dir: Path) -> Path:
    """Return where workers write which examples of their part they left out."""
    return data_dir / base.name / f"skipped.{base.version}"


@contextlib.contextmanager
def restore_user_errors() -> Iterator[None]:
    """Turn what Beam makes of a worker's `UserError` back into one."""
    try:
        yield
    except Exception as error:
        _, begin, rest = str(error).partition(_BEGIN)
        if not begin or _END not in rest:
            raise
        raise UserError(rest.partition(_END)[0]) from error


def count_records(
    base: Problem, data_dir: Path, folder: Path, tallies: Mapping[str, Tally]
) -> None:
    """Count the records that other machines wrote, by reading them, and what they left out.

    Args:
        base: The problem as written, not exchanged.
        data_dir: Folder of generated data.
        folder: Where the shards are.
        tallies: Split to the counts to fill.
    """
    import tensorflow as tf

    meter = LengthMeter(base)
    counts = _locate_skipped(base, data_dir)
    for split, tally in tallies.items():
        shards = sorted(folder.glob("*.tfrecord-*"))
        files = [str(path) for path in shards if name_split(path.name) == split]
        for serialized in tf.data.TFRecordDataset(files).as_numpy_iterator():
            tally.count(meter.measure(_parse_record(serialized)))
        for path in sorted(counts.glob(f"{split}.*")):
            for reason in json.loads(path.read_text(encoding="utf-8")):
                tally.leave_out(reason)
    shutil.rmtree(counts, ignore_errors=True)


def _parse_record(serialized: bytes) -> Record:
    import tensorflow as tf

    fields = tf.train.Example.FromString(serialized).features.feature
    return {
        name: field.int64_list.value if name.endswith(IDS_SUFFIX) else field.bytes_list.value[0]
        for name, field in fields.items()
    }
