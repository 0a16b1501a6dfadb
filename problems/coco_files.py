"""Where the captions and pictures of COCO lie in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.text_files import open_zip
from t2t_mm.problems.captions_json import (
    CaptionedPicture,
    JsonFile,
    PictureStore,
    locate_pictures,
    read_captions,
)

# The paper's first.
YEARS: Final = ("2014", "2017")


def propose_captions(folder: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Propose to read a folder that has such captions, for `Problem.propose`."""
    return [("", {})] if any(folder.glob("annotations/captions_*.json")) else []


@dataclass(frozen=True)
class CaptionSet:
    """The captions of a json and their pictures.

    Args:
        file: The json.
        store: The pictures.
        pictures: Those with captions, all of them in the store.
        odd: What nobody can read in the json: see `leave_out`.
    """

    file: JsonFile
    store: PictureStore
    pictures: list[CaptionedPicture]
    odd: list[str]


def list_missing_paths(folder: Path, year: str) -> list[Path]:
    """List what should lie in a folder for a year and does not."""
    missing = []
    for name in ("train", "val"):
        if not _find_json(folder, name, year):
            missing.append(folder / "annotations" / f"captions_{name}{year}.json")
        if not _find_store(folder, name, year):
            missing.append(folder / f"{name}{year}.zip")
    return missing


def find_year(folder: Path) -> str:
    """Find the first year of which there is anything; "" where there is nothing."""
    for year in YEARS:
        for name in ("train", "val"):
            if _find_json(folder, name, year) or _find_store(folder, name, year):
                return year
    return ""


def read_caption_set(folder: Path, name: str, year: str) -> CaptionSet | None:
    """Read the captions of one json, and check that all its pictures are there.

    Args:
        folder: Has `annotations/captions_train2014.json` or `annotations_trainval2014.zip`, and
            `train2014` or `train2014.zip`.
        name: "train" or "val".
        year: "2014" or "2017".

    Returns:
        The set; None if the json or all the pictures are absent.

    Raises:
        UserError: If some pictures are absent, or a file is broken.
    """
    file, store = _find_json(folder, name, year), _find_store(folder, name, year)
    if file is None or store is None:
        return None
    with collect_odd_items() as odd:
        pictures = read_captions(file)
    if not pictures:
        raise UserError(f"{file} has no captions", expected="at least one")
    return CaptionSet(file, store, locate_pictures(file, pictures, store), odd)


def _find_json(folder: Path, name: str, year: str) -> JsonFile | None:
    filename = f"captions_{name}{year}.json"
    for path in (folder / "annotations" / filename, folder / filename):
        if path.is_file():
            return JsonFile(path)
    archive = folder / f"annotations_trainval{year}.zip"
    member = f"annotations/{filename}"
    if archive.is_file():
        with open_zip(archive) as opened:
            if member in opened.namelist():
                return JsonFile(archive, member)
    return None


def _find_store(folder: Path, name: str, year: str) -> PictureStore | None:
    for parent in (folder, folder / "images"):
        if (parent / f"{name}{year}").is_dir():
            return PictureStore(parent / f"{name}{year}")
        if (parent / f"{name}{year}.zip").is_file():
            return PictureStore(parent / f"{name}{year}.zip")
    return None
