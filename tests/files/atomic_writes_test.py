"""A file is the old one or the new one, and what stands in its place decides how it is written."""

import os
from pathlib import Path

import pytest

from t2t_mm.files.atomic_writes import open_atomically, write_text_atomically


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_text_atomically(path, "first\n")
    write_text_atomically(path, "été")
    assert path.read_bytes() == "été".encode()
    assert [one.name for one in path.parent.iterdir()] == ["b.txt"]


def test_a_failure_leaves_the_old_content_and_beside_it_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomically(path, "old")
    with pytest.raises(RuntimeError, match="no more"), open_atomically(path) as file:
        file.write("né")
        raise RuntimeError("no more")
    assert path.read_text() == "old"
    assert (tmp_path / "a.txt.incomplete").read_bytes() == "né".encode()


def test_what_a_link_points_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text_atomically(link, "new")
    assert link.is_symlink() and target.read_text() == "new"


def test_a_device_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text_atomically(pipe, "through")
    assert os.read(reader, 100) == b"through" and not pipe.is_file()
    os.close(reader)


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_text_atomically(tmp_path, "new")
    assert tmp_path.is_dir()
