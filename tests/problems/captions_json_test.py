"""Captions in COCO's json, and pictures in a folder or a zip."""

import json
import logging
from pathlib import Path

import pytest
from small_archives import zipped

from t2t_mm.errors import UserError
from t2t_mm.problems.captions_json import (
    CaptionedPicture,
    JsonFile,
    PictureStore,
    check_pictures_are_there,
    read_captions,
)


def json_file(tmp_path: Path, content: object) -> JsonFile:
    path = tmp_path / "captions.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return JsonFile(path)


def store(tmp_path: Path, kind: str, *names: str) -> PictureStore:
    files = {name: f"picture {name}".encode() for name in names}
    if kind == "zip":
        (tmp_path / "train.zip").write_bytes(
            zipped({f"train/{name}": data for name, data in files.items()})
        )
        return PictureStore(tmp_path / "train.zip")
    (tmp_path / "train").mkdir()
    for name, data in files.items():
        (tmp_path / "train" / name).write_bytes(data)
    return PictureStore(tmp_path / "train")


def test_a_json_is_read_from_a_folder_and_from_a_zip(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"inside/b.json": '{"one": 1}'}))
    packed = JsonFile(tmp_path / "a.zip", "inside/b.json")
    assert packed.read() == json_file(tmp_path, {"one": 1}).read() == {"one": 1}
    assert str(packed) == f"inside/b.json in {tmp_path / 'a.zip'}"


def test_all_captions_of_a_picture_without_needless_white_space(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = json_file(
        tmp_path,
        {
            "images": [{"id": n, "file_name": f"train2014/{n}.jpg"} for n in (2, 1, 3)],
            "annotations": [
                {"image_id": 1, "caption": "a  dog\nruns "},
                {"image_id": 2, "caption": " a cat"},
                {"image_id": 1, "caption": "a pet"},
                {"image_id": 3, "caption": " "},
                {"image_id": 77, "caption": "of another picture"},
            ],
        },
    )
    with caplog.at_level(logging.WARNING):
        assert read_captions(file) == [
            CaptionedPicture(2, "2.jpg", ("a cat",)),
            CaptionedPicture(1, "1.jpg", ("a dog runs", "a pet")),
        ]
    assert f"{file.path}: left out 1 of 3 pictures, without a caption" in caplog.text
    assert "left out 1 captions of pictures that it does not list" in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"images": [', "is not json.*JSONDecodeError"),
        ('{"images": [{"id": 1}], "annotations": []}', "is not a json of captions.*file_name"),
        ('{"images": [{"id": "x", "file_name": "x"}]}', "is not a json of captions.*ValueError"),
        ("[]", "is not a json of captions"),
    ],
)
def test_a_file_that_is_no_json_of_captions(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError, match=rf"captions\.json {told}"):
        read_captions(json_file(tmp_path, text))


def test_a_folder_gives_paths_and_a_zip_gives_bytes(tmp_path: Path) -> None:
    folder, packed = (store(tmp_path, kind, "1.jpg", "2.jpg") for kind in ("folder", "zip"))
    assert folder.locate_files() == {"1.jpg": "1.jpg", "2.jpg": "2.jpg"}
    names = packed.locate_files()
    assert names == {"1.jpg": "train/1.jpg", "2.jpg": "train/2.jpg"}
    with folder.open_pictures() as read:
        assert read("2.jpg") == tmp_path / "train/2.jpg"
    with packed.open_pictures() as read:
        assert read("2.jpg") == b"picture 2.jpg"


def test_a_zip_that_is_cut_short_is_named(tmp_path: Path) -> None:
    packed = store(tmp_path, "zip", "1.jpg")
    packed.path.write_bytes(packed.path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"train\.zip: the \.zip file is broken"):
        packed.locate_files()


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_missing_pictures_are_counted_and_the_first_are_named(tmp_path: Path, kind: str) -> None:
    file, pictures = json_file(tmp_path, {}), store(tmp_path, kind, "1.jpg", "other.jpg")
    listed = [CaptionedPicture(n, f"{n}.jpg", ("a dog",)) for n in range(1, 6)]
    check_pictures_are_there(file, listed[:1], pictures)
    with pytest.raises(UserError) as error:
        check_pictures_are_there(file, listed, pictures)
    told = str(error.value)
    assert "4 of 5, first image 2 (2.jpg), image 3 (3.jpg), image 4 (4.jpg)" in told
    assert str(file.path) in told and str(pictures.path) in told
