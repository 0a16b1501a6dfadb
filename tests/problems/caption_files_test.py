"""caption_files: own pictures with captions in a table, without code."""

from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.proposals import find_readers
from t2t_mm.errors import UserError


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def captions(problem: Problem, split: str) -> dict[str, list[str]]:
    return {one["inputs"].name: one["targets"] for one in problem.generate(split)}


def test_metadata_in_folders_of_splits_with_several_captions(tmp_path: Path) -> None:
    files = {
        "x/train/metadata.csv": "file_name,text\n1.jpg,a dog\n2.jpg,a cat\n1.jpg,one dog\n",
        "x/validation/metadata.jsonl": '{"file_name": "3.jpg", "caption": "a cow"}\n',
    }
    pictures = {f"x/{name}": "" for name in ("train/1.jpg", "train/2.jpg", "validation/3.jpg")}
    problem = registry.problem("caption_files/x", tmp_dir=write(tmp_path, files | pictures))
    assert problem.splits == ("train", "validation") and not problem.held_out_splits
    assert captions(problem, "train") == {"1.jpg": ["a dog", "one dog"], "2.jpg": ["a cat"]}
    assert captions(problem, "validation") == {"3.jpg": ["a cow"]}
    assert len(problem.raw_files_wanted()) == 2
    asked = registry.problem("image_folder/x", tmp_dir=tmp_path)
    assert find_readers(asked) == ["--problems=caption_files/x"]


def test_one_table_is_held_out_by_pictures(tmp_path: Path) -> None:
    rows = "".join(f"{n}.jpg,picture {n}\n{n}.jpg,number {n}\n" for n in range(20))
    files = {"captions.csv": f"image,comment\n{rows}"}
    files |= {f"images/{n}.jpg": "" for n in range(20)}
    problem = registry.problem("caption_files", tmp_dir=write(tmp_path, files))
    problem.columns, problem.test_share = "caption=comment", 0.2
    found = {split: captions(problem, split) for split in problem.splits}
    sizes = {split: len(some) for split, some in found.items()}
    assert sizes == {"train": 14, "validation": 2, "test": 4}
    assert all(len(texts) == 2 for some in found.values() for texts in some.values())


def test_no_table_and_no_column_are_told(tmp_path: Path) -> None:
    problem = registry.problem("caption_files/x", tmp_dir=write(tmp_path, {"x/1.jpg": ""}))
    with pytest.raises(UserError, match=r"Checklist(.|\n)*metadata\.csv"):
        captions(problem, "train")
    write(tmp_path, {"x/metadata.csv": "file_name,words\n1.jpg,a\n"})
    problem = registry.problem("caption_files/x", tmp_dir=tmp_path)
    with pytest.raises(UserError, match=r"hold the caption.*columns='file_name, words'"):
        captions(problem, "train")


def test_pictures_that_links_show_again_are_in_one_split(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {}
    for split, numbers in {"test": (1, 2), "train": (1, 3), "dev": (4,)}.items():
        rows = "".join(f"{n}.jpg,no. {n}\n" for n in numbers)
        files[f"{split}/metadata.csv"] = f"file_name,caption\n{rows}"
        files |= {f"{split}/{n}.jpg": "" for n in numbers if (split, n) != ("test", 1)}
    root = write(tmp_path, files)
    (root / "test/1.jpg").symlink_to("../train/1.jpg")
    problem = registry.problem("caption_files", tmp_dir=root)
    assert captions(problem, "test") == {"2.jpg": ["no. 2"]}
    assert {*captions(problem, "train")} == {"1.jpg", "3.jpg"}
    assert "left out 1 pictures that links show once more" in caplog.text


def test_a_table_without_a_caption_has_no_examples(tmp_path: Path) -> None:
    files = {"metadata.csv": "file_name,caption\n1.jpg,\n", "1.jpg": ""}
    assert (
        captions(registry.problem("caption_files", tmp_dir=write(tmp_path, files)), "train") == {}
    )


def test_pictures_that_no_row_names_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {
        "train.csv": "file_name,caption\n1.jpg,a dog\n",
        "dev.csv": "image,text\n2.jpg,a cat\n",
    }
    root = write(tmp_path, files | {f"images/{n}.jpg": "" for n in range(1, 5)})
    assert {*captions(registry.problem("caption_files", tmp_dir=root), "train")} == {"1.jpg"}
    told = "left out 2 pictures that no row with a caption names in train.csv, dev.csv, first"
    assert f"{root}: {told} images/3.jpg." in caplog.text
