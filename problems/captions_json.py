"""Captions in COCO's json, and the pictures that belong to them in a folder or a zip."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import open_zip

_SHOWN = 3


class CaptionedPicture(NamedTuple):
    """One picture of a json.

    Args:
        image_id: Its number.
        file_name: Name of its file, without a folder.
        captions: All its captions, at least one, without white space at the ends or repeated.
    """

    image_id: int
    file_name: str
    captions: tuple[str, ...]


@dataclass(frozen=True)
class JsonFile:
    """A json file, in a folder or in a zip.

    Args:
        path: The json, or the zip.
        member: Its path in the zip; "" where it lies in a folder.
    """

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.member} in {self.path}" if self.member else str(self.path)

    def read(self) -> Any:
        """Read what it says.

        Raises:
            UserError: If the zip or the json is broken.
        """
        try:
            if not self.member:
                return json.loads(self.path.read_bytes())
            with open_zip(self.path) as archive:
                return json.loads(archive.read(self.member))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UserError(
                f"{self} is not json",
                expected="a whole json file in UTF-8",
                received={type(error).__name__: str(error)},
                fix="Copy or download it again.",
            ) from None


@dataclass(frozen=True)
class PictureStore:
    """The pictures of one split, unpacked in a folder or still in their zip.

    Args:
        path: The folder or the zip.
    """

    path: Path

    def locate_files(self) -> Mapping[str, str]:
        """Locate each file in the folder or zip, by its name."""
        if self.path.is_dir():
            return {entry.name: entry.name for entry in os.scandir(self.path)}
        with open_zip(self.path) as archive:
            return {PurePosixPath(member).name: member for member in archive.namelist()}

    @contextmanager
    def open_pictures(self) -> Iterator[Callable[[str], Path | bytes]]:
        """Give a function from a file name to the path of the file, or its bytes in a zip.

        Raises:
            UserError: If the zip is broken.
        """
        if self.path.is_dir():
            yield self.path.joinpath
            return
        names = self.locate_files()
        with open_zip(self.path) as archive:
            yield lambda name: archive.read(names[name])


def read_captions(file: JsonFile) -> list[CaptionedPicture]:
    """Read the pictures of a json that have captions, in its order.

    Pictures without a caption are left out; how many is logged as a warning.

    Args:
        file: Json with `images` (`id`, `file_name`) and `annotations` (`image_id`, `caption`).

    Raises:
        UserError: If it is broken, or is not of this kind.
    """
    content = file.read()
    try:
        names = {int(image["id"]): PurePosixPath(image["file_name"]) for image in content["images"]}
        captions: dict[int, list[str]] = {image_id: [] for image_id in names}
        strays = 0
        for annotation in content["annotations"]:
            image_id, caption = int(annotation["image_id"]), annotation["caption"].split()
            if image_id not in captions:
                strays += 1
            elif caption:
                captions[image_id].append(" ".join(caption))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{file} is not a json of captions",
            expected='"images" with "id" and "file_name", "annotations" with "image_id" and '
            '"caption"',
            received={type(error).__name__: str(error)},
        ) from None
    found = [
        CaptionedPicture(image_id, name.name, tuple(captions[image_id]))
        for image_id, name in names.items()
        if captions[image_id]
    ]
    if silent := len(names) - len(found):
        warn_once(f"{file}: left out {silent:,} of {len(names):,} pictures, without a caption.")
    if strays:
        warn_once(f"{file}: left out {strays:,} captions of pictures that it does not list.")
    return found


def check_pictures_are_there(
    file: JsonFile, pictures: list[CaptionedPicture], store: PictureStore
) -> None:
    """Check before the first picture is read that there are all.

    Raises:
        UserError: If not; it counts the missing ones and names the first three.
    """
    names = store.locate_files()
    absent = [picture for picture in pictures if picture.file_name not in names]
    if absent:
        first = ", ".join(
            f"image {picture.image_id} ({picture.file_name})" for picture in absent[:_SHOWN]
        )
        raise UserError(
            f"{file} names pictures that are not there: {len(absent):,} of {len(pictures):,}, "
            f"first {first}",
            expected=f"them in {store.path}",
            fix="Add the pictures, or take them out of the json.",
        )
