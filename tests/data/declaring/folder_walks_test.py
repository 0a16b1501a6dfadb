"""Each folder is walked once, however links lead to it."""

import os
from pathlib import Path

import pytest

from t2t_mm.data.declaring import reading_warnings
from t2t_mm.data.declaring.folder_walks import list_folders, walk_folders


def make(root: Path, files: str, **links: str) -> Path:
    """Make empty files, and links by their path with "__" for "/"."""
    for name in files.split():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for name, target in links.items():
        (root / name.replace("__", "/")).symlink_to(target)
    return root


def walk(root: Path) -> list[str]:
    return [
        (folder / name).relative_to(root).as_posix()
        for folder, _, names in walk_folders(root)
        for name in names
    ]


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"cat__self": "."},
        {"cat__above": ".."},
        {"cat__a": ".", "cat__b": ".", "dog__c": "..", "all": "."},
        {"cat__dog": "../dog", "dog__cat": "../cat"},
        {"cat__far": "/", "outside": "../.."},
        {"cat__broken": "nowhere/1", "cat__itself": "itself"},
    ],
)
def test_links_in_a_circle_give_each_file_once(tmp_path: Path, links: dict[str, str]) -> None:
    root = make(tmp_path / "root", "1 cat/1 cat/2 cat/deep/3 dog/1", **links)
    files = [name for name in walk(root) if not (root / name).is_symlink()]
    assert files == ["1", "cat/1", "cat/2", "cat/deep/3", "dog/1"]
    for folder in ("cat", "dog"):
        below = walk(root / folder)
        assert len({os.path.realpath(root / folder / name) for name in below}) == len(below)


def test_a_link_to_another_place_is_followed_once(tmp_path: Path) -> None:
    make(tmp_path / "pool", "1 2")
    root = make(tmp_path / "root", "3", a="../pool", b="../pool")
    assert walk(root) == ["3", "a/1", "a/2"]
    assert list_folders(root) == ["a", "b"]


def test_folders_that_are_links_to_above_are_none(tmp_path: Path) -> None:
    root = make(tmp_path / "root", "cat/1 file", all=".", up="..", top="/", other="cat")
    assert list_folders(root) == ["cat", "other"]


def test_names_that_are_taken_out_are_not_walked(tmp_path: Path) -> None:
    root = make(tmp_path, "cat/1 dog/2")
    found = []
    for _, folders, files in walk_folders(root):
        folders[:] = [name for name in folders if name != "cat"]
        found += files
    assert found == ["2"]


def test_what_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, "cat/1 dog/2")
    monkeypatch.setattr(reading_warnings, "_told", set())
    scan = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "cat":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert walk(root) == ["dog/2"]
    assert "cat: left out, since it cannot be listed: Permission denied." in caplog.text
