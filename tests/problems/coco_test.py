"""COCO captions from files of the original layouts."""

import io
import json
import logging
import os
import re
import zipfile
from pathlib import Path

import pytest
from coco_layout import (
    NUMBERS,
    captions_json,
    expected,
    file_name,
    jsons,
    layout,
    pairs,
    pictures,
    write,
)
from small_archives import zipped

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.features import Language


@pytest.mark.parametrize("kind", ["folders", "zips"])
@pytest.mark.parametrize("year", ["2014", "2017"])
def test_all_captions_of_every_picture(tmp_path, kind, year):
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, layout(kind, year)))
    assert pairs(problem, "train") == expected(NUMBERS["train"])
    validation, test = pairs(problem, "validation"), pairs(problem, "test")
    assert sorted(validation + test) == sorted(expected(NUMBERS["val"]))
    assert 5 <= len(validation) <= 15
    assert set(problem.raw_files_wanted()) == set(problem.raw_files_read)
    assert len(set(problem.raw_files_read)) == (27 if kind == "folders" else 3)


def test_pictures_in_folders_are_read_late(tmp_path):
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, layout("folders", "2014")))
    first = next(iter(problem.generate("train")))["inputs"]
    assert first == tmp_path / "train2014/COCO_train2014_000000000001.jpg"


def test_a_subset_in_a_folder_of_its_own(tmp_path):
    write(tmp_path / "mini", layout("folders", "2017"))
    problem = registry.problem("coco_caption_64/mini", tmp_dir=tmp_path)
    assert pairs(problem, "train") == expected(NUMBERS["train"])
    assert (problem.data_name, problem.command_name) == ("coco_caption_64/mini", "en")
    assert problem.features["targets"] == Language(alternatives=True)
    assert problem.metrics == ("caption",)


@pytest.mark.parametrize("name, size", [("coco_caption", 299), ("coco_caption_224", 224)])
def test_sizes(name, size):
    inputs = registry.problem(name).features["inputs"]
    assert (inputs.height, inputs.width, inputs.crop) == (size, size, True)


def test_the_year_of_the_paper_comes_first(tmp_path):
    folder = write(tmp_path, layout("folders", "2017") | layout("zips", "2014"))
    problem = registry.problem("coco_caption", tmp_dir=folder)
    assert pairs(problem, "train") == expected(NUMBERS["train"])
    assert folder / "train2014.zip" in problem.raw_files_read
    assert folder / "annotations/captions_train2017.json" not in problem.raw_files_read


def test_pictures_may_lie_in_a_folder_named_images(tmp_path):
    files = {
        name if name.startswith("annotations") else f"images/{name}": data
        for name, data in layout("folders", "2014").items()
    }
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    assert pairs(problem, "train") == expected(NUMBERS["train"])


@pytest.mark.parametrize("kind", ["folders", "zips"])
def test_missing_pictures_are_counted_and_named(tmp_path, kind):
    files = layout(kind, "2014")
    if kind == "folders":
        for number in (2, 3, 4, 5):
            del files[f"train2014/{file_name('train', '2014', number)}"]
    else:
        first = dict(list(pictures("train", "2014").items())[:1])
        files["train2014.zip"] = zipped(first)
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with pytest.raises(UserError) as error:
        pairs(problem, "validation")
    told = str(error.value)
    assert "annotations/captions_train2014.json" in told and "train2014" in told
    assert "4 of 5, first image 2 (COCO_train2014_000000000002.jpg), image 3 (" in told
    assert "image 4 (" in told and "image 5 (" not in told


def test_pictures_without_captions_are_told(tmp_path, caplog):
    files = layout("folders", "2014")
    content = captions_json("train", "2014")
    content["annotations"] = [
        {"image_id": 1, "caption": "a  dog\nruns "},
        {"image_id": 2, "caption": " "},
        {"image_id": 77, "caption": "of another picture"},
    ]
    path = "annotations/captions_train2014.json"
    files[path] = json.dumps(content).encode()
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with caplog.at_level(logging.WARNING):
        assert pairs(problem, "train") == [(b"picture 1", ["a dog runs"])]
    assert f"{tmp_path / path}: left out 4 of 5 pictures, without a caption" in caplog.text
    assert "left out 1 captions of pictures that it does not list" in caplog.text


