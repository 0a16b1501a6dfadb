"""Where the texts of two languages lie in a folder: files by language, or tables by column.

files by name     train.en  train.de      train.en-de.en  train.en-de.de      any.en  any.de alone
files by folder   train/any.en  train/any.de
tables            train.tsv (.csv, .jsonl) with columns en and de; or one of any name
shards            train-00000-of-00002.parquet with such columns: see `packed_tables`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

from t2t_mm.data.declaring.splits import SPLIT_NAMES, find_named_split
from t2t_mm.errors import UndecidedError, UserError
from t2t_mm.problems.file_kinds import PICTURES, SOUNDS, TEXTS
from t2t_mm.problems.labelled_table import list_explainable, list_tables
from t2t_mm.problems.named_columns import TABLE_SUFFIXES, read_rows
from t2t_mm.problems.packed_tables import find_packed_splits
from t2t_mm.problems.parallel_text import ParallelText, find_sides
from t2t_mm.problems.picture_listing import is_hidden
from t2t_mm.problems.reference_files import find_references, warn_of_references
from t2t_mm.problems.table_pairs import TablePairs

Pairs = ParallelText | TablePairs


@dataclass
class ParallelFolder:
    """The folder of a problem of two languages.

    Args:
        problem: Its name, for messages.
        folder: Where the files are.
        languages: How their names end.
        is_pair: Whether these are languages, so that a name may have the pair in its middle.
        columns: Which columns of tables hold what; see `Problem`.
        has_references: Whether the second language may have several files for one of the first.
    """

    problem: str
    folder: Path | None
    languages: tuple[str, str]
    is_pair: bool
    columns: str = ""
    has_references: bool = False

    def find_files(self) -> dict[str, Pairs]:
        """Find the files of each split that has any.

        Raises:
            UserError: There are none for training, or a choice cannot be made.
        """
        files = self._find_plain_files()
        if "train" not in files and (packed := self._find_packed()):
            return packed
        if "train" not in files:
            for path in list_explainable(self.folder) if self.folder else ():
                TablePairs(path, self.languages, self.columns).read_pairs()  # tells what it lacks
            raise UserError(
                f"Problem {self.problem} finds no training files",
                expected=self.describe_files("train"),
                received={"folder": str(self.folder), "files": ", ".join([*self._names][:10])},
                fix=self._propose_name()
                or "Put the files there, or name the folder that has them with --tmp_dir.",
            )
        if test := self._choose_files("test", self.find_test_stems()):
            files["test"] = test
        return files

    def _propose_name(self) -> str:
        """Propose another name for a folder whose own is taken for two languages; "" for others."""
        name = "-".join(self.languages)
        if not self.is_pair or not self.folder or not (self.folder / name).is_dir():
            return ""
        other = name.replace("-", "_")
        return f"A dash joins two languages: to read the folder {name}, rename it, as to {other}."

    @property
    def has_test(self) -> bool:
        """Whether there are test files."""
        if self.find_test_stems():
            return True
        packed = self._find_packed()
        return "test" in packed and "train" not in self._find_plain_files()

    def _find_plain_files(self) -> dict[str, Pairs]:
        files = {}
        for split in ("train", "validation"):
            if text := self._choose_files(split, SPLIT_NAMES[split]):
                files[split] = text
        if "train" not in files and (text := self._find_unnamed()):
            files["train"] = text
        return files

    def _find_packed(self) -> dict[str, Pairs]:
        tables = find_packed_splits(self.folder) if self.folder and self.folder.is_dir() else {}
        return {
            split: TablePairs(path, self.languages, self.columns) for split, path in tables.items()
        }

    def _find_unnamed(self) -> Pairs | None:
        """Find the only two files, or the only table, that no split is named after."""
        end = f".{self.languages[0]}"
        stems = {name.removesuffix(end) for name in self._names if name.endswith(end)}
        of_splits = tuple(name for names in SPLIT_NAMES.values() for name in names)
        found: dict[str, Pairs] = {}
        for stem in sorted(stem for stem in stems if not stem.lower().startswith(of_splits)):
            if text := self._find_aligned(stem, strict=False):
                found[stem] = text
        for path in list_tables(self.folder) if self.folder else ():
            table = TablePairs(path, self.languages, self.columns)
            if not path.stem.lower().startswith(of_splits) and table.has_columns():
                found[path.name] = table
        if len(found) > 1:
            raise UndecidedError(
                f"Problem {self.problem} cannot choose its training files: "
                f"there are {', '.join(found)}",
                expected=f"one name, as {self.describe_files('train')}",
                received={"folder": str(self.folder)},
                fix="Rename those that are for training, and for validation and test.",
            )
        return next(iter(found.values()), None)

    def _choose_files(self, split: str, stems: tuple[str, ...]) -> Pairs | None:
        found = {stem: text for stem in stems if (text := self._find_aligned(stem))}
        if len(found) > 1:
            stem = next(iter(found))
            names = [path.name for path in found[stem].paths]
            links = " ".join(f"`ln -s {name} {split}{name.removeprefix(stem)}`" for name in names)
            test_fix = f"Link the one you want, for example: {links}"
            raise UndecidedError(
                f"Problem {self.problem} cannot choose its {split} files: "
                f"there are {', '.join(sorted(found))}",
                expected=f"one name for each language, as {self.describe_files(split)}",
                received={"folder": str(self.folder)},
                fix=test_fix if split == "test" else "Keep one of them there.",
            )
        return next(iter(found.values()), None)

    def list_references(self, text: Pairs) -> list[Path]:
        """List the files of the second language that belong to that of the first.

        Args:
            text: As found; `test.en` with `test.A.de` and `test.B.de`, `test.de.A` or `test.de0`,
                or plain `test.de`, which comes first.
        """
        if not isinstance(text, ParallelText):
            return []
        first, second = self.languages
        stem = text.first.name.removesuffix(".gz").removesuffix(f".{first}")
        own = {name: path for name, path in self._names.items() if path == text.second}
        return list(dict.fromkeys([*own.values(), *find_references(self._names, stem, second)]))

    def find_test_stems(self) -> tuple[str, ...]:
        """Find "test" or "testing" if there are such, else every other name that starts so."""
        for stem in SPLIT_NAMES["test"]:
            if self._find_aligned(stem):
                return (stem,)
        tail = re.compile(rf"\.({'|'.join((*self._pair_tags, ''))})({'|'.join(self.languages)})$")
        stems = set()
        for name in self._names:
            stem, replaced = tail.subn("", name)
            if replaced and stem.startswith("test"):
                stems.add(stem)
        return tuple(sorted(stem for stem in stems if self._find_aligned(stem, strict=False)))

    def _find_aligned(self, stem: str, *, strict: bool = True) -> Pairs | None:
        """Find the two files of a stem; None if neither exists.

        Raises:
            UserError: If strict and only one of the two exists.
        """
        for tag in (*self._pair_tags, ""):
            sides = [self._names.get(f"{stem}.{tag}{language}") for language in self.languages]
            whole = f"{stem}.{tag}".rstrip(".")
            numbered = find_references(self._names, whole, self.languages[1])
            if sides[0] and numbered and self.has_references:
                return ParallelText(sides[0], sides[1] or numbered[0])
            if sides[0] and sides[1]:
                warn_of_references(self.problem, numbered)
                return ParallelText(sides[0], sides[1])
            there = sides[0] or sides[1]
            if there and strict:
                missing = f"{stem}.{tag}{self.languages[sides.index(None)]}"
                raise UserError(
                    f"Problem {self.problem} finds only one of two aligned files",
                    expected=f"{missing} (or {missing}.gz) beside {there.name}",
                    received={"folder": str(self.folder)},
                    fix="Add the missing file."
                    if not numbered
                    else f"Of {', '.join(path.name for path in numbered)} link one as the missing "
                    "file, or score against all: text2text_references.",
                )
        return self._find_table(stem, strict)

    def _find_table(self, stem: str, strict: bool) -> TablePairs | None:
        """Find the table of a stem; that of a held-out split which does not fit is told if strict.

        Raises:
            UserError: If strict and its first row is malformed.
        """
        paths = [self._names.get(f"{stem}{suffix}") for suffix in TABLE_SUFFIXES]
        found = [TablePairs(path, self.languages, self.columns) for path in paths if path]
        fitting = next((table for table in found if table.has_columns()), None)
        if found and not fitting and strict and stem not in SPLIT_NAMES["train"]:
            found[0].tell_left_out()
        return fitting

    @property
    def _pair_tags(self) -> tuple[str, ...]:
        source, target = self.languages
        return (f"{source}-{target}.", f"{target}-{source}.") if self.is_pair else ()

    @cached_property
    def _names(self) -> dict[str, Path]:
        """Every file of tmp_dir by its name without .gz; a plain file comes before its .gz."""
        if self.folder is None or not self.folder.is_dir():
            raise UserError(
                f"Problem {self.problem} reads files but has no folder of them",
                expected=f"a folder with {self.describe_files('train')}",
                received={"tmp_dir": None if self.folder is None else str(self.folder)},
                fix="Name the folder with --tmp_dir.",
            )
        names: dict[str, Path] = {}
        for path in sorted(self.folder.iterdir()):
            if path.is_file() and not is_hidden(path.name):
                names.setdefault(path.name.removesuffix(".gz"), path)
        if not self.is_pair:
            names = find_sides([*names.values()]) | names
        for folder in sorted(self.folder.iterdir()):
            if split := find_named_split(folder.name) if folder.is_dir() else "":
                for language in self.languages:
                    if only := self._find_only_file(folder, language):
                        other = names.setdefault(f"{split}.{language}", only)
                        self._check_one_source(split, other, only)
        return names

    def _check_one_source(self, split: str, one: Path, other: Path) -> None:
        if one != other:
            raise UndecidedError(
                f"Problem {self.problem} cannot choose its files of {split}: there are {one} and "
                f"{other}",
                expected="files or one folder of a split",
                received={"folder": str(self.folder)},
                fix="Move the others out of it.",
            )

    def _find_only_file(self, folder: Path, language: str) -> Path | None:
        """Find the file of a language in the folder of a split; plain comes before .gz."""
        found: dict[str, Path] = {}
        for path in sorted(folder.iterdir()):
            name = path.name.removesuffix(".gz")
            is_named = name == language or name.endswith(f".{language}")
            if is_named and path.is_file() and not is_hidden(name):
                found.setdefault(name, path)
        if len(found) > 1:
            raise UndecidedError(
                f"Problem {self.problem} cannot choose its file of {language} in {folder}: there "
                f"are {', '.join(found)}",
                expected=f"one file that ends in .{language}",
                received={"folder": str(self.folder)},
                fix="Keep one of them there, or join them, in the same order in both languages.",
            )
        return next(iter(found.values()), None)

    def describe_files(self, split: str) -> str:
        """Write what the files of a split are called."""
        source, target = self.languages
        return f"{split}.{source} and {split}.{target} (plain or .gz)"


def propose_languages(folder: Path) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Propose pairs of the languages that files of one name end in, or columns are called.

    Args:
        folder: Of the files, or of folders of splits.
    """
    ends: dict[str, set[str]] = {}
    for path in (*folder.glob("*.*"), *folder.glob("*/*.*")):
        stem, _, end = path.name.removesuffix(".gz").rpartition(".")
        is_other = any(kind.fits(path) for kind in (PICTURES, SOUNDS, TEXTS))
        if re.fullmatch("[a-z]{2,3}", end) and not is_other and path.suffix not in TABLE_SUFFIXES:
            ends.setdefault(f"{path.parent}/{stem}", set()).add(end)
    for path in list_explainable(folder):
        row = next((row for _, row in read_rows(path)), {})
        ends[str(path)] = {str(name) for name in row if re.fullmatch("[a-z]{2,3}", str(name))}
    pairs = {pair for some in ends.values() for pair in combinations(sorted(some), 2)}
    yield from ((f"{first}-{second}", {}) for first, second in sorted(pairs))
    yield from ((f"{second}-{first}", {}) for first, second in sorted(pairs))
    yield "", {}
