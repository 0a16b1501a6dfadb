"""COCO captions: say in English what a photograph shows, in three sizes of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import choose_half
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec, Image, Language
from t2t_mm.files.odd_items import leave_out
from t2t_mm.problems.captions_json import CaptionedPicture
from t2t_mm.problems.coco_files import (
    YEARS,
    CaptionSet,
    find_year,
    list_missing_paths,
    propose_captions,
    read_caption_set,
)
from t2t_mm.problems.coco_tfds import read_tfds_captions
from t2t_mm.problems.picture_listing import (
    MOST_PICTURES_WATCHED,
    count_parts,
    hash_name,
    select_part,
)
from t2t_mm.problems.tfds_sets import DownloadFailedError
from t2t_mm.registry import register_problem

_CAPTIONS = Language(alternatives=True)


class CocoCaptionProblem(Problem):
    """Describes a photograph in English, with five true captions of each.

    `coco_caption` reads --tmp_dir, `coco_caption/NAME` the folder NAME in it, where any subset in
    COCO's format may lie: `annotations/captions_train2014.json` and `captions_val2014.json` (or
    the original `annotations_trainval2014.zip`) and the pictures in folders `train2014` and
    `val2014`, or in `train2014.zip` and `val2014.zip`, which are read without being unpacked. The
    same with 2017, where there is nothing of 2014. Where there is nothing at all, and no NAME, TFDS
    downloads `coco_captions`, the same pictures and captions of 2014.

    Splits: the pictures of the train json are `train`. Those of the val json are halved into
    `validation` and `test` by a hash of the number of the picture, since the official test
    captions are not public.

    Chosen: training crops at random and mirrors half of the pictures, as is usual for captions,
    though the few that say left or right are then not true.

    t2t-datagen notices changed pictures in folders, up to 20,000 of them, and changed json files.

    Source: Chen et al. 2015, arXiv:1504.00325.

    Raises:
        UserError: When data is generated: a file is missing or broken, or the json names pictures
            that are not there.
    """

    takes_argument = True
    batch = BatchSpec(examples=32)
    metrics = ("caption",)
    command = "en"
    propose = staticmethod(propose_captions)
    licence = "captions CC BY 4.0; each photograph has its own Flickr licence, named in the json"
    size = (
        "2014: 82,783 training and 40,504 validation pictures with five captions each; zips of "
        "13.5 and 6.6 GB, captions of 0.25 GB. TFDS fetches 40 GB and needs 100 GB"
    )
    source = (
        "Fetch train2014.zip, val2014.zip and annotations_trainval2014.zip from "
        "https://cocodataset.org/#download and put them in --tmp_dir, or their folders; 2017 and "
        "subsets work the same way. Where nothing is there, TFDS downloads coco_captions into "
        "--tmp_dir/tfds."
    )
    substitute = (
        "COCO is open, any subset in its format will do: coco_caption/NAME; or mini_caption."
    )

    def num_parts(self, split: str) -> int:
        """Return one part for every 2,000 pictures; 1 where TFDS has them."""
        return count_parts(self._list_pictures(split)) if self._sets else 1

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": path or bytes of a picture, "targets": its captions}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield at most 2,000 pictures of a split, in the order of the json."""
        if not self._sets:
            yield from self._read_tfds_examples(split)
            return
        found = self._sets[_choose_set(split)]
        for reason in found.odd if part == 0 else ():
            leave_out(reason)
        with found.store.open_pictures() as read:
            for picture in select_part(self._list_pictures(split), part):
                yield {"inputs": read(picture.file_name), "targets": list(picture.captions)}

    def raw_files_wanted(self) -> list[Path]:
        """Return the jsons or zips, and pictures in folders if they are not too many."""
        return self._list_watched(self._sets)

    def _list_watched(self, sets: dict[str, CaptionSet]) -> list[Path]:
        files = [one.file.path for one in sets.values()]
        pictures = []
        for one in sets.values():
            if one.store.path.is_dir():
                pictures += [one.store.path / picture.file_name for picture in one.pictures]
            else:
                files.append(one.store.path)
        return files + (pictures if len(pictures) <= MOST_PICTURES_WATCHED else [])

    def _list_pictures(self, split: str) -> list[CaptionedPicture]:
        pictures = self._sets[_choose_set(split)].pictures
        if split != "train":
            validation = sum(_is_in(picture, "validation") for picture in pictures)
            warn_once(
                f"Problem {self.name}: {validation:,} of {len(pictures):,} pictures of val are for "
                "validation, the others for test, chosen by a hash of their numbers."
            )
        return [picture for picture in pictures if _is_in(picture, split)]

    @cached_property
    def _sets(self) -> dict[str, CaptionSet]:
        """The captions of both jsons, checked before the first picture is read; none: TFDS.

        Raises:
            UserError: If only some of the files are there.
        """
        folder = self._tmp_dir / self.argument
        year = find_year(folder)
        if not year and self.argument:
            raise self.missing(
                one_of=[" and ".join(map(str, list_missing_paths(folder, one))) for one in YEARS]
            )
        sets = {}
        for name in ("train", "val") if year else ():
            if (found := read_caption_set(folder, name, year)) is None:
                raise self.missing(all_of=list_missing_paths(folder, year))
            sets[name] = found
        self.raw_files_read += self._list_watched(sets)
        return sets

    @property
    def _tmp_dir(self) -> Path:
        if self.tmp_dir is None:
            raise self.missing()
        return self.tmp_dir

    def _read_tfds_examples(self, split: str) -> Iterator[dict[str, Any]]:
        try:
            for picture, data in read_tfds_captions(_choose_set(split), self._tmp_dir):
                if _is_in(picture, split):
                    yield {"inputs": data, "targets": list(picture.captions)}
        except DownloadFailedError as failure:
            checklist = self.missing(all_of=list_missing_paths(self._tmp_dir, YEARS[0]))
            raise UserError(f"{checklist}\n  TFDS cannot download it: {failure}") from failure


@register_problem("coco_caption")
class CocoCaption(CocoCaptionProblem):
    """Describes a photograph of COCO, of 299 x 299 pixels as in the paper.

    Half of the pictures of val2014, by a hash of their numbers, are the validation split, the
    others the test split. `coco_caption/NAME` reads a subset in the folder NAME of --tmp_dir.

    Source: arXiv:1706.05137, section 3.
    """

    modalities: ClassVar = {"inputs": Image(299, 299, crop=True, flip=True), "targets": _CAPTIONS}


@register_problem("coco_caption_224")
class CocoCaption224(CocoCaptionProblem):
    """Describes a photograph of COCO, of 224 x 224 pixels."""

    modalities: ClassVar = {"inputs": Image(224, 224, crop=True, flip=True), "targets": _CAPTIONS}


@register_problem("coco_caption_64")
class CocoCaption64(CocoCaptionProblem):
    """Describes a photograph of COCO, of 64 x 64 pixels."""

    modalities: ClassVar = {"inputs": Image(64, 64, crop=True, flip=True), "targets": _CAPTIONS}


def _choose_set(split: str) -> str:
    """Choose the json that has a split."""
    return "train" if split == "train" else "val"


def _is_in(picture: CaptionedPicture, split: str) -> bool:
    """Return whether a picture of the split's json belongs to the split."""
    return split == "train" or choose_half(hash_name(picture.image_id)) == split
