"""Names of classes in a file beside them."""

from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.problems.class_names import find_class_names, read_class_names


def make(folder: Path, name: str, text: str, *classes: str) -> list[str]:
    """Writes the file and empty pictures; returns the names of the classes."""
    for label in classes:
        (folder / "train" / label).mkdir(parents=True)
        for number in range(3):
            (folder / "train" / label / f"{number}.jpg").touch()
    (folder / name).write_text(text)
    problem = registry.problem("image_folder", tmp_dir=folder)
    assert folder / name in problem.raw_files_wanted()
    return list(problem.class_names("targets"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("words.txt", "n02\tdog, hound\nn01\tcat\nn03\tnever seen\n"),
        ("classes.csv", 'id,name\nn01,cat\nn02,"dog"\n'),
        ("classes.tsv", "wnid\twords\nn02\tdog\nn01\tcat\n"),
        ("class_names.csv", "class_name;label;more\ncat;n01;x\ndog;n02;y\n"),
    ],
)
def test_ids_have_names(tmp_path: Path, name: str, text: str) -> None:
    assert make(tmp_path, name, text, "n01", "n02") == ["cat", "dog"]


def test_numbers_are_found_with_zeros_before_them(tmp_path: Path) -> None:
    text = "ClassId,SignName\n0,stop\n11,yield\n"
    assert make(tmp_path, "classes.csv", text, "00000", "00011", "2x") == ["stop", "yield", "2x"]


@pytest.mark.parametrize("text", ["id\n1\n", "a,b\n1,2\n", ""])
def test_a_table_without_names_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.csv"
    path.write_text(text)
    assert find_class_names(tmp_path) == path
    with pytest.raises(UserError, match=r"classes\.csv has no column that is known to hold"):
        read_class_names(path)
