"""Captions in COCO's json, and pictures in a folder or a zip."""

import json
import logging
from pathlib import Path

import pytest
from small_archives import zipped

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems import captions_json
from t2t_mm.problems.captions_json import (
    CaptionedPicture,
    JsonFile,
    PictureStore,
    locate_pictures,
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
    for name, data in files.items():
        (tmp_path / "train" / name).parent.mkdir(parents=True, exist_ok=True)
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
            CaptionedPicture(2, "train2014/2.jpg", ("a cat",)),
            CaptionedPicture(1, "train2014/1.jpg", ("a dog runs", "a pet")),
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
    names = ["1.jpg", "2.jpg"]
    assert folder.locate_files(names) == {"1.jpg": "1.jpg", "2.jpg": "2.jpg"}
    assert packed.locate_files(names) == {"1.jpg": "train/1.jpg", "2.jpg": "train/2.jpg"}
    with folder.open_pictures() as read:
        assert read("2.jpg") == tmp_path / "train/2.jpg"
    with packed.open_pictures() as read:
        assert read("train/2.jpg") == b"picture 2.jpg"


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize(
    ("there", "wanted", "found"),
    [
        (["a/0.jpg", "b/0.jpg"], ["b/0.jpg", "a/0.jpg"], ["b/0.jpg", "a/0.jpg"]),
        (["a/0.jpg", "b/0.jpg"], ["0.jpg"], [None]),  # which one?
        (["0.jpg"], ["a/0.jpg", "b/0.jpg"], [None, None]),  # whose?
        (["0.jpg", "1.jpg"], ["a/0.jpg", "b/1.jpg"], ["0.jpg", "1.jpg"]),
        (["0.jpg", "a/0.jpg"], ["0.jpg", "a/0.jpg"], ["0.jpg", "a/0.jpg"]),
        (["x/a/0.jpg", "x/b/0.jpg"], ["a/0.jpg", "y/b/0.jpg"], ["x/a/0.jpg", "x/b/0.jpg"]),
        (["a/0.jpg", "__MACOSX/a/0.jpg", ".b/0.jpg"], ["0.jpg"], ["a/0.jpg"]),
    ],
)
def test_each_name_finds_its_own_picture_or_none(
    tmp_path: Path, kind: str, there: list[str], wanted: list[str], found: list[str | None]
) -> None:
    located = store(tmp_path, kind, *there).locate_files(wanted)
    paths = [located.get(name) for name in wanted]
    assert [path and path.removeprefix("train/") for path in paths] == found


def test_a_number_of_two_pictures_is_an_error(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "a/1.jpg"}, {"id": 1, "file_name": "b/1.jpg"}]
    with pytest.raises(UserError, match="the id 1 is that of two pictures"):
        read_captions(json_file(tmp_path, {"images": images, "annotations": []}))


def test_captions_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    captions = ["a dog", None, "half \ud83d", "two cats"]
    annotations = [{"image_id": 1, "caption": caption} for caption in captions]
    images = [{"id": 1, "file_name": "1.jpg"}]
    file = json_file(tmp_path, {"images": images, "annotations": annotations})
    with collect_odd_items() as odd:
        assert read_captions(file) == [CaptionedPicture(1, "1.jpg", ("a dog", "two cats"))]
    assert odd == [f"{file}, caption {n}: it is null or no Unicode text" for n in (2, 3)]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"images": 1' + "0" * 5_000 + "}", "\x00"])
def test_what_python_cannot_parse_is_no_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="is not json"):
        read_captions(json_file(tmp_path, text))


def test_a_json_too_large_for_the_memory_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captions_json, "_LARGEST_JSON", 10)
    with pytest.raises(UserError, match=r"too large for one json.*at most 10 bytes"):
        read_captions(json_file(tmp_path, '{"images": []}'))


def test_a_zip_that_is_cut_short_is_named(tmp_path: Path) -> None:
    packed = store(tmp_path, "zip", "1.jpg")
    packed.path.write_bytes(packed.path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"train\.zip: the \.zip file is broken"):
        packed.locate_files([])


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_missing_pictures_are_counted_and_the_first_are_named(tmp_path: Path, kind: str) -> None:
    file, pictures = json_file(tmp_path, {}), store(tmp_path, kind, "1.jpg", "other.jpg")
    listed = [CaptionedPicture(n, f"{n}.jpg", ("a dog",)) for n in range(1, 6)]
    locate_pictures(file, listed[:1], pictures)
    with pytest.raises(UserError) as error:
        locate_pictures(file, listed, pictures)
    told = str(error.value)
    assert "4 of 5, first image 2 (2.jpg), image 3 (3.jpg), image 4 (4.jpg)" in told
    assert str(file.path) in told and str(pictures.path) in told
