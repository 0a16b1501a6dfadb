"""Which files of a folder belong to which split and class. No test decodes a picture."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import PICTURES
from t2t_mm.problems.labelled_folder import (
    LabelledFile,
    LabelledSet,
    find_annotations,
    find_split_folder,
    is_labelled,
    read_labelled_folder,
)

CATS_AND_DOGS = ("train/cat/1.jpg", "train/cat/more/2.PNG", "train/dog/3.webp")
TINY = (
    "train/n01/images/n01_0.JPEG",
    "train/n01/n01_boxes.txt",
    "train/n02/images/n02_0.JPEG",
    "val/images/val_0.JPEG",
    "val/images/val_1.JPEG",
    "test/images/test_0.JPEG",
)


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def read(root: Path) -> LabelledSet:
    return read_labelled_folder(root, PICTURES, {"validation": 0.0, "test": 0.0})


def shown(pictures: list[LabelledFile]) -> list[str]:
    return sorted(f"{label}/{path.name}" for path, label in pictures)


@pytest.mark.parametrize("name", ["validation", "valid", "val", "dev"])
def test_split_folders(tmp_path: Path, name: str) -> None:
    root = make(tmp_path, *CATS_AND_DOGS, f"{name}/dog/4.jpeg", "test/cat/5.gif", "test/dog/6.bmp")
    assert find_split_folder(root, "validation") == root / name
    found = read(root)
    assert found.classes == ["cat", "dog"] and found.lists == []
    assert {split: shown(pictures) for split, pictures in found.splits.items()} == {
        "train": ["cat/1.jpg", "cat/2.PNG", "dog/3.webp"],
        "validation": ["dog/4.jpeg"],
        "test": ["cat/5.gif", "dog/6.bmp"],
    }


def test_a_split_without_a_folder_and_with_two(tmp_path: Path) -> None:
    assert find_split_folder(make(tmp_path, *CATS_AND_DOGS), "validation") is None
    make(tmp_path, "val/dog/4.jpg", "dev/dog/5.jpg")
    with pytest.raises(UserError, match=r"several folders.*'dev', 'val'"):
        find_split_folder(tmp_path, "validation")


def test_the_layout_of_tiny_imagenet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = make(tmp_path, *TINY)
    listed = root / "val/val_annotations.txt"
    listed.write_text("val_0.JPEG\tn02\t0\t0\t62\t62\nval_1.JPEG\tn01\t1\t2\t3\t4\n")
    assert find_annotations(root / "val") == listed
    assert is_labelled(root / "val") and not is_labelled(root / "test")
    with caplog.at_level(logging.WARNING):
        found = read(root)
    assert set(found.splits) == {"train", "validation"} and found.lists == [listed]
    assert shown(found.splits["validation"]) == ["n01/val_1.JPEG", "n02/val_0.JPEG"]
    assert f"{root / 'train'}: left out 1 files that are no pictures (1 .txt)" in caplog.text
    assert f"{root / 'test'} does not say the classes" in caplog.text


def test_pictures_that_annotations_do_not_name_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, *TINY)
    (root / "val/val_annotations.txt").write_text("\nval_0.JPEG\tn02\n")
    with caplog.at_level(logging.WARNING):
        found = read(root)
    assert shown(found.splits["validation"]) == ["n02/val_0.JPEG"]
    assert "left out 1 pictures that val_annotations.txt does not name" in caplog.text


def test_annotations_of_absent_pictures_are_counted_and_named(tmp_path: Path) -> None:
    root = make(tmp_path, *TINY)
    lines = [f"val_{number}.JPEG\tn01\n" for number in range(7)]
    (root / "val/val_annotations.txt").write_text("".join(lines))
    with pytest.raises(UserError) as error:
        read(root)
    first = "val_2.JPEG (line 3), val_3.JPEG (line 4), val_4.JPEG (line 5)."
    assert f"5 of 7, first {first}" in str(error.value)


def test_an_annotation_of_an_unknown_class_is_named(tmp_path: Path) -> None:
    root = make(tmp_path, *TINY)
    (root / "val/val_annotations.txt").write_text("val_0.JPEG\tn01\nval_1.JPEG\tn99\n")
    with pytest.raises(UserError, match=r"val_annotations\.txt, line 2: a class without"):
        read(root)


def test_a_validation_class_without_training_pictures_is_an_error(tmp_path: Path) -> None:
    root = make(tmp_path, *CATS_AND_DOGS, "val/dog/4.jpg", "val/cow/5.jpg")
    with pytest.raises(UserError, match=r"classes without training pictures.*cow"):
        read(root)


def test_without_validation_pictures_some_are_held_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"train/{label}/{number}.jpg" for label in "ab" for number in range(50)]
    root = make(tmp_path, *names)
    with caplog.at_level(logging.WARNING):
        splits = read(root).splits
    train, validation = splits["train"], splits["validation"]
    assert len(train) == 90 and len(validation) == 10 and not set(train) & set(validation)
    assert "of 100 pictures 10 for validation are held out, chosen by a hash" in caplog.text


def test_class_folders_are_split_by_hash_whatever_their_number(tmp_path: Path) -> None:
    root = make(tmp_path, *[f"{label}/{number}.jpg" for label in "ab" for number in range(100)])
    splits = read(root).splits
    sizes = {split: len(pictures) for split, pictures in splits.items()}
    assert sizes == {"train": 160, "validation": 20, "test": 20}
    assert len({path for pictures in splits.values() for path, _ in pictures}) == 200


def test_the_first_pictures_are_of_every_class(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        *[f"train/{label}/{number}.jpg" for label in "abcd" for number in range(50)],
        "val/a/1.jpg",
    )
    pictures = read(root).splits["train"]
    first = Counter(label for _, label in pictures[:40])
    assert len(pictures) == 200 and min(first[label] for label in "abcd") >= 3


def test_hidden_files_are_no_pictures(tmp_path: Path) -> None:
    names = ("cat/1.jpg", "cat/._1.jpg", "__MACOSX/cat/1.jpg", "dog/2.jpg", "dog/.tmp/3.jpg")
    found = read(make(tmp_path, *names))
    assert found.classes == ["cat", "dog"]
    pictures = [one for some in found.splits.values() for one in some]
    assert shown(pictures) == ["cat/1.jpg", "dog/2.jpg"]


def test_a_data_set_one_folder_below_is_found_out(tmp_path: Path) -> None:
    root = make(tmp_path, *[f"pets/{name}" for name in CATS_AND_DOGS], "cars/train/red/1.jpg")
    with pytest.raises(UserError, match="Put /cars behind the problem"):
        read(root)


def test_a_split_beside_class_folders_is_no_class(tmp_path: Path) -> None:
    root = make(tmp_path, "cat/1.jpg", "dog/2.jpg", "Test/cat/3.jpg")
    with pytest.raises(UserError, match=r"no training pictures, but pictures for Test.*train"):
        read(root)


def test_split_folders_may_be_in_capitals(tmp_path: Path) -> None:
    root = make(tmp_path, "Training/cat/1.jpg", "VAL/cat/2.jpg", "Testing/cat/3.jpg")
    train = find_split_folder(root, "train")
    assert train == root / "Training"
    splits = read(root).splits
    assert [[path.name for path, _ in some] for some in splits.values()] == [
        ["1.jpg"],
        ["2.jpg"],
        ["3.jpg"],
    ]


def test_validation_pictures_alone_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training pictures"):
        read(make(tmp_path, "val/dog/4.jpg", "test/dog/5.jpg"))
