"""Where the files of COCO lie in a folder."""

from pathlib import Path

import pytest
from coco_layout import NUMBERS, captions_of, file_name, layout, write

from t2t_mm.errors import UserError
from t2t_mm.problems.coco_files import find_year, list_missing_paths, read_caption_set


@pytest.mark.parametrize("kind", ["folders", "zips"])
@pytest.mark.parametrize("year", ["2014", "2017"])
def test_both_layouts_of_both_years(tmp_path: Path, kind: str, year: str) -> None:
    folder = write(tmp_path, layout(kind, year))
    assert find_year(folder) == year
    assert list_missing_paths(folder, year) == []
    for name, numbers in NUMBERS.items():
        found = read_caption_set(folder, name, year)
        assert found is not None
        ending = "" if kind == "folders" else ".zip"
        assert found.store.path == folder / f"{name}{year}{ending}"
        assert [(Path(one.file_name).name, list(one.captions)) for one in found.pictures] == [
            (file_name(name, year, number), captions_of(number)) for number in numbers
        ]


def test_the_year_of_the_paper_comes_first(tmp_path: Path) -> None:
    assert find_year(write(tmp_path, layout("folders", "2017") | layout("zips", "2014"))) == "2014"


def test_where_there_is_nothing_there_is_no_year(tmp_path: Path) -> None:
    assert find_year(tmp_path) == ""
    assert read_caption_set(tmp_path, "train", "2014") is None


def test_pictures_may_lie_in_a_folder_named_images(tmp_path: Path) -> None:
    files = {
        name if name.startswith("annotations") else f"images/{name}": data
        for name, data in layout("folders", "2014").items()
    }
    found = read_caption_set(write(tmp_path, files), "train", "2014")
    assert found is not None and found.store.path == tmp_path / "images/train2014"


def test_only_what_is_missing_is_listed(tmp_path: Path) -> None:
    files = layout("folders", "2017")
    del files["annotations/captions_val2017.json"]
    write(tmp_path, {name: data for name, data in files.items() if "train2017/" not in name})
    assert list_missing_paths(tmp_path, "2017") == [
        tmp_path / "train2017.zip",
        tmp_path / "annotations/captions_val2017.json",
    ]


def test_a_json_without_captions_is_an_error(tmp_path: Path) -> None:
    empty = {"annotations/captions_val2014.json": b'{"images": [], "annotations": []}'}
    folder = write(tmp_path, layout("folders", "2014") | empty)
    with pytest.raises(UserError, match=r"captions_val2014\.json has no captions"):
        read_caption_set(folder, "val", "2014")
