"""Captions in COCO's json, and the pictures that belong to them in a folder or a zip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.files.text_files import is_unicode, open_zip
from t2t_mm.problems.file_kinds import walk_files
from t2t_mm.problems.path_index import PathIndex
from t2t_mm.problems.picture_listing import is_hidden

_SHOWN = 3
_LARGEST_JSON = 2 * 1000**3


class CaptionedPicture(NamedTuple):
    """One picture of a json.

    Args:
        image_id: Its number.
        file_name: Path of its file as the json has it; once found, that in the folder or zip.
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
                self._check_size(self.path.stat().st_size)
                return parse_json(self.path.read_bytes())
            with open_zip(self.path) as archive:
                self._check_size(archive.getinfo(self.member).file_size)
                return parse_json(archive.read(self.member))
        except ValueError as error:  # of UTF-8 and of numbers without end, too
            if isinstance(error, UserError):
                raise
            raise UserError(
                f"{self} is not json",
                expected="a whole json file in UTF-8",
                received={type(error).__name__: str(error)},
                fix="Copy or download it again.",
            ) from None

    def _check_size(self, num_bytes: int) -> None:
        if num_bytes > _LARGEST_JSON:
            raise UserError(
                f"{self} is too large for one json",
                expected=f"at most {_LARGEST_JSON:,} bytes",
                received={"bytes": num_bytes},
                fix="Cut it into several data sets.",
            )


@dataclass(frozen=True)
class PictureStore:
    """The pictures of one split, unpacked in a folder or still in their zip.

    Args:
        path: The folder or the zip.
    """

    path: Path

    def locate_files(self, names: Iterable[str]) -> dict[str, str]:
        """Locate files in the folder or zip by their paths, or as much of their ends as there is.

        Args:
            names: As a json has them: "cats/0.jpg" may lie in "val2014/cats/0.jpg", or be a
                "0.jpg" that is the only one.

        Returns:
            The path of each in the folder or zip; none for those that are not there, or of which
            it cannot be told which one is meant.
        """
        members = self._list_members()
        index = PathIndex(members)
        tops = {member.partition("/")[0] for member in members}
        top = f"{tops.pop()}/" if len(tops) == 1 else ""  # as "val2014/" in its zip
        found = {}
        for name in names:
            exact = [path for path in (name, top + name) if path in members][:1]
            meant = exact or index.find(name)
            if len(meant) == 1:
                found[name] = meant[0]
        claims = Counter(found.values())
        return {name: member for name, member in found.items() if claims[member] == 1}

    def _list_members(self) -> dict[str, None]:
        if self.path.is_dir():
            files = (path.relative_to(self.path).as_posix() for path in walk_files(self.path))
            return dict.fromkeys(sorted(files))
        with open_zip(self.path) as archive:
            members = archive.namelist()
        return dict.fromkeys(one for one in members if not any(map(is_hidden, one.split("/"))))

    @contextmanager
    def open_pictures(self) -> Iterator[Callable[[str], Path | bytes]]:
        """Give a function from a file's path there to that on disk, or to its bytes in a zip.

        Raises:
            UserError: If the zip is broken.
        """
        if self.path.is_dir():
            yield self.path.joinpath
            return
        with open_zip(self.path) as archive:
            yield archive.read


def read_captions(file: JsonFile) -> list[CaptionedPicture]:
    """Read the pictures of a json that have captions, in its order.

    Pictures without a caption are left out; how many is logged as a warning. A caption that is null
    or no Unicode text is left out: see `leave_out`.

    Args:
        file: Json with `images` (`id`, `file_name`) and `annotations` (`image_id`, `caption`).

    Raises:
        UserError: If it is broken, or is not of this kind.
    """
    content = file.read()
    try:
        names = _read_names(content["images"])
        captions: dict[int, list[str]] = {image_id: [] for image_id in names}
        strays = 0
        for number, annotation in enumerate(content["annotations"], start=1):
            image_id, caption = int(annotation["image_id"]), annotation["caption"]
            if image_id not in captions:
                strays += 1
            elif caption is None or not is_unicode(caption):
                leave_out(f"{file}, caption {number}: it is null or no Unicode text")
            elif words := caption.split():
                captions[image_id].append(" ".join(words))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{file} is not a json of captions",
            expected='"images" with "id" and "file_name", "annotations" with "image_id" and '
            '"caption"',
            received={type(error).__name__: str(error)},
        ) from None
    found = [
        CaptionedPicture(image_id, name, tuple(captions[image_id]))
        for image_id, name in names.items()
        if captions[image_id]
    ]
    if silent := len(names) - len(found):
        warn_once(f"{file}: left out {silent:,} of {len(names):,} pictures, without a caption.")
    if strays:
        warn_once(f"{file}: left out {strays:,} captions of pictures that it does not list.")
    return found


def _read_names(images: Iterable[Any]) -> dict[int, str]:
    """Return the path of each picture by its number.

    Raises:
        ValueError: Two pictures have the same.
    """
    names: dict[int, str] = {}
    for image in images:
        name = str(PurePosixPath(image["file_name"]))
        if names.setdefault(int(image["id"]), name) != name:
            raise ValueError(f"the id {image['id']} is that of two pictures")
    return names


def locate_pictures(
    file: JsonFile, pictures: list[CaptionedPicture], store: PictureStore
) -> list[CaptionedPicture]:
    """Locate the pictures before the first one is read.

    Returns:
        The same pictures, each `file_name` being its path in the folder or zip.

    Raises:
        UserError: Some are not there; it counts them and names the first three.
    """
    names = store.locate_files(picture.file_name for picture in pictures)
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
    return [picture._replace(file_name=names[picture.file_name]) for picture in pictures]
