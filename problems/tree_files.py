"""tree_files: a parsing problem made of any bracketed treebank in --tmp_dir, without any code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLIT_NAMES, SPLITS
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.parallel_text import choose_held_out_pairs, hash_pair
from t2t_mm.problems.treebank_files import (
    ENDINGS,
    TreeFile,
    find_files_below,
    find_files_in_zip,
    find_zips,
    read_tree_examples,
)
from t2t_mm.problems.treebank_splits import FilesBySplit, split_by_folder, split_by_name
from t2t_mm.registry import register_problem

_NAMED_ENDINGS: Final = (*ENDINGS, ".txt", ".trees")


@register_problem("tree_files")
class TreeFiles(Problem):
    """Parses sentences: words to a linearised constituency tree, learnt from a treebank's files.

    The bare name reads from --tmp_dir; `tree_files/NAME` reads from its folder or .zip NAME. So
    several treebanks may stand side by side in one training. Bracketed text, UTF-8, plain or .gz,
    is taken as follows, the first that applies:

    - `train.mrg`, `validation.mrg` (`valid`, `val`, `dev`), `test.mrg`; instead of .mrg also .ptb,
      .txt or .trees. No validation file: about 1% of the training trees, at most 2,000, are held
      out instead, chosen by a hash of their text. No test file: no test split.
    - Any .mrg and .ptb files in the folder or below. Where folders are named as splits (`train`,
      `dev`, ...; `train` at least) the files below them are these splits. Otherwise 80% of the
      files are for training, 10% for validation and 10% for test, chosen by a hash of their names.
    - One .zip in the folder with such files, which need not be unpacked. So the sample of the Penn
      Treebank that NLTK distributes works as it is:

        t2t-datagen --problems=tree_files --tmp_dir=~/nltk_data/corpora --data_dir=data

    Traces, function tags and a blank, TOP or ROOT label around a tree are left out; see
    `t2t_mm.data.trees.trees` and, for the targets, `t2t_mm.data.trees.linearization`.

    Raises:
        UserError: When data is generated: no files, a choice between files that cannot be made, a
            malformed tree (with file and line).
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    takes_argument = True
    command = "parse"
    metrics = ("brackets",)
    held_out_share: ClassVar[float] = 0.01
    held_out_most: ClassVar[int] = 2000
    licence = "that of your files"
    size = "that of your files"
    source = (
        "Bracketed trees in --tmp_dir, or in its folder or .zip NAME for tree_files/NAME: "
        "train.mrg, validation.mrg, test.mrg (also .ptb, .txt, .trees, .gz); or any .mrg and .ptb "
        "files, in folders or in one .zip: in folders train, dev and test, or split by file."
    )

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless it is known that there are no test files."""
        found = self._found
        return SPLITS[:2] if "train" in found and "test" not in found else SPLITS

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": words, "targets": symbols} in the order of the files."""
        files = self._files
        if split == "test" and "test" not in files:
            raise UserError(
                f"Problem {self.name} has no test split: there is no test file",
                expected="test.mrg beside train.mrg",
                received={"split": split, "folder": str(self._folder)},
                fix="Add such a file to the folder and generate the data again.",
            )
        if split == "test" or "validation" in files:
            yield from read_tree_examples(files[split])
        else:
            yield from self._select_examples(files["train"], wanted=split == "validation")

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of all splits that there are now, or the .zip that holds them."""
        return sorted({file.path for files in self._files.values() for file in files})

    def _select_examples(self, files: list[TreeFile], *, wanted: bool) -> Iterator[dict[str, str]]:
        warn_once(
            f"Problem {self.name}: no validation file in {self._folder}; "
            f"{self.held_out_share:.0%} of the training trees (at most {self.held_out_most:,}) "
            f"are held out for validation, chosen by a hash of their text."
        )
        pairs = ((example["inputs"], example["targets"]) for example in read_tree_examples(files))
        held_out = choose_held_out_pairs(pairs, share=self.held_out_share, most=self.held_out_most)
        for example in read_tree_examples(files):
            if (hash_pair(example["inputs"], example["targets"]) in held_out) == wanted:
                yield example

    @property
    def _folder(self) -> Path | None:
        return self.tmp_dir / self.argument if self.tmp_dir and self.argument else self.tmp_dir

    @cached_property
    def _files(self) -> FilesBySplit:
        """The files of each split that has any."""
        if not self._found:
            raise self._make_nothing_found_error(
                "trees",
                "train.mrg (or .ptb, .txt, .trees; plain or .gz), or a folder or .zip of .mrg or "
                ".ptb files",
            )
        if "train" not in self._found:
            raise self._make_nothing_found_error(
                "a training file", "train.mrg beside the other files"
            )
        self.raw_files_read += sorted({one.path for some in self._found.values() for one in some})
        return self._found

    @cached_property
    def _found(self) -> FilesBySplit:
        """The files of each split that there are now; nothing where there are none at all."""
        folder = self._folder
        named = self._find_named_files(folder) if folder is not None and folder.is_dir() else {}
        return named or self._find_unnamed_files(folder)

    def _find_named_files(self, folder: Path) -> FilesBySplit:
        """Find train.mrg, dev.ptb and the like by split."""
        files = {}
        names = sorted(path for path in folder.iterdir() if path.is_file())
        for split, stems in SPLIT_NAMES.items():
            wanted = {stem + ending for stem in stems for ending in _NAMED_ENDINGS}
            found: dict[str, TreeFile] = {}
            for file in map(TreeFile, names):
                if file.name in wanted:
                    found.setdefault(file.name, file)  # the plain file stands before its .gz
            if len(found) > 1:
                raise UserError(
                    f"Problem {self.name} cannot choose its {split} file: "
                    f"there are {', '.join(found)}",
                    expected=f"one name, as {stems[0]}.mrg",
                    received={"folder": str(folder)},
                    fix="Keep one of them there.",
                )
            if found:
                files[split] = [*found.values()]
        return files

    def _find_unnamed_files(self, folder: Path | None) -> FilesBySplit:
        """Find the .mrg and .ptb files below the folder, or else those of its one .zip."""
        archives: list[Path] = []
        if folder is not None and folder.is_dir():
            if files := find_files_below(folder):
                return self._split_files(files, folder)
            archives = find_zips(folder)
        elif folder is not None and self.argument:
            archives = [path for path in [folder.with_name(f"{folder.name}.zip")] if path.is_file()]
        found = {path: files for path in archives if (files := find_files_in_zip(path))}
        if len(found) > 1:
            raise UserError(
                f"Problem {self.name} cannot choose its treebank: "
                f"there are {', '.join(path.name for path in found)}",
                expected="one .zip that holds .mrg or .ptb files",
                received={"folder": str(folder)},
                fix=f"Name one, as tree_files/{next(iter(found)).stem}.",
            )
        return next((self._split_files(files, path) for path, files in found.items()), {})

    def _split_files(self, files: list[TreeFile], root: Path) -> FilesBySplit:
        """Split files by the folders of splits that they lie in, or else by their names."""
        if by_folder := split_by_folder(files, root):
            return by_folder
        if len(files) < 3:
            raise UserError(
                f"Problem {self.name} cannot split its trees by file",
                expected="at least three .mrg or .ptb files; or files named train.mrg, "
                "validation.mrg and test.mrg",
                received={"files": ", ".join(file.name for file in files)},
                fix="Rename a single file to train.mrg: then a part of it is held out.",
            )
        return split_by_name(files, root)

    def _make_nothing_found_error(self, what: str, expected: str) -> UserError:
        return UserError(
            f"Problem {self.name} does not find {what}",
            expected=expected,
            received={"tmp_dir": str(self.tmp_dir or ""), "folder": str(self._folder or "")},
            fix="Put the files there, or name the folder that has them with --tmp_dir.",
        )