@pytest.mark.parametrize(
    "text, told",
    [
        ('{"images": [', "is not json.*JSONDecodeError"),
        ('{"images": [{"id": 1}], "annotations": []}', "is not a json of captions.*file_name"),
        ('{"images": [{"id": "x", "file_name": "x"}]}', "is not a json of captions.*ValueError"),
        ("[]", "is not a json of captions"),
        ('{"images": [], "annotations": []}', "has no captions"),
    ],
)
def test_a_file_that_is_no_json_of_captions(tmp_path, text, told):
    files = layout("folders", "2014") | {"annotations/captions_val2014.json": text.encode()}
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with pytest.raises(UserError, match=rf"captions_val2014\.json {told}"):
        pairs(problem, "train")


def test_a_broken_zip_is_named(tmp_path):
    files = layout("zips", "2014")
    files["val2014.zip"] = files["val2014.zip"][:-50]
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with pytest.raises(UserError, match=r"val2014\.zip: the \.zip file is broken"):
        pairs(problem, "train")


def with_a_first_member_that_cannot_be_unpacked(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    content = bytearray(buffer.getvalue())
    content[30 + len(next(iter(files)))] = 0xFF  # behind the header of 30 bytes and the name
    return bytes(content)


@pytest.mark.parametrize("name", ["annotations_trainval2014.zip", "train2014.zip"])
def test_a_zip_whose_content_is_damaged_is_named(tmp_path, name):
    unpacked = jsons("2014") if name.startswith("annotations") else pictures("train", "2014")
    files = layout("zips", "2014") | {name: with_a_first_member_that_cannot_be_unpacked(unpacked)}
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with pytest.raises(UserError, match=rf"{re.escape(name)}: the \.zip file is broken.*error="):
        pairs(problem, "train")


def test_only_what_is_missing_is_expected(tmp_path):
    files = layout("folders", "2017")
    del files["annotations/captions_val2017.json"]
    problem = registry.problem("coco_caption", tmp_dir=write(tmp_path, files))
    with pytest.raises(UserError, match="Checklist") as error:
        pairs(problem, "train")
    paths = [line for line in str(error.value).splitlines() if "expected:" in line]
    assert paths == [f"  [ ] expected: {tmp_path / 'annotations/captions_val2017.json'}"]


def test_a_subset_that_is_not_there_has_a_checklist(tmp_path):
    problem = registry.problem("coco_caption/absent", tmp_dir=tmp_path)
    with pytest.raises(UserError) as error:
        pairs(problem, "train")
    for fact in (problem.licence, problem.size, problem.source, problem.substitute):
        assert fact and fact in str(error.value)
    for year in ("2014", "2017"):
        assert f"{tmp_path}/absent/annotations/captions_train{year}.json" in str(error.value)


def test_without_tmp_dir():
    with pytest.raises(UserError, match="--tmp_dir"):
        pairs(registry.problem("coco_caption"), "train")


@pytest.mark.real_data
def test_the_small_set_is_read_whole():
    root = Path(os.environ["T2T_MM_REAL_DATA"])
    if not (root / "coco_mini").is_dir():
        pytest.skip("T2T_MM_REAL_DATA has no coco_mini")
    problem = registry.problem("coco_caption_64/coco_mini", tmp_dir=root)
    examples = {split: list(problem.generate(split)) for split in problem.splits}
    assert len(examples["train"]) == 80
    assert len(examples["validation"]) + len(examples["test"]) == 79
    for example in (one for split in examples.values() for one in split):
        assert len(example["targets"]) == 5 and example["inputs"].is_file()
