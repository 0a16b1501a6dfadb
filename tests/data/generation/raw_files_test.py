from pathlib import Path

import pytest

from t2t_mm import Problem
from t2t_mm.data.generation import raw_files
from t2t_mm.data.generation.raw_files import (
    describe_raw_files,
    explain_raw_file_changes,
    hash_raw_file,
)


def test_a_raw_file_digest_sees_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "x"
    digests = set()
    for content in (b"a" * 300_000, b"a" * 150_000 + b"b" + b"a" * 149_999, b"a" * 300_001):
        path.write_bytes(content)
        digests.add(hash_raw_file(path))
    assert len(digests) == 3


def test_of_a_huge_raw_file_size_and_both_ends_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_files, "_LARGEST_READ_WHOLE", 100_000)
    path = tmp_path / "x"
    digests = set()
    for content in (b"a" * 200_000, b"b" + b"a" * 199_999, b"a" * 199_999 + b"b", b"a" * 200_001):
        path.write_bytes(content)
        digests.add(hash_raw_file(path))
    assert len(digests) == 4


class EveryText(Problem):
    """Reads every .txt file of its folder."""

    def raw_files_wanted(self) -> list[Path]:
        assert self.tmp_dir is not None
        return list(self.tmp_dir.glob("*.txt"))


def test_changed_and_added_files_are_named_and_missing_ones_are_not(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    problem = EveryText(tmp_dir=tmp_path)
    stored = describe_raw_files(problem, problem.raw_files_wanted())
    assert explain_raw_file_changes(problem, stored) == []
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").write_text("B")
    (tmp_path / "d.txt").write_text("d")
    assert explain_raw_file_changes(problem, stored) == [
        "the raw file b.txt changed",
        "the raw file d.txt is read as well now",
    ]
    assert explain_raw_file_changes(EveryText(), stored) == []


class Elsewhere(Problem):
    """Reads a file that a list in another folder names."""

    path = Path()

    def raw_files_wanted(self) -> list[Path]:
        return [self.path]


def test_a_file_that_lay_elsewhere_and_lies_in_tmp_dir_now_is_the_same(tmp_path: Path) -> None:
    problem = Elsewhere(tmp_dir=tmp_path / "lists")
    problem.path = tmp_path / "sounds" / "a.txt"
    problem.path.parent.mkdir()
    problem.path.write_text("a")
    stored = describe_raw_files(problem, problem.raw_files_wanted())
    assert list(stored) == [problem.path.as_posix()]
    moved = Elsewhere(tmp_dir=tmp_path / "sounds")
    moved.path = problem.path
    assert explain_raw_file_changes(moved, stored) == []
    moved.path.write_text("b")
    assert explain_raw_file_changes(moved, stored) == [f"the raw file {moved.path} changed"]


def test_of_many_files_that_came_a_few_are_named(tmp_path: Path) -> None:
    for number in range(100, 112):
        (tmp_path / f"{number}.txt").touch()
    assert explain_raw_file_changes(EveryText(tmp_dir=tmp_path), {}) == [
        "the raw file 100.txt is read as well now",
        "the raw file 101.txt is read as well now",
        "the raw file 102.txt is read as well now",
        "9 more raw files changed or are read as well now",
    ]
