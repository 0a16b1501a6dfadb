"""COCO captions from files of the original layouts."""

import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from coco_layout import (
    NUMBERS,
    expected,
    jsons,
    layout,
    pairs,
    pictures,
    write,
)

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.files.odd_items import collect_odd_items


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


def test_a_null_caption_is_counted_in_its_split(tmp_path):
    files = layout("folders", "2014")
    name = "annotations/captions_val2014.json"
    content = json.loads(files[name])
    content["annotations"][0]["caption"] = None
    write(tmp_path, files | {name: json.dumps(content).encode()})
    problem = registry.problem("coco_caption_64", tmp_dir=tmp_path)
    for split, count in {"train": 0, "validation": 1}.items():
        with collect_odd_items() as odd:
            list(problem.generate(split))
        assert len(odd) == count, split
