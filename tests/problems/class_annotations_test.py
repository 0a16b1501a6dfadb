"""The classes of files in a file beside them, as CS231n has it."""

import logging
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.class_annotations import find_annotations, read_annotations
from t2t_mm.problems.file_kinds import PICTURES
from t2t_mm.problems.labelled_table import LabelledRow


def annotate(root: Path, text: str) -> tuple[Path, Path]:
    folder = root / "val"
    (folder / "images").mkdir(parents=True)
    for number in range(2):
        (folder / f"images/val_{number}.JPEG").touch()
    listed = folder / "val_annotations.txt"
    listed.write_text(text)
    return folder, listed


def test_lines_of_name_and_class(tmp_path: Path) -> None:
    folder, listed = annotate(tmp_path, "val_0.JPEG\tn02\t0\t0\t62\nval_1.JPEG\tn01\t1\t2\n")
    assert find_annotations(folder) == listed and find_annotations(tmp_path) is None
    assert read_annotations(folder, listed, PICTURES, ["n01", "n02"]) == [
        LabelledRow(folder / "images/val_0.JPEG", "n02"),
        LabelledRow(folder / "images/val_1.JPEG", "n01"),
    ]


def test_pictures_that_annotations_do_not_name_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, listed = annotate(tmp_path, "\nval_0.JPEG\tn02\n")
    with caplog.at_level(logging.WARNING):
        (row,) = read_annotations(folder, listed, PICTURES, ["n02"])
    assert row.label == "n02"
    assert "left out 1 pictures that val_annotations.txt does not name" in caplog.text


def test_annotations_of_absent_pictures_are_counted_and_named(tmp_path: Path) -> None:
    lines = "".join(f"val_{number}.JPEG\tn01\n" for number in range(7))
    first = r"val_2\.JPEG \(line 3\), val_3\.JPEG \(line 4\), val_4\.JPEG \(line 5\)\."
    with pytest.raises(UserError, match=f"5 of 7, first {first}"):
        read_annotations(*annotate(tmp_path, lines), PICTURES, ["n01"])


def test_an_annotation_of_an_unknown_class_is_named(tmp_path: Path) -> None:
    annotated = annotate(tmp_path, "val_0.JPEG\tn01\nval_1.JPEG\tn99\n")
    with pytest.raises(UserError, match=r"val_annotations\.txt, line 2: a class without"):
        read_annotations(*annotated, PICTURES, ["n01"])


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    folder, listed = annotate(tmp_path, "a/1.jpg\tn01\nb/1.jpg\tn02\n")
    for name in "ab":
        (folder / name).mkdir()
        (folder / name / "1.jpg").touch()
    rows = read_annotations(folder, listed, PICTURES, ["n01", "n02"])
    assert rows == [LabelledRow(folder / "a/1.jpg", "n01"), LabelledRow(folder / "b/1.jpg", "n02")]
    listed.write_text("val_0.JPEG\tn01\n1.jpg\tn02\n")
    told = r"line 2: several pictures have that name.*pictures='a/1\.jpg, b/1\.jpg'"
    with pytest.raises(UserError, match=told):
        read_annotations(folder, listed, PICTURES, ["n01", "n02"])
