"""tree_files: a parsing problem made of any bracketed treebank in --tmp_dir, without any code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLIT_NAMES, SPLITS, HeldOut, hold_out
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.file_kinds import propose_folder
from t2t_mm.problems.parallel_text import hash_pair
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
      .txt or .trees. No validation file: 10% of the training trees, at most 2,000, are held out
      instead, chosen by a hash of their text. No test file: no test split.
    - Any .mrg and .ptb files in the folder or below. Where folders are named as splits (`train`,
      `dev`, ...; `train` at least) the files below them are these splits. Otherwise 80% of the
      files are for training, 10% for validation and 10% for test, chosen by a hash of their names.
      `--validation_share` and `--test_share` of t2t-datagen say how much to hold out instead.
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
    propose = staticmethod(propose_folder)
    command = "parse"
    metrics = ("brackets",)
    _is_split_by_name = False
    _held_out: HeldOut | None = None
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
        lacks_test = "train" in found and "test" not in found and not self.test_share
        return SPLITS[:2] if lacks_test else SPLITS

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Those that have no files; validation and test where files are split by their names."""
        files = self._files
        if self._is_split_by_name:
            return SPLITS[1:]
        wanted = SPLITS[1:] if self.test_share else SPLITS[1:2]
        return [split for split in wanted if split not in files]

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": words, "targets": symbols} in the order of the files."""
        files = self._files
        shares = {name: one for name, one in self.held_out_shares.items() if name not in files}
        if shares and (split == "train" or split in shares):
            yield from self._select_examples(files["train"], split, shares)
        elif split in files:
            yield from read_tree_examples(files[split])
        else:
            raise UserError(
                f"Problem {self.name} has no test split: there is no test file",
                expected="test.mrg beside train.mrg",
                received={"split": split, "folder": str(self._folder)},
                fix="Add such a file to the folder and generate the data again.",
            )

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of all splits that there are now, or the .zip that holds them."""
        return sorted({file.path for files in self._files.values() for file in files})

    def _select_examples(
        self, files: list[TreeFile], split: str, shares: Mapping[str, float]
    ) -> Iterator[dict[str, str]]:
        """Yield the training trees that are of a split, whether held out or not."""
        if self._held_out is None:
            self._held_out = hold_out(map(_hash_example, read_tree_examples(files)), shares)
            warn_once(
                f"Problem {self.name}: no {' and '.join(shares)} file in {self._folder}; "
                f"{self._held_out.describe('training trees')}, chosen by a hash of their text."
            )
        for example in read_tree_examples(files):
            if self._held_out.find_split(_hash_example(example)) == split:
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
        self._is_split_by_name = True
        return split_by_name(files, root, self.validation_share, self.test_share)

    def _make_nothing_found_error(self, what: str, expected: str) -> UserError:
        return UserError(
            f"Problem {self.name} does not find {what}",
            expected=expected,
            received={"tmp_dir": str(self.tmp_dir or ""), "folder": str(self._folder or "")},
            fix="Put the files there, or name the folder that has them with --tmp_dir.",
        )


def _hash_example(example: Mapping[str, str]) -> int:
    return hash_pair(example["inputs"], example["targets"])
