"""text2text_files on real data: Multi30k, where $T2T_MM_REAL_DATA has it."""

import os
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError

RAW = Path(os.environ.get("T2T_MM_REAL_DATA", "absent"), "multi30k/data/task1/raw")

pytestmark = pytest.mark.skipif(
    not RAW.is_dir(), reason="T2T_MM_REAL_DATA names no folder with multi30k"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of links to the raw files, with test_2016_flickr as the test set."""
    folder = tmp_path_factory.mktemp("multi30k")
    for language in ("en", "de", "fr"):
        for name in ("train", "val", "test_2016_flickr"):
            raw = RAW.resolve() / f"{name}.{language}.gz"
            link = name.removesuffix("_2016_flickr")
            (folder / f"{link}.{language}.gz").symlink_to(raw)
    return folder


@pytest.mark.parametrize("direction", ["en-de", "de-en", "en-fr", "fr-en"])
def test_every_pair_of_every_direction_is_read(folder, direction):
    problem = registry.problem(f"text2text_files/{direction}", tmp_dir=folder)
    assert problem.command_name == direction[-2:]
    sizes = {split: sum(1 for _ in problem.generate(split)) for split in problem.splits}
    assert sizes == {"train": 29000, "validation": 1014, "test": 1000}


def test_directions_are_each_other_exchanged(folder):
    forward = registry.problem("text2text_files/en-de", tmp_dir=folder).generate("validation")
    backward = registry.problem("text2text_files/de-en", tmp_dir=folder).generate("validation")
    for one, other in zip(forward, backward, strict=True):
        assert (one["inputs"], one["targets"]) == (other["targets"], other["inputs"])


def test_the_raw_folder_itself_asks_which_test_set():
    problem = registry.problem("text2text_files/en-fr", tmp_dir=RAW)
    with pytest.raises(UserError, match="test_2016_flickr, test_2017_flickr"):
        next(iter(problem.generate("train")))
