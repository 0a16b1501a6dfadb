"""Which files of a folder belong to which split and class. No test decodes a picture."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import PICTURES, TEXTS
from t2t_mm.problems.labelled_folder import LabelledFolder, find_split_folder
from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import LabelledRow

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
    return LabelledFolder(root, PICTURES).read({"validation": 0.0, "test": 0.0})


def shown(pictures: list[LabelledRow]) -> list[str]:
    return sorted(f"{row.label}/{Path(row.value).name}" for row in pictures)


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
    with caplog.at_level(logging.WARNING):
        found = read(root)
    assert set(found.splits) == {"train", "validation"} and found.lists == [listed]
    assert shown(found.splits["validation"]) == ["n01/val_1.JPEG", "n02/val_0.JPEG"]
    assert f"{root / 'train'}: left out 1 files that are no pictures (1 .txt)" in caplog.text
    assert f"{root / 'test'} does not say the classes" in caplog.text


def test_hidden_labels_of_one_table_count_in_the_folder_of_their_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    labels = {"train/1.jpg": '"a"', "train/2.jpg": '"b"', "val/3.jpg": '"a"', "val/4.jpg": "null"}
    labels |= {"test/5.jpg": "null", "test/gone.jpg": "null"}
    root = make(tmp_path, *[*labels][:-1])
    lines = [f'{{"file_name": "{name}", "label": {label}}}\n' for name, label in labels.items()]
    table = root / "metadata.jsonl"
    table.write_text("".join(lines))
    found = read(root)
    assert {split: len(rows) for split, rows in found.splits.items()} == {
        "train": 2,
        "validation": 1,
    }
    unknown = f"{table}, line 6: there is no label"
    assert found.odd["train"] == [unknown]  # read for each split, counted for the first
    assert found.odd["validation"] == [f"{table}, line 4: there is no label", unknown]
    assert f"{root / 'test'} does not say the classes of its pictures; it is" in caplog.text


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
    assert len({row.value for rows in splits.values() for row in rows}) == 200


def test_the_first_pictures_are_of_every_class(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        *[f"train/{label}/{number}.jpg" for label in "abcd" for number in range(50)],
        "val/a/1.jpg",
    )
    pictures = read(root).splits["train"]
    first = Counter(row.label for row in pictures[:40])
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
    assert [[Path(row.value).name for row in some] for some in splits.values()] == [
        ["1.jpg"],
        ["2.jpg"],
        ["3.jpg"],
    ]


def test_validation_pictures_alone_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training pictures"):
        read(make(tmp_path, "val/dog/4.jpg", "test/dog/5.jpg"))


SHARES = {"validation": 0.0, "test": 0.0}


def test_names_of_files_say_the_class_within_splits(tmp_path: Path) -> None:
    root = make(tmp_path, "train/cat_1.jpg", "train/dog_1.jpg", "dev/dog_2.jpg")
    found = LabelledFolder(root, PICTURES, label_pattern=r"(?P<label>[a-z]+)_.*").read(SHARES)
    assert found.classes == ["cat", "dog"] and not found.held_out
    assert shown(found.splits["validation"]) == ["dog/dog_2.jpg"]


def test_metadata_above_the_folders_of_splits_says_the_classes(tmp_path: Path) -> None:
    root = make(tmp_path, "train/1.jpg", "train/2.jpg", "test/3.jpg")
    (root / "metadata.csv").write_text(
        "file_name,label\ntrain/1.jpg,cat\ntrain/2.jpg,dog\ntest/3.jpg,dog\n"
    )
    found = read(root)
    assert found.lists == [root / "metadata.csv"] * 2 and found.held_out == ["validation"]
    assert shown(found.splits["test"]) == ["dog/3.jpg"]


def test_pictures_that_metadata_does_not_name_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, "train/1.jpg", "train/2.jpg", "train/3.jpg", "test/4.jpg")
    (root / "metadata.csv").write_text("file_name,label\n1.jpg,cat\n2.jpg,dog\n")
    assert shown(read(root).splits["train"]) == ["cat/1.jpg", "dog/2.jpg"]
    told = "left out 1 pictures that no row with a label names in metadata.csv, first train/3.jpg"
    assert f"{root}: {told}" in caplog.text


def test_metadata_in_each_folder_of_a_split(tmp_path: Path) -> None:
    root = make(tmp_path, "train/1.jpg", "train/2.jpg", "validation/3.jpg")
    lines = {"train": ("1.jpg", "2.jpg"), "validation": ("3.jpg",)}
    for split, names in lines.items():
        rows = [f'{{"file_name": "{name}", "label": {i}}}\n' for i, name in enumerate(names)]
        (root / split / "metadata.jsonl").write_text("".join(rows))
    found = read(root)
    assert shown(found.splits["train"]) == ["0/1.jpg", "1/2.jpg"]
    assert shown(found.splits["validation"]) == ["0/3.jpg"]


def test_tables_of_splits_say_the_classes_of_plain_folders(tmp_path: Path) -> None:
    root = make(tmp_path, "train/1.jpg", "train/2.jpg", "test/1.jpg")
    (root / "train.csv").write_text("file_name,label\n1.jpg,cat\n2.jpg,dog\n")
    (root / "test.csv").write_text("file_name,label\n1.jpg,dog\n")
    found = read(root)
    assert shown(found.splits["train"]) == ["cat/1.jpg", "dog/2.jpg"]
    (row,) = found.splits["test"]
    assert (row.value, row.label) == (root / "test/1.jpg", "dog")


def test_a_missing_training_file_is_not_taken_from_test(tmp_path: Path) -> None:
    root = make(tmp_path, "train/1.jpg", "test/1.jpg", "test/2.jpg")
    (root / "train.csv").write_text("file_name,label\n1.jpg,cat\n2.jpg,dog\n")
    (root / "test.csv").write_text("file_name,label\n1.jpg,dog\n2.jpg,cat\n")
    with pytest.raises(UserError, match=r"not there: 1 of 2, first 2\.jpg"):
        read(root)


def test_folders_named_as_what_has_no_class_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"train/{label}/{n}.jpg" for label in ("neg", "pos", "unsup") for n in range(2)]
    root = make(tmp_path, *names, "test/neg/3.jpg", "test/pos/4.jpg")
    assert read(root).classes == ["neg", "pos"]
    assert "unsup is left out: it is named as what has no class" in caplog.text
    assert read(make(tmp_path / "two", "unsup/1.jpg", "pos/2.jpg")).classes == ["pos", "unsup"]


def test_a_pattern_that_fits_no_name_of_test_leaves_that_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, "train/cat.0.jpg", "train/dog.0.jpg", "test/1.jpg")
    pattern = r"(?P<label>[a-z]+)\..*"
    found = LabelledFolder(root, PICTURES, label_pattern=pattern).read(
        {"validation": 0.0, "test": 0.0}
    )
    assert "test" not in found.splits and "does not say the classes" in caplog.text


def test_a_table_of_a_split_without_the_columns_is_told_and_a_bad_one_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "train.csv").write_text("text,label\na,x\nb,y\n")
    (tmp_path / "test.csv").write_text("text\nc\n")
    folder = LabelledFolder(tmp_path, TEXTS)
    assert "test" not in folder.read({"validation": 0.0, "test": 0.0}).splits
    assert "test.csv is left out: it does not say the classes" in caplog.text
    (tmp_path / "dev.csv").write_text("text,label\nonly one\n")
    with pytest.raises(UserError, match=r"dev\.csv, line 2: the row has not as many columns"):
        folder.read({"validation": 0.0, "test": 0.0})


def test_files_may_lie_outside_the_folder(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "1.jpg", "2.jpg")
    (tmp_path / "raw").mkdir()
    rows = "".join(f"{tmp_path}/elsewhere/{n}.jpg,{n}\n" for n in (1, 2))
    (tmp_path / "raw/metadata.csv").write_text(f"file_name,label\n{rows}")
    assert shown(read(tmp_path / "raw").splits["train"]) == ["1/1.jpg", "2/2.jpg"]


def test_class_folders_come_before_a_table_that_is_no_metadata(tmp_path: Path) -> None:
    root = make(tmp_path, *[f"{label}/{n}.jpg" for label in ("cat", "dog") for n in range(2)])
    (root / "ratings.csv").write_text("file,label\n0.jpg,good\n")
    assert read(root).classes == ["cat", "dog"]


def test_a_table_in_another_folder_names_files_without_their_ends(tmp_path: Path) -> None:
    root = make(tmp_path, *[f"pictures/{n}.jpg" for n in range(4)])
    make(root, "meta/notes.csv")
    rows = "".join(f"{n},{n % 2}\n" for n in range(4))
    (root / "meta/classes.csv").write_text(f"image_id,category\n{rows}")
    found = read(root)
    assert found.classes == ["0", "1"] and found.lists == [root / "meta/classes.csv"]
    assert found.held_out == ["validation", "test"]


def test_a_column_may_name_the_split(tmp_path: Path) -> None:
    root = make(tmp_path, *[f"{n}.jpg" for n in range(3)])
    (root / "metadata.csv").write_text(
        "file_name,label,split\n0.jpg,a,train\n1.jpg,b,Train\n2.jpg,b,dev\n"
    )
    found = read(root)
    assert shown(found.splits["validation"]) == ["b/2.jpg"] and not found.held_out


def test_texts_stand_in_tables_of_splits(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("text\tlabel\nso good\tpos\nso bad\tneg\n")
    (tmp_path / "dev.csv").write_text("text,label\nfine,pos\n")
    (tmp_path / "test.csv").write_text("id,text\n1,who knows\n")
    found = LabelledFolder(tmp_path, TEXTS).read(SHARES)
    rows = {split: sorted(row[:2] for row in rows) for split, rows in found.splits.items()}
    assert rows == {
        "train": [("so bad", "neg"), ("so good", "pos")],
        "validation": [("fine", "pos")],
    }


def test_a_table_without_a_known_column_is_explained(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("Review,stars\nso good,5\nso bad,1\n")
    with pytest.raises(
        UserError, match=r"hold the label.*columns='Review, stars'.*--columns='text="
    ):
        LabelledFolder(tmp_path, TEXTS).read(SHARES)
    found = LabelledFolder(tmp_path, TEXTS, columns="label=stars").read(SHARES)
    assert found.classes == ["1", "5"]


def test_a_table_beside_folders_that_are_no_classes_is_told_and_read_where_columns_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, *(f"part_{n % 2}/{n}.jpg" for n in range(4)))
    lines = [f"part_{n % 2}/{n}.jpg,{'cat' if n < 2 else 'dog'}\n" for n in range(4)]
    (root / "pets.csv").write_text("".join(["file_name,label\n", *lines]))
    with caplog.at_level(logging.WARNING):
        assert read(root).classes == ["part_0", "part_1"]
    assert f"{root / 'pets.csv'} is left out: the folders say the classes" in caplog.text
    assert "--columns" in caplog.text
    found = LabelledFolder(root, PICTURES, columns="label=label").read(SHARES)
    assert found.classes == ["cat", "dog"] and found.lists == [root / "pets.csv"]
    rows_found = [row for rows in found.splits.values() for row in rows]
    assert shown(rows_found) == ["cat/0.jpg", "cat/1.jpg", "dog/2.jpg", "dog/3.jpg"]


def test_a_table_that_says_what_folders_say_is_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = make(tmp_path, "cat/1.jpg", "dog/2.jpg")
    for rows in ("cat/1.jpg,cat\ndog/2.jpg,dog\n", "gone.jpg,cat\n", "cat/1.jpg,cat,more\n"):
        (root / "pets.csv").write_text(f"file_name,label\n{rows}")
        with caplog.at_level(logging.WARNING):
            assert read(root).classes == ["cat", "dog"]
    assert "left out" not in caplog.text


def test_several_tables_beside_folders_of_classes_are_no_matter(tmp_path: Path) -> None:
    root = make(tmp_path, *(f"{kind}/{n}.jpg" for kind in ("cat", "dog") for n in range(4)))
    for name in ("first.csv", "second.csv"):
        (root / name).write_text("file_name,label\ncat/0.jpg,cat\n")
    assert read(root).classes == ["cat", "dog"]
