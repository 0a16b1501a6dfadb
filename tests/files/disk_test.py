"""One process at a time in a folder, and a full disk is told as such."""

import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.disk import (
    claim_folder,
    is_claimed,
    is_full_disk,
    lock_folder,
    report_full_disk,
    sync_folder,
)


def test_a_claimed_folder_is_refused_to_others_until_it_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    with claim_folder(folder, "the run"):
        assert folder.is_dir()
        with (
            pytest.raises(UserError, match=r"Another process is writing the run.*folder="),
            claim_folder(folder, "the run"),
        ):
            pass
    with claim_folder(folder, "the run"):
        pass


def test_one_can_ask_whether_a_folder_is_claimed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert not is_claimed(folder) and not folder.exists()
    with claim_folder(folder, "this run"):
        assert is_claimed(folder)
    assert not is_claimed(folder) and not is_claimed(folder)


def test_an_error_frees_a_folder(tmp_path: Path) -> None:
    for guard in (claim_folder(tmp_path, "the run"), lock_folder(tmp_path)):
        with pytest.raises(KeyError), guard:
            raise KeyError
    with claim_folder(tmp_path, "the run"):
        pass


def test_what_is_no_folder_cannot_be_claimed_nor_locked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "file", tmp_path / "dangling"):
        for guard in (claim_folder(path, "the run"), lock_folder(path)):
            with pytest.raises(UserError, match=r"The folder for .* cannot be used: File exists"):
                guard.__enter__()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_locks_it_goes_on_with_a_warning(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(descriptor: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    done = []
    for guard in (claim_folder(tmp_path, "the run"), lock_folder(tmp_path)):
        with guard:
            done.append(guard)
    assert len(done) == 2
    assert caplog.text.count(f"{tmp_path} is on a file system without locks") == 2


def test_a_locked_folder_is_waited_for(tmp_path: Path) -> None:
    happened = []

    def wait() -> None:
        with lock_folder(tmp_path):
            happened.append("second")

    with lock_folder(tmp_path):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(timeout=0.2)
        assert thread.is_alive()
        happened.append("first")
    thread.join(timeout=10)
    assert happened == ["first", "second"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EDQUOT, "x"),
        OSError(errno.EFBIG, "x"),
        RuntimeError(f"RESOURCE_EXHAUSTED: a/b.data; {os.strerror(errno.ENOSPC)}"),
    ],
)
def test_a_full_disk_is_told_with_the_folder_and_what_is_kept(
    tmp_path: Path, error: Exception
) -> None:
    assert is_full_disk(error)
    with (
        pytest.raises(UserError, match=f"disk is full.*{tmp_path}.*; the old scores stay") as told,
        report_full_disk(tmp_path, "the old scores stay"),
    ):
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOENT, "x"),
        ValueError("full of errors"),
        UserError(os.strerror(errno.ENOSPC)),
    ],
)
def test_other_errors_pass_as_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as told, report_full_disk(tmp_path):
        raise error
    assert told.value is error


def test_a_folder_is_synced_after_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    (tmp_path / "inside").mkdir()
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_ino))
    sync_folder(tmp_path)
    inodes = [path.stat().st_ino for path in (tmp_path / "a", tmp_path / "b", tmp_path)]
    assert sorted(synced[:2]) == sorted(inodes[:2]) and synced[2:] == inodes[2:]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_only_a_folder_may_be_one_that_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if number == errno.EINVAL:
        sync_folder(tmp_path)
        (tmp_path / "file").touch()
    with pytest.raises(OSError, match=os.strerror(number)):
        sync_folder(tmp_path)
