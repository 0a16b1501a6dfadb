from pathlib import Path

import pytest

from t2t_mm import Problem
from t2t_mm.data import raw_files
from t2t_mm.data.raw_files import changes_of_raw_files, describe_raw_files, raw_file_digest


def test_a_raw_file_digest_sees_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "x"
    digests = set()
    for content in (b"a" * 300_000, b"a" * 150_000 + b"b" + b"a" * 149_999, b"a" * 300_001):
        path.write_bytes(content)
        digests.add(raw_file_digest(path))
    assert len(digests) == 3


def test_of_a_huge_raw_file_size_and_both_ends_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_files, "_LARGEST_READ_WHOLE", 100_000)
    path = tmp_path / "x"
    digests = set()
    for content in (b"a" * 200_000, b"b" + b"a" * 199_999, b"a" * 199_999 + b"b", b"a" * 200_001):
        path.write_bytes(content)
        digests.add(raw_file_digest(path))
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
    assert changes_of_raw_files(problem, stored) == []
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").write_text("B")
    (tmp_path / "d.txt").write_text("d")
    assert changes_of_raw_files(problem, stored) == [
        "the raw file b.txt changed",
        "the raw file d.txt is read as well now",
    ]
    assert changes_of_raw_files(EveryText(), stored) == []
