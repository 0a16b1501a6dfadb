"""COCO captions by the real TFDS builder; only the transfer over the network is replaced."""

import json
import logging
import shutil
import urllib.parse
from pathlib import Path
from types import SimpleNamespace

import pytest
from coco_layout import (
    NUMBERS,
    captions_json,
    captions_of,
    file_name,
    layout,
    pairs,
    pictures,
    write,
)
from small_archives import zipped

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.problems.coco_tfds import read_tfds_captions


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """Small archives with the names and the inner layout of the original ones."""

    def instances(name):
        listed = captions_json(name, "2014")["images"] if name in NUMBERS else []
        images = [image | {"height": 9, "width": 9} for image in listed]
        categories = [{"id": number, "name": f"thing {number}"} for number in range(80)]
        return json.dumps({"images": images, "annotations": [], "categories": categories})

    karpathy = [
        {
            "split": split,
            "filename": file_name(name, "2014", number),
            "sentences": [
                {"sentid": number * 10 + index, "raw": f"{text} "}
                for index, text in enumerate(captions_of(number))
            ],
        }
        for name, numbers in NUMBERS.items()
        for number in numbers
        for split in [("val", "test", "restval")[number % 3] if name == "val" else "train"]
    ]
    archives = {
        f"{name}.zip": zipped(pictures(name[:-4], "2014") if name[:-4] in NUMBERS else {"x": b""})
        for name in ("train2014", "val2014", "test2014", "test2015")
    }
    archives["annotations_trainval2014.zip"] = zipped(
        {f"annotations/instances_{name}2014.json": instances(name) for name in NUMBERS}
    )
    for name in ("test2014", "test2015"):
        info = {f"annotations/image_info_{name}.json": instances("test")}
        archives[f"image_info_{name}.zip"] = zipped(info)
    archives["caption_datasets.zip"] = zipped(
        {"dataset_coco.json": json.dumps({"images": karpathy})}
    )
    return write(tmp_path_factory.mktemp("mirror"), archives)


@pytest.fixture
def downloads(mirror, monkeypatch):
    """Lets TFDS fetch the archives from the mirror; returns what was fetched.

    The size and checksum of the original are reported, since TFDS knows and checks them.
    """
    from tensorflow_datasets.core.download import checksums, downloader

    fetched = []

    def fetch(self, url, destination_path, verify=True):
        name = Path(urllib.parse.urlparse(url).path).name
        shutil.copy(mirror / name, destination_path / name)
        fetched.append(name)
        self._pbar_url.update(1)
        return downloader.DownloadResult(
            destination_path / name, checksums.get_all_url_infos()[url]
        )

    monkeypatch.setattr(downloader._Downloader, "_sync_download", fetch)
    return fetched


def test_tfds_gives_the_same_pictures_in_the_same_splits(tmp_path, downloads):
    problem = registry.problem("coco_caption", tmp_dir=tmp_path / "tfds")
    files = registry.problem(
        "coco_caption", tmp_dir=write(tmp_path / "files", layout("zips", "2014"))
    )
    for split in ("train", "validation", "test"):
        assert sorted(pairs(problem, split)) == sorted(pairs(files, split))
    assert len(downloads) == 8
    # A second reading neither fetches nor prepares, and gives the same order.
    again = registry.problem("coco_caption", tmp_dir=tmp_path / "tfds")
    assert pairs(again, "train") == pairs(problem, "train")
    assert len(downloads) == 8


def test_without_network_and_files_there_is_a_checklist(tmp_path, monkeypatch):
    from tensorflow_datasets.core.download import downloader

    def unreachable(*arguments, **options):
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr(downloader, "_open_url", unreachable)
    with pytest.raises(UserError) as error:
        pairs(registry.problem("coco_caption", tmp_dir=tmp_path), "train")
    for told in ("Checklist", "network is unreachable", f"{tmp_path / 'train2014.zip'}"):
        assert told in str(error.value)


def test_pictures_without_captions_are_told(tmp_path, monkeypatch, caplog):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    rows = {
        "captions": {"text": [["a  dog", ""], [" ", ""], ["a cat", "a pet"]]},
        "image": [b"1", b"2", b"3"],
        "image/filename": ["1.jpg", "2.jpg", "3.jpg"],
        "image/id": [1, 2, 3],
    }
    builder = SimpleNamespace(
        name="small",
        is_prepared=lambda: False,
        download_and_prepare=lambda **options: None,
        as_dataset=lambda **options: tf.data.Dataset.from_tensor_slices(rows),
    )
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: builder)
    with caplog.at_level(logging.WARNING):
        found = [(picture.captions, data) for picture, data in read_tfds_captions("val", tmp_path)]
    assert found == [(("a dog",), b"1"), (("a cat", "a pet"), b"3")]
    assert "coco_captions, val2014: left out 1 of 3 pictures, without a caption" in caplog.text
