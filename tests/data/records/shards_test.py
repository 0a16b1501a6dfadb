"""Files of records are compared whenever something has touched them, and when that is asked for."""

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from t2t_mm.data.records.shards import Shard, ShardFolder, digest_shards, hash_file
from t2t_mm.errors import UserError

FILES = {f"words-train.tfrecord-0000{i}-of-00003": bytes([65 + i]) * 50 for i in range(3)}
FIRST, SECOND, _ = FILES


@pytest.fixture
def folder(tmp_path: Path) -> ShardFolder:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "t2t_mm.json").write_text("{}")
    shards = {
        name: Shard(len(content), hashlib.sha256(content).hexdigest())
        for name, content in FILES.items()
    }
    return ShardFolder("words", tmp_path / "t2t_mm.json", shards, "t2t-datagen --overwrite")


def edit(path: Path) -> None:
    path.write_bytes(b"x" * 50)


def edit_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    edit(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def exchange_two(path: Path) -> None:
    other = path.with_name(SECOND)
    path.rename(path.with_name("third"))
    other.rename(path)
    path.with_name("third").rename(other)


def put_an_older_file_there(path: Path) -> None:
    older = path.with_name("older")
    edit(older)
    os.utime(older, (1, 1))
    shutil.copy2(older, path)


@pytest.mark.parametrize(
    "change", [edit, edit_and_set_the_time_back, exchange_two, put_an_older_file_there]
)
def test_a_file_of_equal_size_that_is_another_is_found(folder: ShardFolder, change: object) -> None:
    folder.check()
    assert callable(change)
    time.sleep(0.02)  # more than a tick of the clock of files
    change(folder.description.with_name(FIRST))
    with pytest.raises(UserError, match=f"problem words .*{FIRST}, of its train split, is damaged"):
        folder.check()


def test_what_was_compared_is_read_again_only_on_demand(
    folder: ShardFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    folder.check()
    monkeypatch.setattr(
        "t2t_mm.data.records.shards.hash_file", lambda path: read.append(path) or hash_file(path)
    )
    folder.check()
    assert not read
    folder.check(verify=True)
    assert len(read) == 3
    os.utime(folder.description, (1, 1))  # as in a copy of the folder, and in another process
    monkeypatch.setattr("t2t_mm.data.records.shards._verified", set())
    folder.check()
    folder.check()
    assert len(read) == 6
    assert folder.description.stat().st_mtime > 1


@pytest.mark.parametrize(
    ("content", "told"), [(None, "is missing"), (b"x", "is truncated"), (b"x" * 51, "is too long")]
)
def test_sizes_are_compared_always(folder: ShardFolder, content: bytes | None, told: str) -> None:
    path = folder.description.with_name(SECOND)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"{SECOND}, of its train split, {told}.*--overwrite"):
        folder.check()


def test_the_digest_is_of_names_and_contents_in_their_order() -> None:
    shards = {name: Shard(50, hashlib.sha256(text).hexdigest()) for name, text in FILES.items()}
    digest = digest_shards(shards)
    assert digest == digest_shards(dict(shards)) and len(digest) == 64
    assert digest != digest_shards(dict.fromkeys(shards, shards[FIRST]))
    assert digest != digest_shards({FIRST: shards[FIRST]})
