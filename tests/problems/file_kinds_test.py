"""What files a problem reads out of a folder."""

from pathlib import Path

import pytest

from t2t_mm.problems.file_kinds import PICTURES, SOUNDS, TEXTS, FileKind, list_folders, walk_files


@pytest.mark.parametrize(
    ("name", "kind"),
    [("1.JPEG", PICTURES), ("1.Wav", SOUNDS), ("1.wv1", SOUNDS), ("1.txt", TEXTS)],
)
def test_a_file_is_of_one_kind_by_the_end_of_its_name(name: str, kind: FileKind) -> None:
    path = Path("folder.jpg", name)
    assert [one for one in (PICTURES, SOUNDS, TEXTS) if one.fits(path)] == [kind]
    assert kind.plural == f"{kind.name}s"


def test_what_systems_hide_is_not_found(tmp_path: Path) -> None:
    for name in ("b/1.txt", "a/c/2.txt", ".git/3.txt", "__MACOSX/4.txt", "a/._2.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list_folders(tmp_path) == ["a", "b"]
    found = sorted(path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path))
    assert found == ["a/c/2.txt", "b/1.txt"]
