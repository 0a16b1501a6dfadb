"""caption_files: a problem made of pictures and a table of captions in --tmp_dir, without code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, hold_out
from t2t_mm.features import BatchSpec, Image, Language
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.file_kinds import PICTURES, propose_kind
from t2t_mm.problems.labelled_folder import find_split_folder
from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import (
    TableReader,
    find_metadata,
    find_only_table,
    find_split_tables,
)
from t2t_mm.problems.packed_tables import find_packed_splits, list_watched_files
from t2t_mm.problems.picture_listing import hash_name
from t2t_mm.registry import register_problem

Captions = dict[Path | PackedFile, list[str]]


@register_problem("caption_files")
class CaptionFiles(Problem):
    """Describes a picture, with one true caption of each or several.

    `caption_files` reads --tmp_dir, `caption_files/NAME` the folder NAME in it. Tables with the
    columns `file_name` and `caption` (or `text`, or what `--columns='file=image,caption=comment'`
    of t2t-datagen says) name the pictures, a row for each caption; .csv, .tsv or .jsonl:

    - `metadata.csv` in `train/`, `validation/` (`valid`, `val`, `dev`) and `test/`;
    - `train.csv`, `dev.csv` and `test.csv`; or one table, perhaps with a column `split`;
    - where there is no such table, shards with the pictures in them: `.tar` with `KEY.jpg` and
      `KEY.txt` (or `KEY.json` with a field `caption`), or `.parquet` with the columns `image` and
      `caption`, of one caption or a list; `train-000000.tar`, `000000.tar` and so on.

    Without validation pictures 10% of the training pictures, at most 2,000, are held out, chosen by
    a hash of their paths; without test pictures there is no test split, unless `--test_share` holds
    some out. Pictures are scaled and cropped to 64 x 64 pixels.

    Raises:
        UserError: When data is generated: no table, a column or a picture that is not there.
    """

    modalities: ClassVar = {
        "inputs": Image(64, 64, crop=True, flip=True),
        "targets": Language(alternatives=True),
    }
    takes_argument = True
    propose = staticmethod(partial(propose_kind, PICTURES))
    batch = BatchSpec(examples=32)
    metrics = ("caption",)
    command = "en"
    skip_bad_examples = True
    licence = "that of your pictures"
    size = "that of your pictures"
    source = (
        "Put metadata.csv (.tsv, .jsonl) with the columns file_name and caption beside the "
        "pictures, in train/, validation/ and test/ or alone, in --tmp_dir, or in its folder NAME "
        "for caption_files/NAME."
    )
    substitute = "COCO is open (coco_caption), Flickr8k on request; or mini_caption."

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have no such pictures."""
        if self.tmp_dir is None or not self._root.is_dir() or self.test_share:
            return SPLITS
        return SPLITS if "test" in self._found else SPLITS[:2]

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Validation, and test if a share of it is given, where they have no pictures."""
        wanted = SPLITS[1:] if self.test_share else SPLITS[1:2]
        return [split for split in wanted if split not in self._found]

    @property
    def options_that_count(self) -> frozenset[str]:
        """The shares of splits that are held out, and the columns."""
        return super().options_that_count | {"columns"}

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": path of a picture, "targets": its captions}."""
        if split in self._found and (split != "train" or not self.held_out_splits):
            chosen = self._found[split]
        else:
            chosen = self._select_pictures(split)
        for reason in self._labelled.odd.get(split, ()):
            leave_out(reason)
        for path, captions in chosen.items():
            yield {"inputs": path, "targets": captions}

    def raw_files_wanted(self) -> list[Path]:
        """Return the tables."""
        files = (file for path in self._tables.values() for file in list_watched_files(path))
        return [*dict.fromkeys(files)]

    def _select_pictures(self, split: str) -> Captions:
        pictures = self._found["train"]
        return {path: texts for path, texts in pictures.items() if self._held_out[path] == split}

    @cached_property
    def _held_out(self) -> dict[Path | PackedFile, str]:
        """The split of each training picture."""
        pictures = self._found["train"]
        hashes = {path: hash_name(self._name(path)) for path in pictures}
        held_out = hold_out(hashes.values(), self.held_out_shares)
        warn_once(
            f"Problem {self.name}: {held_out.describe('pictures')}, chosen by a hash of their "
            "paths."
        )
        return {path: held_out.find_split(value) for path, value in hashes.items()}

    def _name(self, path: Path | PackedFile) -> str:
        if isinstance(path, PackedFile):
            return path.key
        inside = path.relative_to(self._root) if path.is_relative_to(self._root) else path
        return inside.as_posix()

    @property
    def _root(self) -> Path:
        if self.tmp_dir is None:
            raise self.missing()
        return self.tmp_dir / self.argument

    @cached_property
    def _reader(self) -> TableReader:
        return TableReader(self._root, PICTURES, self.columns, says="caption")

    @cached_property
    def _tables(self) -> dict[str, Path]:
        """The table of each split, or one for all of them."""
        root = self._root
        if not root.is_dir():
            raise self.missing(all_of=[root])
        folders = {split: find_split_folder(root, split) for split in SPLITS}
        tables = {split: find_metadata(folder) for split, folder in folders.items() if folder}
        found = {split: path for split, path in tables.items() if path} or find_split_tables(root)
        if "train" not in found:
            only = find_metadata(root) or find_only_table(root, self._reader)
            found = {"train": only} if only else find_packed_splits(root)
        if not found:
            raise self.missing(all_of=[root / "metadata.csv"])
        self.raw_files_read += [
            file for path in found.values() for file in list_watched_files(path)
        ]
        return found

    @cached_property
    def _labelled(self) -> LabelledSet:
        """The pictures of each split, a row for each caption."""
        found = LabelledSet({"train": []})
        for split, table in self._tables.items():
            lacks = f"{table} does not say the captions of its pictures"
            found.add_split(split, partial(self._reader.read, table), lacks)
        found.tell_unnamed(self._tables.values(), PICTURES, says="caption")
        found.drop_repeated(self._root, "pictures")
        return found

    @cached_property
    def _found(self) -> dict[str, Captions]:
        """The captions of each picture, by split."""
        found: dict[str, Captions] = {split: {} for split in self._labelled.splits}
        for split, rows in self._labelled.splits.items():
            for row in rows:
                assert not isinstance(row.value, str)
                found[split].setdefault(row.value, []).append(row.label)
        return found
