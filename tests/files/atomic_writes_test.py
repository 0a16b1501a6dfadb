"""A file is the old one or the new one, and what stands in its place decides how it is written."""

import json
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


def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path) -> None:
    for name in ("\u6587" * 85, "a" * 255, "a" + "\udcff" * 254):
        write_text_atomically(tmp_path / name, "new")
        assert (tmp_path / name).read_text() == "new"


def test_a_failure_leaves_the_old_content_and_beside_it_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomically(path, "old")
    for keeps_part in (False, True):
        with (
            pytest.raises(RuntimeError, match="no more"),
            open_atomically(path, keeps_part=keeps_part) as file,
        ):
            file.write("né")
            raise RuntimeError("no more")
        assert path.read_text() == "old"
        assert len(list(tmp_path.iterdir())) == 1 + keeps_part
    assert (tmp_path / "a.txt.part").read_bytes() == "né".encode()


def test_what_was_kept_once_is_not_lost_to_another_failure(tmp_path: Path) -> None:
    for written in ("eight hours", "", "a minute"):
        with pytest.raises(KeyError), open_atomically(tmp_path / "a", keeps_part=True) as file:
            file.write(written)
            raise KeyError
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"a.part": "eight hours", "a.part2": "a minute"}


def test_a_link_beside_the_file_is_not_written_through(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "other.txt"
    other.write_text("of another")
    (tmp_path / "a.txt.part").symlink_to(other)
    (tmp_path / "a.txt.part2").mkdir()
    write_text_atomically(path, "new")
    with pytest.raises(KeyError), open_atomically(path, keeps_part=True) as file:
        file.write("part")
        raise KeyError
    assert (path.read_text(), other.read_text()) == ("new", "of another")
    assert (tmp_path / "a.txt.part").is_symlink()
    assert (tmp_path / "a.txt.part3").read_text() == "part"


def test_modes_are_those_of_other_files_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    (tmp_path / "plain").touch()
    write_text_atomically(path, "one")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    path.chmod(0o640)
    write_text_atomically(path, "two")
    assert path.stat().st_mode & 0o777 == 0o640


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


def test_a_name_that_is_no_utf_8_can_be_written(tmp_path: Path) -> None:
    """A page about a folder of such a name, or JSON of it, which reads it back."""
    path = tmp_path / "page.json"
    write_text_atomically(path, '"boats \udcff é"')
    assert path.read_bytes() == '"boats \\udcff é"'.encode()
    assert json.loads(path.read_text()) == "boats \udcff é"
