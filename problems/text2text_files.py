"""text2text_files: a problem made of files that lie in --tmp_dir, without any code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, HeldOut, hold_out
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.parallel_folder import (
    Pairs,
    ParallelFolder,
    propose_languages,
)
from t2t_mm.problems.parallel_text import Pair, hash_pair
from t2t_mm.problems.table_pairs import TablePairs
from t2t_mm.registry import register_problem


@register_problem("text2text_files")
class Text2textFiles(Problem):
    r"""Learns from pairs of texts: line-aligned files, or the columns of a table.

    The bare name reads `train.inputs` and `train.targets` from --tmp_dir, or OpenNMT's
    `src-train.txt` and `tgt-train.txt`. With two languages,
    `text2text_files/en-de` reads `train.en` and `train.de` and translates from en to de;
    `text2text_files/de-en` (or `text2text_files/en-de_rev`) is the other direction. Several pairs
    may stand side by side in one folder and in one training:

        t2t-datagen --tmp_dir=corpus --data_dir=data \
            --problems=text2text_files/en-de,text2text_files/de-en,text2text_files/en-fr

    A folder may stand before the languages, or alone: `text2text_files/NAME/en-de` reads `train.en`
    and `train.de` from the folder NAME of --tmp_dir, `text2text_files/NAME` the inputs and targets
    there. So several corpora of one pair may stand side by side.

    Files: UTF-8, plain or .gz. The split is in the name: `train`, `validation` (`valid`, `val`,
    `dev`), `test`; or in that of a folder with one file of each language, as `train/any.en`. Where
    pairs have different sentences the pair stands in the middle, in either order: `train.en-de.en`,
    `train.en-de.de`; such a name is preferred to `train.en`. Two files that are alone with their
    languages, as `any.de-en.de` and `any.de-en.en`, are for training.

    Or tables: `train.tsv` and the like, or the only one there; `.csv`, `.tsv` or `.jsonl` with
    columns called as the languages (`en`, `de`); without languages `inputs` or `source` and
    `targets`, `target` and the like. `--columns='en=english,de=german'` of t2t-datagen names
    others. Where there are neither, `train-00000-of-00002.parquet` and the like with such columns,
    or with one of both, as `translation`; also in the folder `data`.

    - No validation files: 10% of the training pairs, at most 2,000, are held out instead, or what
      `--validation_share` of t2t-datagen says. Which ones depends on their text only, so both
      directions of a pair hold out the same.
    - Test files: `test.en`, or the only name that starts with `test`, as `test_2016.en`. Several
      such names are an error: link the one you want as `test.en` and `test.de`. None: the
      problem has no test split, unless `--test_share` holds one out.
    - A pair with an empty line on either side is skipped; how many were is logged.
    - The command is the target language, so en-de_rev and fr-en share the command "en".

    Raises:
        UserError: When data is generated: a missing file, files of unequal length, text that is not
            UTF-8, a choice between files that cannot be made.
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    takes_argument = True
    propose = staticmethod(propose_languages)
    licence = "that of your files"
    size = "that of your files"
    source = (
        "Line-aligned files in --tmp_dir: train.inputs and train.targets, or train.en and train.de "
        "for text2text_files/en-de; likewise validation.* and test.*; plain or .gz. Or train.tsv "
        "(.csv, .jsonl) with such columns. text2text_files/NAME/en-de reads the folder NAME."
    )

    def __init__(
        self,
        *,
        name: str | None = None,
        argument: str = "",
        data_dir: str | Path | None = None,
        tmp_dir: str | Path | None = None,
    ) -> None:
        super().__init__(name=name, argument=argument, data_dir=data_dir, tmp_dir=tmp_dir)
        self._folder_name, self.languages, self._is_pair = _parse_argument(argument)

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have no test files."""
        folder = self._parallel.folder
        folder_known = folder is not None and folder.is_dir()
        if folder_known and not self.test_share and not self._parallel.has_test:
            return SPLITS[:2]
        return SPLITS

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Validation, and test if a share of it is given, where they have no files."""
        wanted = SPLITS[1:] if self.test_share else SPLITS[1:2]
        return [split for split in wanted if split not in self._files]

    @property
    def command_name(self) -> str:
        """The target language, if the languages are given."""
        source, target = self.languages
        own = source if self.exchanged else target
        return own if self._is_pair else super().command_name

    @property
    def opposite_command(self) -> str:
        """The source language, if the languages are given."""
        source, target = self.languages
        opposite = target if self.exchanged else source
        return opposite if self._is_pair else super().opposite_command

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": line, "targets": line} in the order of the files."""
        files = self._files
        if split == "train" or split in self.held_out_splits:
            pairs = self._select_pairs(files["train"], split)
        elif split in files:
            pairs = files[split].read_pairs()
        else:
            raise UserError(
                f"Problem {self.name} has no test split: there are no test files",
                expected=self._parallel.describe_files("test"),
                received={"split": split, "folder": str(self._parallel.folder)},
                fix="Add such files to the folder and generate the data again.",
            )
        for inputs, targets in pairs:
            yield {"inputs": inputs, "targets": targets}

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of all splits that there are now."""
        return [path for text in self._files.values() for path in text.paths]

    def _select_pairs(self, text: Pairs, split: str) -> Iterator[Pair]:
        """Yield the training pairs that are of a split, whether held out or not."""
        if not self.held_out_splits:
            yield from text.read_pairs()
            return
        for pair in text.read_pairs():
            if self._held_out.find_split(hash_pair(*self._order_languages(pair))) == split:
                yield pair

    @cached_property
    def _held_out(self) -> HeldOut:
        """Which training pairs are held out: every pair is read once to count them."""
        pairs = map(self._order_languages, self._files["train"].read_pairs())
        held_out = hold_out((hash_pair(*pair) for pair in pairs), self.held_out_shares)
        warn_once(
            f"Problem {self.name}: no {' and '.join(self.held_out_splits)} files in "
            f"{self._parallel.folder}; {held_out.describe('training pairs')}, chosen by a hash of "
            "their text."
        )
        return held_out

    def _order_languages(self, pair: Pair) -> Pair:
        """Put a pair in the order of the languages' names: the same for both directions."""
        return pair if self.languages[0] < self.languages[1] else (pair[1], pair[0])

    @cached_property
    def _files(self) -> dict[str, Pairs]:
        """The files of each split that has any, all found before the first one is read."""
        files = self._parallel.find_files()
        self.raw_files_read += [path for text in files.values() for path in text.paths]
        return files

    @property
    def options_that_count(self) -> frozenset[str]:
        """The shares of splits that are held out, and columns where there is a table."""
        has_table = any(isinstance(text, TablePairs) for text in self._files.values())
        return super().options_that_count | ({"columns"} if has_table else set())

    @cached_property
    def _parallel(self) -> ParallelFolder:
        folder = self.tmp_dir / self._folder_name if self.tmp_dir else None
        return ParallelFolder(self.name, folder, self.languages, self._is_pair, self.columns)


def _parse_argument(argument: str) -> tuple[str, tuple[str, str], bool]:
    """Parse the argument: folder, endings of input and target files, whether these are given."""
    folder, _, last = argument.rpartition("/")
    match = re.fullmatch(r"(\w+)-(\w+)", last)
    if not match:
        return argument, ("inputs", "targets"), False
    if match[1] == match[2]:
        raise UserError(
            "text2text_files takes two languages",
            expected="text2text_files/en-de, for files that end in .en and .de",
            received={"name": f"text2text_files/{argument}"},
            fix="Join two different endings of files with one dash.",
        )
    return folder, (match[1], match[2]), True
