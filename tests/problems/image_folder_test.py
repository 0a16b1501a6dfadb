"""image_folder: own pictures in class folders, without code. No test decodes a picture."""

import logging
import os
import pickle
from collections import Counter
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical
from t2t_mm.problems import class_folder


@pytest.fixture
def folder(tmp_path):
    """Returns a function that makes empty files in one folder and gives the folder."""

    def make(*names, **texts):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
        return tmp_path

    return make


def names(problem, split):
    """Returns class/picture of each example of a split, sorted."""
    return sorted(f"{one['targets']}/{one['inputs'].name}" for one in problem.generate(split))


CATS_AND_DOGS = ["train/cat/1.jpg", "train/cat/more/2.PNG", "train/dog/3.webp"]
TINY = [
    "train/n01/images/n01_0.JPEG",
    "train/n01/n01_boxes.txt",
    "train/n02/images/n02_0.JPEG",
    "val/images/val_0.JPEG",
    "val/images/val_1.JPEG",
    "test/images/test_0.JPEG",
]


@pytest.mark.parametrize("validation", ["validation", "valid", "val", "dev"])
def test_split_folders(folder, validation):
    root = folder(*CATS_AND_DOGS, f"{validation}/dog/4.jpeg", "test/cat/5.gif", "test/dog/6.bmp")
    problem = registry.problem("image_folder", tmp_dir=root)
    assert problem.splits == ("train", "validation", "test")
    assert names(problem, "train") == ["cat/1.jpg", "cat/2.PNG", "dog/3.webp"]
    assert names(problem, "validation") == ["dog/4.jpeg"]
    assert names(problem, "test") == ["cat/5.gif", "dog/6.bmp"]
    assert problem.class_names("targets") == ["cat", "dog"]


def test_the_argument_is_a_folder_with_classes_of_its_own(folder):
    root = folder(*[f"pets/{name}" for name in (*CATS_AND_DOGS, "val/dog/4.jpg")])
    problem = registry.problem("image_folder/pets", tmp_dir=root)
    assert names(problem, "validation") == ["dog/4.jpg"]
    own = Categorical(vocabulary="image_folder_pets_classes")
    assert problem.features["targets"] == problem.modalities["targets"] == own
    other = registry.problem("image_folder", tmp_dir=root)
    assert other.features["targets"] == Categorical(vocabulary="image_folder_classes")
    assert other.features["inputs"] == problem.features["inputs"]


def test_class_folders_are_split_by_hash(folder):
    root = folder(*[f"{label}/{number}.jpg" for label in ("cat", "dog") for number in range(100)])
    problem = registry.problem("image_folder", tmp_dir=root)
    found = {split: names(problem, split) for split in problem.splits}
    assert {split: len(pictures) for split, pictures in found.items()} == {
        "train": 160,
        "validation": 20,
        "test": 20,
    }
    together = [name for pictures in found.values() for name in pictures]
    assert len(set(together)) == 200
    again = registry.problem("image_folder", tmp_dir=root)
    assert {split: names(again, split) for split in again.splits} == found


@pytest.mark.parametrize("below", ["", "train/"])
def test_the_only_picture_of_a_class_is_not_held_out(folder, below):
    many = [f"{below}{label}/{number}.jpg" for label in ("cat", "dog") for number in range(20)]
    alone = [f"{below}class{number}/1.jpg" for number in range(40)]
    problem = registry.problem("image_folder", tmp_dir=folder(*many, *alone))
    problem.validation_share = 0.2
    assert "validation" in problem.held_out_splits
    found = {split: names(problem, split) for split in problem.splits}
    classes = {split: {name.split("/")[0] for name in some} for split, some in found.items()}
    assert len(classes["train"]) == 42
    assert len(found["validation"]) == 16 and classes["validation"] == {"cat", "dog"}


def test_pictures_of_which_none_can_be_held_out_are_an_error(folder):
    problem = registry.problem("image_folder", tmp_dir=folder("a/1.jpg", "b/1.jpg"))
    assert names(problem, "train") == ["a/1.jpg", "b/1.jpg"]
    with pytest.raises(UserError, match=r"no picture for its validation split: the last one"):
        names(problem, "validation")


def test_parts_of_two_thousand_pictures_are_the_split(folder):
    root = folder(*[f"train/{n % 2}/{n}.jpg" for n in range(2100)], "val/0/1.jpg", "val/1/1.jpg")
    problem = registry.problem("image_folder", tmp_dir=root)
    assert (problem.num_parts("train"), problem.num_parts("validation")) == (2, 1)
    parts = [list(problem.generate_part("train", part)) for part in range(2)]
    assert [len(part) for part in parts] == [2000, 100]
    assert parts[0] + parts[1] == list(problem.generate("train"))


