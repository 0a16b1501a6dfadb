"""Every changed value is told; what is changed by hand and what is older has a way in."""

import json
import math
import random
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.sealed_json import dump_json, read_sealed, seal_json, unseal_json

RECORD = {"step": 50, "num_heads": 4, "share": 0.25, "names": ["ä", "b"], "deep": {"on": True}}


def test_what_was_sealed_comes_back() -> None:
    assert unseal_json(seal_json(RECORD)) == RECORD


def test_no_changed_byte_gives_other_values(tmp_path: Path) -> None:
    content, path, rng = seal_json(RECORD).encode(), tmp_path / "state.json", random.Random(0)
    told = 0
    for place in range(len(content)):
        path.write_bytes(
            content[:place]
            + bytes([content[place] ^ (1 << rng.randrange(8))])
            + content[place + 1 :]
        )
        try:
            kept = read_sealed(path)
        except UserError as error:
            assert str(path) in str(error) and "damaged" in str(error)
            told += 1
        else:  # white space, or the name of the checksum, and then all else is right
            assert {name: kept[name] for name in RECORD} == RECORD
    assert told > 0.6 * len(content)


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[1]", b'{"step": ', b"\xff\xfe{}", b'{"a": 1, "checksum": 7}']
)
def test_what_is_no_sealed_object_is_one_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UserError, match=r"run\.json is damaged"):
        read_sealed(tmp_path / "run.json")


def test_a_file_of_before_and_one_changed_by_hand_are_read(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text('{"step": 8}')
    assert read_sealed(path) == {"step": 8}
    changed = json.loads(seal_json({"step": 8})) | {"step": 9}
    path.write_text(json.dumps(changed))
    with pytest.raises(UserError, match="take its 'checksum' out"):
        read_sealed(path)
    del changed["checksum"]
    path.write_text(json.dumps(changed))
    assert read_sealed(path) == {"step": 9}


def test_numbers_that_json_has_not_become_null() -> None:
    given = {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": (-math.inf, 2)}}
    assert json.loads(dump_json(given)) == {"a": None, "b": [None, 1.5], "c": {"d": [None, 2]}}
    assert unseal_json(seal_json(given))["a"] is None


def test_a_number_that_json_has_not_may_lie_deep_and_too_deep_is_one_error() -> None:
    deep, too_deep = math.nan, 0.0
    for _ in range(900):
        deep = [deep]  # type: ignore[assignment]
    assert dump_json(deep) == "[" * 900 + "null" + "]" * 900
    for _ in range(100_000):
        too_deep = [too_deep]  # type: ignore[assignment]
    with pytest.raises(ValueError, match="nested too deeply"):
        dump_json(too_deep)
