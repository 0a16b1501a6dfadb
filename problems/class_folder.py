"""What problems of files and their classes share: a folder of --tmp_dir, read without any code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Feature
from t2t_mm.files.odd_items import leave_out
from t2t_mm.problems.class_names import find_class_names, read_class_names
from t2t_mm.problems.file_kinds import FileKind
from t2t_mm.problems.labelled_folder import LabelledFolder, find_split_folder
from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import LabelledRow, list_tables
from t2t_mm.problems.named_columns import TABLE_SUFFIXES
from t2t_mm.problems.packed_tables import is_packed
from t2t_mm.problems.picture_listing import MOST_PICTURES_WATCHED, count_parts, select_part


class ClassFolderProblem(Problem):
    """Names the class of a file: a subclass says which files, and what they hold.

    `NAME` reads --tmp_dir, `NAME/FOLDER` the folder FOLDER in it, so that several sets of files
    may stand side by side; each has classes, and so an output layer, of its own.

    Raises:
        UserError: When data is generated: no files, a single class, validation files of a class
            without training files, annotations of files that are not there.
    """

    kind: ClassVar[FileKind]
    takes_argument = True
    metrics = ("top_k",)

    def __init__(
        self,
        *,
        name: str | None = None,
        argument: str = "",
        data_dir: str | Path | None = None,
        tmp_dir: str | Path | None = None,
    ) -> None:
        super().__init__(name=name, argument=argument, data_dir=data_dir, tmp_dir=tmp_dir)
        if argument:
            self.modalities = _name_classes(self.modalities, argument)  # type: ignore[misc]

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have no test files."""
        if self._root is None or not self._root.exists():
            return SPLITS
        return tuple(split for split in SPLITS if split in self._found.splits)

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Those of `splits` that have no files of their own."""
        return self._found.held_out

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the names of the class folders, or what words.txt calls them, in their order."""
        return list(self._names.values())

    def num_parts(self, split: str) -> int:
        """Return one part for every 2,000 files."""
        return count_parts(self._list_files(split))

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": a file or what it holds, "targets": its class}, classes mixed."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield at most 2,000 examples of a split; here paths of files."""
        for reason in self._found.odd.get(split, ()) if part == 0 else ():
            leave_out(reason)
        for row in select_part(self._list_files(split), part):
            yield {"inputs": row.value, "targets": self._names[row.label]}

    def raw_files_wanted(self) -> list[Path]:
        """Return the lists of names, and the files of all splits if they are not too many."""
        return self._list_watched(self._found)

    def _list_watched(self, found: LabelledSet) -> list[Path]:
        values = [row.value for rows in found.splits.values() for row in rows]
        files = [value for value in values if isinstance(value, Path)]
        lists = [*dict.fromkeys([*found.lists, *self._word_files])]
        return lists + (files if len(files) <= MOST_PICTURES_WATCHED else [])

    @property
    def options_that_count(self) -> frozenset[str]:
        """The shares of splits that are held out, and what said the classes."""
        has_shards = any(map(is_packed, self._found.lists))
        has_table = has_shards or any(path.suffix in TABLE_SUFFIXES for path in self._found.lists)
        by_names = {"label_pattern"} if self.label_pattern and not has_shards else set()
        return super().options_that_count | by_names | ({"columns"} if has_table else set())

    @cached_property
    def _root(self) -> Path | None:
        """The folder, or the table of that name beside it."""
        if self.tmp_dir is None:
            return None
        folder = self.tmp_dir / self.argument
        if folder.is_dir() or not self.kind.holds_text:
            return folder
        tables = list_tables(folder.parent)
        return next((path for path in tables if path.stem == folder.name), folder)

    def _list_files(self, split: str) -> list[LabelledRow]:
        if split not in self._found.splits:
            raise UserError(
                f"Problem {self.name} has no {split} split: no such {self.kind.plural} with "
                "classes",
                expected=f"one of {', '.join(self._found.splits)}",
                received={"split": split, "folder": str(self._root)},
            )
        if not self._found.splits[split]:
            raise UserError(
                f"Problem {self.name} has no {self.kind.name} for its {split} split: the last one "
                "of a class is not held out",
                expected=f"more {self.kind.plural} of each class, or a folder named {split}",
                received={"folder": str(self._root)},
            )
        return self._found.splits[split]

    @cached_property
    def _found(self) -> LabelledSet:
        """The files of all splits, all found before the first one is read."""
        root = self._root
        if root is None or not root.exists():
            raise self.missing(all_of=[] if root is None else [root])
        shares = {"validation": self.validation_share, "test": self.test_share}
        found = LabelledFolder(root, self.kind, self.label_pattern, self.columns).read(shares)
        folder = (find_split_folder(root, "train") if root.is_dir() else None) or root
        if not found.classes:
            raise self.missing(all_of=[folder / "CLASS" / f"*{self.kind.suffixes[0]}"])
        if len(found.classes) == 1:
            raise UserError(
                f"Problem {self.name} finds the {self.kind.plural} of one class only",
                expected=f"folders of {self.kind.plural}, two classes or more",
                received={"folder": str(folder), "classes": found.classes},
                fix="Name the folder that holds the class folders with --tmp_dir.",
            )
        self.raw_files_read += self._list_watched(found)
        return found

    @property
    def _word_files(self) -> list[Path]:
        words = find_class_names(self._root or Path())
        return [words] if words else []

    @cached_property
    def _names(self) -> dict[str, str]:
        """The name of each class by its folder, in the order of the folders."""
        meanings: dict[str, str] = {}
        for path in self._word_files:
            meanings |= read_class_names(path)
        names = {
            folder: meanings.get(folder) or meanings.get(_drop_zeros(folder)) or folder
            for folder in self._found.classes
        }
        shared = {name for name, count in Counter(names.values()).items() if count > 1}
        return {
            folder: f"{name} ({folder})" if name in shared and name != folder else name
            for folder, name in names.items()
        }


def _drop_zeros(folder: str) -> str:
    """Return the number of a class whose folder is called as one, 00013 for 13."""
    return str(int(folder)) if folder.isdecimal() else folder


def _name_classes(modalities: Mapping[str, Feature], argument: str) -> dict[str, Feature]:
    """Give the list of classes the name of the folder: image_folder_pets_classes."""
    targets = modalities["targets"]
    assert isinstance(targets, Categorical)
    stem = targets.vocabulary.removesuffix("_classes")
    own = f"{stem}_{argument.replace('/', '.')}_classes"
    return {**modalities, "targets": Categorical(vocabulary=own)}
