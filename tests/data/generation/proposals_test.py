"""What lies in a folder is told by what would read it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from t2t_mm import Language, registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.proposals import find_readers
from t2t_mm.errors import UserError

TREE = "(S (NP (DT a) (NN dog)) (VP (VBZ runs)))\n"
LAYOUTS: dict[str, tuple[dict[str, str], str]] = {
    "classes": (
        {f"x/{label}/{n}.wav": "" for label in "ab" for n in range(3)},
        "--problems=audio_folder/x",
    ),
    "texts": (
        {f"x/train/{label}/{n}.txt": "good" for label in "ab" for n in range(3)},
        "--problems=text_classification/x",
    ),
    "names": (
        {f"x/{label}_{n}.png": "" for label in ("cat", "dog") for n in range(3)},
        r"--problems=image_folder/x --label_pattern='(?P<label>[A-Za-z]+)[_.-].*'",
    ),
    "table": ({"x/train.csv": "text,label\na,b\nc,d\n"}, "--problems=text_classification/x"),
    "metadata": (
        {"x/metadata.csv": "file_name,label\n1.jpg,a\n2.jpg,b\n", "x/1.jpg": "", "x/2.jpg": ""},
        "--problems=image_folder/x",
    ),
    "pairs": (
        {"x/train.en": "a\nb\n", "x/train.de": "c\nd\n"},
        "--problems=text2text_files/x/de-en",
    ),
    "tests": (
        {
            f"x/raw/{split}.{end}": "a\nb\n"
            for split in ("train", "test1", "test2")
            for end in ("en", "de")
        },
        "--problems=text2text_files/x/raw/de-en",
    ),
    "columns": ({"x/all.tsv": "en\tfr\na\tb\nc\td\n"}, "--problems=text2text_files/x/en-fr"),
    "trees": ({f"x/{split}/a.mrg": TREE for split in ("train", "dev")}, "--problems=tree_files/x"),
    "sides": (
        {
            f"x/{side}-{split}.txt": "a\nb\n"
            for side in ("src", "tgt")
            for split in ("train", "val")
        },
        "--problems=text2text_files/x",
    ),
    "deep": (
        {"x/y/z/train.en": "a\nb\n", "x/y/z/train.de": "c\nd\n"},
        "--problems=text2text_files/x/y/z/de-en",
    ),
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("asked", ["speech_files/x", "speech_files", "tree_files/absent"])
def test_what_lies_there_is_proposed(layout: str, asked: str, tmp_path: Path) -> None:
    files, flags = LAYOUTS[layout]
    problem = registry.problem(asked, tmp_dir=write(tmp_path, files))
    (found,) = find_readers(problem)  # some can read the folder above as well
    assert found in (flags, flags.replace("/x", ""))


def test_of_one_problem_the_direction_that_was_asked_for_is_proposed(tmp_path: Path) -> None:
    files, _ = LAYOUTS["pairs"]
    problem = registry.problem("text2text_files/en-de", tmp_dir=write(tmp_path, files))
    assert find_readers(problem) == ["--problems=text2text_files/x/en-de"]


def test_the_problem_itself_comes_before_others_that_could_read_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {f"x/{split}2017/{n}.jpg": "" for split in ("train", "val") for n in range(3)})
    pictures = [{"id": n, "file_name": f"{n}.jpg"} for n in range(3)]
    captions = [{"id": n, "image_id": n, "caption": "a dog"} for n in range(3)]
    text = json.dumps({"images": pictures, "annotations": captions})
    names = [f"x/annotations/captions_{split}2017.json" for split in ("train", "val")]
    write(tmp_path, dict.fromkeys(names, text))
    for asked in ("coco_caption/y", "coco_caption"):
        found = find_readers(registry.problem(asked, tmp_dir=tmp_path))
        assert found == ["--problems=coco_caption/x"]


def test_a_folder_of_validation_files_alone_is_no_proposal(tmp_path: Path) -> None:
    write(tmp_path, {f"val/images/{n}.jpg": "" for n in range(2)})
    write(tmp_path, {"val/val_annotations.txt": "0.jpg\ta\n1.jpg\tb\n"})
    assert find_readers(registry.problem("image_folder/x", tmp_dir=tmp_path)) == []


def test_speakers_and_chapters_are_no_classes(tmp_path: Path) -> None:
    names = [f"s/{speaker}/{speaker}-1.{end}" for speaker in "12" for end in ("flac", "trans.txt")]
    write(tmp_path, dict.fromkeys(names, "1-1 A DOG"))
    assert find_readers(registry.problem("speech_files/s", tmp_dir=tmp_path)) == []


def test_nothing_is_proposed_where_nothing_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, {"x/notes.md": "a", "x/1.wav": ""})
    assert find_readers(registry.problem("image_folder/x", tmp_dir=tmp_path)) == []
    assert find_readers(registry.problem("image_folder/x", tmp_dir=tmp_path / "absent")) == []
    assert find_readers(registry.problem("image_folder/x")) == []


@registry.register_problem("careless_for_tests")
class Careless(Problem):
    """Stumbles over the files of others, or over their folder already."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    takes_argument = True
    proposes_without_error: ClassVar[bool] = True

    @staticmethod
    def propose(folder: Path) -> list[tuple[str, dict[str, str]]]:
        nothing: dict[str, Any] = {}
        return [("", {})] if Careless.proposes_without_error else nothing["x"]

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        nothing: dict[str, str] = {}
        yield {"inputs": nothing[split], "targets": ""}


@pytest.mark.parametrize("proposes_without_error", [True, False])
def test_what_a_users_class_raises_about_files_of_others_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proposes_without_error: bool
) -> None:
    monkeypatch.setattr(Careless, "proposes_without_error", proposes_without_error)
    problem = registry.problem("speech_files/x", tmp_dir=write(tmp_path, LAYOUTS["classes"][0]))
    assert find_readers(problem) == ["--problems=audio_folder/x"]


def test_an_error_of_datagen_ends_with_what_would_read_the_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files, flags = LAYOUTS["classes"]
    raw = write(tmp_path / "raw", files)
    with caplog.at_level(logging.WARNING), pytest.raises(UserError) as error:
        generate_data("image_folder/x", data_dir=tmp_path / "data", tmp_dir=raw)
    assert str(error.value).endswith(f"In {raw} there is what t2t-datagen reads with {flags}.")
    assert not caplog.messages  # what is only tried tells nothing, and may tell it later
    warn_once("a warning for the proposals")
    assert caplog.messages == ["a warning for the proposals"]


@pytest.mark.parametrize("content", ["[" * (2**20 + 1), '{"x": "' + "x" * 2**20 + '"}\n{"en": 1}'])
def test_one_document_of_many_megabytes_is_no_table(tmp_path: Path, content: str) -> None:
    """It is told as what the problem that was asked for takes it for."""
    for name in ("captions_train2014.json", "captions_val2014.json"):
        (tmp_path / "raw/annotations").mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw/annotations" / name).write_text(content)
        (tmp_path / "raw" / name[9:-5]).mkdir(parents=True)
    with pytest.raises(UserError, match=r"captions_train2014\.json is not json") as told:
        generate_data("coco_caption_64", data_dir=tmp_path / "data", tmp_dir=tmp_path / "raw")
    assert "there is what t2t-datagen reads" not in str(told.value)
