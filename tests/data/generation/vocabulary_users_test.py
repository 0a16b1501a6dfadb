"""Which data uses a vocabulary, as what is written beside it says."""

from pathlib import Path

from t2t_mm.data.generation.vocabulary_users import list_users
from t2t_mm.data.records.stored import Metadata


def write_metadata(folder: Path, problem: str, *vocabularies: str) -> None:
    folder.mkdir(parents=True)
    fingerprint = {"problem": problem, "vocabularies": dict.fromkeys(vocabularies, "hash")}
    Metadata(fingerprint, max_cases=0, random_seed=0).write(folder)


def test_users_are_found_below_folders_of_arguments(tmp_path: Path) -> None:
    write_metadata(tmp_path / "one/1.0.0", "one", "text", "kinds")
    write_metadata(tmp_path / "files/a/b/1.0.0", "files/a/b", "text")
    write_metadata(tmp_path / "other/1.0.0", "other", "bytes")
    assert list_users(tmp_path, ["text"]) == ["files/a/b", "one"]
    assert list_users(tmp_path, ["kinds", "bytes"]) == ["one", "other"]
    assert list_users(tmp_path / "none", ["text"]) == []


def test_damaged_data_is_passed_over(tmp_path: Path) -> None:
    write_metadata(tmp_path / "one/1.0.0", "one", "text")
    write_metadata(tmp_path / "two/1.0.0", "two", "text")
    (tmp_path / "two/1.0.0/t2t_mm.json").write_text("{")
    assert list_users(tmp_path, ["text"]) == ["one"]
