"""text2text_files: a problem made of files that lie in --tmp_dir, without any code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLIT_NAMES, SPLITS, HeldOut, find_named_split, hold_out
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.parallel_text import Pair, ParallelText, hash_pair
from t2t_mm.registry import register_problem


@register_problem("text2text_files")
class Text2textFiles(Problem):
    r"""Learns from line-aligned files: line n of the targets belongs to line n of the inputs.

    The bare name reads `train.inputs` and `train.targets` from --tmp_dir. With two languages,
    `text2text_files/en-de` reads `train.en` and `train.de` and translates from en to de;
    `text2text_files/de-en` (or `text2text_files/en-de_rev`) is the other direction. Several pairs
    may stand side by side in one folder and in one training:

        t2t-datagen --tmp_dir=corpus --data_dir=data \
            --problems=text2text_files/en-de,text2text_files/de-en,text2text_files/en-fr

    Files: UTF-8, plain or .gz. The split is in the name: `train`, `validation` (`valid`, `val`,
    `dev`), `test`; or in that of a folder with one file of each language, as `train/any.en`. Where
    pairs have different sentences the pair stands in the middle, in either order: `train.en-de.en`,
    `train.en-de.de`; such a name is preferred to `train.en`.

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
    licence = "that of your files"
    size = "that of your files"
    source = (
        "Line-aligned files in --tmp_dir: train.inputs and train.targets, or train.en and train.de "
        "for text2text_files/en-de; likewise validation.* and test.*; plain or .gz."
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
        self.languages = _parse_languages(argument)

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have no test files."""
        folder_known = self.tmp_dir is not None and self.tmp_dir.is_dir()
        if folder_known and not self.test_share and not self._find_test_stems():
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
        return own if self.argument else super().command_name

    @property
    def opposite_command(self) -> str:
        """The source language, if the languages are given."""
        source, target = self.languages
        opposite = target if self.exchanged else source
        return opposite if self.argument else super().opposite_command

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
                expected=self._describe_files("test"),
                received={"split": split, "tmp_dir": str(self.tmp_dir)},
                fix="Add such files to the folder and generate the data again.",
            )
        for inputs, targets in pairs:
            yield {"inputs": inputs, "targets": targets}

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of all splits that there are now."""
        return [path for text in self._files.values() for path in text.paths]

    def _select_pairs(self, text: ParallelText, split: str) -> Iterator[Pair]:
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
            f"{self.tmp_dir}; {held_out.describe('training pairs')}, chosen by a hash of their "
            "text."
        )
        return held_out

    def _order_languages(self, pair: Pair) -> Pair:
        """Put a pair in the order of the languages' names: the same for both directions."""
        return pair if self.languages[0] < self.languages[1] else (pair[1], pair[0])

    @cached_property
    def _files(self) -> dict[str, ParallelText]:
        """The files of each split that has any, all found before the first one is read."""
        files = {}
        for split in ("train", "validation"):
            if text := self._choose_files(split, SPLIT_NAMES[split]):
                files[split] = text
        if "train" not in files:
            raise UserError(
                f"Problem {self.name} finds no training files",
                expected=self._describe_files("train"),
                received={"tmp_dir": str(self.tmp_dir), "files": ", ".join([*self._names][:10])},
                fix="Put the files there, or name the folder that has them with --tmp_dir.",
            )
        if test := self._choose_files("test", self._find_test_stems()):
            files["test"] = test
        self.raw_files_read += [path for text in files.values() for path in text.paths]
        return files

    def _choose_files(self, split: str, stems: tuple[str, ...]) -> ParallelText | None:
        found = {stem: text for stem in stems if (text := self._find_aligned(stem))}
        if len(found) > 1:
            stem = next(iter(found))
            names = [path.name for path in found[stem].paths]
            links = " ".join(f"`ln -s {name} {split}{name.removeprefix(stem)}`" for name in names)
            test_fix = f"Link the one you want, for example: {links}"
            raise UserError(
                f"Problem {self.name} cannot choose its {split} files: "
                f"there are {', '.join(sorted(found))}",
                expected=f"one name for each language, as {self._describe_files(split)}",
                received={"tmp_dir": str(self.tmp_dir)},
                fix=test_fix if split == "test" else "Keep one of them there.",
            )
        return next(iter(found.values()), None)

    def _find_test_stems(self) -> tuple[str, ...]:
        """Find "test" if there are such files, else every other name that starts with it."""
        if self._find_aligned("test"):
            return ("test",)
        tail = re.compile(rf"\.({'|'.join((*self._pair_tags, ''))})({'|'.join(self.languages)})$")
        stems = set()
        for name in self._names:
            stem, replaced = tail.subn("", name)
            if replaced and stem.startswith("test"):
                stems.add(stem)
        return tuple(sorted(stem for stem in stems if self._find_aligned(stem, strict=False)))

    def _find_aligned(self, stem: str, *, strict: bool = True) -> ParallelText | None:
        """Find the two files of a stem; None if neither exists.

        Raises:
            UserError: If strict and only one of the two exists.
        """
        for tag in (*self._pair_tags, ""):
            sides = [self._names.get(f"{stem}.{tag}{language}") for language in self.languages]
            if sides[0] and sides[1]:
                return ParallelText(sides[0], sides[1])
            there = sides[0] or sides[1]
            if there and strict:
                missing = f"{stem}.{tag}{self.languages[sides.index(None)]}"
                raise UserError(
                    f"Problem {self.name} finds only one of two aligned files",
                    expected=f"{missing} (or {missing}.gz) beside {there.name}",
                    received={"tmp_dir": str(self.tmp_dir)},
                    fix="Add the missing file.",
                )
        return None

    @property
    def _pair_tags(self) -> tuple[str, ...]:
        source, target = self.languages
        return (f"{source}-{target}.", f"{target}-{source}.") if self.argument else ()

    @cached_property
    def _names(self) -> dict[str, Path]:
        """Every file of tmp_dir by its name without .gz; a plain file comes before its .gz."""
        if self.tmp_dir is None or not self.tmp_dir.is_dir():
            raise UserError(
                f"Problem {self.name} reads files but has no folder of them",
                expected=f"a folder with {self._describe_files('train')}",
                received={"tmp_dir": None if self.tmp_dir is None else str(self.tmp_dir)},
                fix="Name the folder with --tmp_dir.",
            )
        names: dict[str, Path] = {}
        for path in sorted(self.tmp_dir.iterdir()):
            if path.is_file():
                names.setdefault(path.name.removesuffix(".gz"), path)
        for folder in sorted(self.tmp_dir.iterdir()):
            if split := find_named_split(folder.name) if folder.is_dir() else "":
                for language in self.languages:
                    if only := self._find_only_file(folder, language):
                        names.setdefault(f"{split}.{language}", only)
        return names

    def _find_only_file(self, folder: Path, language: str) -> Path | None:
        """Find the file of a language in the folder of a split; plain comes before .gz."""
        found: dict[str, Path] = {}
        for path in sorted(folder.iterdir()):
            name = path.name.removesuffix(".gz")
            if path.is_file() and (name == language or name.endswith(f".{language}")):
                found.setdefault(name, path)
        if len(found) > 1:
            raise UserError(
                f"Problem {self.name} cannot choose its file of {language} in {folder}: there are "
                f"{', '.join(found)}",
                expected=f"one file that ends in .{language}",
                received={"tmp_dir": str(self.tmp_dir)},
                fix="Keep one of them there, or join them, in the same order in both languages.",
            )
        return next(iter(found.values()), None)

    def _describe_files(self, split: str) -> str:
        source, target = self.languages
        return f"{split}.{source} and {split}.{target} (plain or .gz)"


def _parse_languages(argument: str) -> tuple[str, str]:
    """Parse the argument: the endings of the input and the target files."""
    if not argument:
        return "inputs", "targets"
    source, separator, target = argument.partition("-")
    well_formed = all(re.fullmatch(r"\w+", language) for language in (source, target))
    if not separator or not well_formed or source == target:
        raise UserError(
            "text2text_files takes two languages",
            expected="text2text_files/en-de, for files that end in .en and .de",
            received={"name": f"text2text_files/{argument}"},
            fix="Join two different endings of files with one dash.",
        )
    return source, target
