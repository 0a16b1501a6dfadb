"""Splits of a TFDS data set, by their names or as a person says."""

from types import SimpleNamespace
from typing import Any

import pytest

from t2t_mm.features import Language
from t2t_mm.problems.tfds_features import Field
from t2t_mm.problems.tfds_reading import TfdsReader, hash_inputs

FIELDS = {side: Field(side, (side,), Language()) for side in ("inputs", "targets")}


def make_reader(*names: str, **given: str) -> TfdsReader:
    info: Any = SimpleNamespace(splits=dict.fromkeys(names))
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


def test_equal_inputs_have_one_hash() -> None:
    examples = [{"inputs": b"a", "targets": 1}, {"inputs": b"a", "targets": 2}]
    assert len({hash_inputs(example) for example in examples}) == 1
    assert hash_inputs({"inputs": b"b"}) != hash_inputs(examples[0])