def test_another_process_reads_the_same(folder):
    root = folder(*[f"pets/{name}" for name in (*CATS_AND_DOGS, "val/dog/4.jpg")])
    problem = registry.problem("image_folder/pets", tmp_dir=root)
    examples = list(problem.generate("train"))
    other = pickle.loads(pickle.dumps(problem))
    assert other.features == problem.features
    assert list(other.generate_part("train", 0)) == examples


def test_the_layout_of_tiny_imagenet(folder, caplog):
    root = folder(
        *TINY, words="n01\tgoldfish, Carassius auratus\nn02\tlemon\nn03\tpizza\n", wnids="n02\nn01"
    )
    (root / "val/val_annotations.txt").write_text(
        "val_0.JPEG\tn02\t0\t0\t62\t62\nval_1.JPEG\tn01\t1\t2\t3\t4\n"
    )
    problem = registry.problem("image_folder", tmp_dir=root)
    with caplog.at_level(logging.WARNING):
        assert problem.splits == ("train", "validation")
        assert names(problem, "train") == ["goldfish/n01_0.JPEG", "lemon/n02_0.JPEG"]
    assert names(problem, "validation") == ["goldfish/val_1.JPEG", "lemon/val_0.JPEG"]
    assert problem.class_names("targets") == ["goldfish", "lemon"]
    assert f"{root / 'train'}: left out 1 files that are no pictures (1 .txt)" in caplog.text
    assert f"{root / 'test'} does not say the classes" in caplog.text
    with pytest.raises(UserError, match="no test split"):
        names(problem, "test")
    lists = {root / "words.txt", root / "val/val_annotations.txt"}
    assert lists < set(problem.raw_files_read) and len(problem.raw_files_read) == 6


def test_classes_with_the_same_word_keep_their_folder(folder):
    root = folder(
        "n1/a.jpg", "n2/b.jpg", "n3/c.jpg", words="n1\tcrane, bird\nn2\tcrane\nn3\tgoose\n"
    )
    problem = registry.problem("image_folder", tmp_dir=root)
    assert problem.class_names("targets") == ["crane (n1)", "crane (n2)", "goose"]


def test_one_class_is_an_error(folder):
    root = folder("cat/1.jpg", "cat/2.jpg", "notes/list.txt")
    with pytest.raises(UserError, match=r"one class only.*'cat'"):
        names(registry.problem("image_folder", tmp_dir=root), "train")


@pytest.mark.parametrize("name, below", [("image_folder", "absent"), ("image_folder/absent", "")])
def test_without_the_folder_there_is_a_checklist(tmp_path, name, below):
    problem = registry.problem(name, tmp_dir=tmp_path / below)
    assert problem.splits == ("train", "validation", "test")
    with pytest.raises(UserError) as error:
        names(problem, "train")
    for fact in (problem.licence, problem.source, problem.substitute, f"{tmp_path / 'absent'}"):
        assert fact and fact in str(error.value)


def test_without_tmp_dir_or_pictures(folder):
    for tmp_dir in (None, folder("notes.txt")):
        with pytest.raises(UserError, match="Checklist"):
            names(registry.problem("image_folder", tmp_dir=tmp_dir), "train")


def test_pictures_are_watched_unless_they_are_too_many(folder, monkeypatch):
    root = folder(*CATS_AND_DOGS, "val/dog/4.jpg")
    problem = registry.problem("image_folder", tmp_dir=root)
    next(iter(problem.generate("train")))
    assert set(problem.raw_files_read) == set(problem.raw_files_wanted())
    assert {path.name for path in problem.raw_files_read} == {"1.jpg", "2.PNG", "3.webp", "4.jpg"}
    monkeypatch.setattr(class_folder, "MOST_PICTURES_WATCHED", 3)
    assert problem.raw_files_wanted() == []


@pytest.mark.real_data
def test_tiny_imagenet_is_read_whole():
    root = Path(os.environ["T2T_MM_REAL_DATA"], "tiny_imagenet_20c")
    if not root.is_dir():
        pytest.skip("T2T_MM_REAL_DATA has no tiny_imagenet_20c")
    problem = registry.problem("image_folder/tiny-imagenet-20", tmp_dir=root)
    counts = {
        split: Counter(example["targets"] for example in problem.generate(split))
        for split in problem.splits
    }
    assert {split: count.total() for split, count in counts.items()} == {
        "train": 10_000,
        "validation": 1_000,
    }
    assert set(counts["train"].values()) == {500} and set(counts["validation"].values()) == {50}
    assert len(problem.class_names("targets")) == 20
