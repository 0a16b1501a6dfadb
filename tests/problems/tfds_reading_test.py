"""Splits of a TFDS data set, by their names or as a person says."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tensorflow_datasets as tfds

from t2t_mm import UserError
from t2t_mm.features import Language
from t2t_mm.problems.tfds_features import Field
from t2t_mm.problems.tfds_reading import TfdsReader, hash_inputs

FIELDS = {side: Field(side, (side,), Language()) for side in ("inputs", "targets")}


def make_reader(*names: str, **given: str) -> TfdsReader:
    splits = [
        tfds.core.SplitInfo(
            name=name,
            shard_lengths=[10],
            num_bytes=0,
            filename_template=tfds.core.ShardedFileTemplate(
                data_dir=Path("x"), dataset_name="x", split=name, filetype_suffix="tfrecord"
            ),
        )
        for name in names
    ]
    info: Any = SimpleNamespace(splits=tfds.core.splits.SplitDict(splits))
    return TfdsReader("tfds/x", SimpleNamespace(info=info), FIELDS, given)


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (("test", "train", "valid"), {}, {"test": "test", "train": "train", "validation": "valid"}),
        (("validation", "train", "dev"), {}, {"train": "train", "validation": "validation"}),
        (("all",), {}, {"train": "all"}),
        (("train", "extra"), {"train": "extra"}, {"train": "extra"}),
    ],
)
def test_splits_are_found_by_their_names(names: Any, given: Any, expected: Any) -> None:
    assert make_reader(*names, **given).sources == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"validation": "train[90%:]"}, "train and validation of tfds/x share examples"),
        ({"validation": "test"}, "test and validation"),
        ({"train": "train+test[:1]"}, "train and test"),
        ({"train": "train[:6]", "validation": "train[5:]"}, "train and validation"),
    ],
)
def test_splits_that_share_examples_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message).replace("/", ".")) as error:
        _ = make_reader("test", "train", **given).sources
    assert "train=train[:90%],validation=train[90%:]" in str(error.value)


def test_parts_of_one_split_stand_apart() -> None:
    given = {"train": "train[:90%]", "validation": "train[90%:]"}
    assert make_reader("test", "train", **given).sources == {"test": "test", **given}


def test_equal_inputs_have_one_hash() -> None:
    examples = [{"inputs": b"a", "targets": 1}, {"inputs": b"a", "targets": 2}]
    assert len({hash_inputs(example) for example in examples}) == 1
    assert hash_inputs({"inputs": b"b"}) != hash_inputs(examples[0])
