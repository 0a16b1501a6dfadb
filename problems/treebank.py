"""wsj_parse: the constituency trees of the Wall Street Journal, as the Penn Treebank has them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final

from t2t_mm.data.declaring.folder_walks import walk_folders
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problems.treebank_files import (
    TreeFile,
    find_files_in_zip,
    find_zips,
    read_tree_examples,
)
from t2t_mm.registry import register_problem

_SECTIONS: Final = {"train": range(2, 22), "validation": range(22, 23), "test": range(23, 24)}
_NEEDED: Final = frozenset(section for sections in _SECTIONS.values() for section in sections)
_FILE: Final = re.compile(r"wsj_(\d\d)\d\d\.mrg", re.IGNORECASE)
# Which folders may hold the treebank; a name of the user's own is looked into only one level deep,
# as tmp_dir may hold a million pictures as well.
_FOLDER: Final = re.compile(
    r"\d\d|wsj|mrg|parsed|combined|(treebank|penn|ptb|ldc|corpora).*", re.IGNORECASE
)
_MAX_DEPTH: Final = 7  # tmp_dir/ANY_NAME/LDC99T42/treebank_3/parsed/mrg/wsj/02


@register_problem("wsj_parse")
class WsjParse(Problem):
    """Parses sentences of the Wall Street Journal: words to a linearised constituency tree.

    Sections 02 to 21 of the Penn Treebank are for training, 22 for validation, 23 for test. Read
    are the files `wsj_0200.mrg` to `wsj_2399.mrg` in tmp_dir or below, in section folders or not:
    `treebank_3/parsed/mrg/wsj/02/wsj_0201.mrg` as published, `combined/wsj/02/wsj_0201.mrg` of
    older releases, `WSJ/02/WSJ_0201.MRG` as NLTK wants them; or the same inside a .zip in tmp_dir.

    Traces and function tags are left out, and so is the blank label around each tree; see
    `t2t_mm.data.trees.trees` and, for the targets, `t2t_mm.data.trees.linearization`. Words and
    tags are those of the treebank, which writes -LRB- for "(".

    Source: Marcus et al. 1993, "Building a Large Annotated Corpus of English: the Penn Treebank".
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    command = "parse"
    metrics = ("brackets",)
    licence = "LDC User Agreement, for a fee (catalog.ldc.upenn.edu/LDC99T42)"
    size = "39,832 training trees, 1,700 for validation, 2,416 for test; about 35 MB"
    source = (
        "Copy treebank_3/parsed/mrg/wsj/ of LDC99T42 (Treebank-3), with its folders 00 to 24, "
        "into --tmp_dir, or put a .zip of it there."
    )
    substitute = (
        "mini_parse needs no files; tree_files reads any bracketed treebank, as the 3,914 trees "
        "of the sample that NLTK distributes (non-commercial)"
    )

    def num_parts(self, split: str) -> int:
        """Return one part for each section."""
        return len(_SECTIONS[split])

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": words, "targets": symbols} in the order of the files."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        """Yield the trees of one section."""
        yield from read_tree_examples(self._sections[_SECTIONS[split][part]])

    def raw_files_wanted(self) -> list[Path]:
        """Return the files of the sections that count, or the .zip that holds them."""
        return sorted({file.path for files in self._sections.values() for file in files})

    @cached_property
    def _sections(self) -> dict[int, list[TreeFile]]:
        """The files of sections 02 to 23 of the fullest treebank that there is."""
        treebanks = _find_treebanks(self.tmp_dir) if self.tmp_dir and self.tmp_dir.is_dir() else []
        sections = max(treebanks, key=lambda one: len(_NEEDED & one.keys()), default={})
        lacking = sorted(_NEEDED - sections.keys())
        if lacking:
            raise self._make_incomplete_error(sections, lacking)
        sections = {section: sections[section] for section in sorted(_NEEDED)}
        self.raw_files_read += sorted({file.path for files in sections.values() for file in files})
        return sections

    def _make_incomplete_error(
        self, sections: dict[int, list[TreeFile]], lacking: list[int]
    ) -> UserError:
        folder = self.tmp_dir or Path("TMP_DIR")
        if not sections:
            return self.missing(
                one_of=[
                    folder / "treebank_3/parsed/mrg/wsj/02/wsj_0201.mrg ... 23/wsj_2399.mrg",
                    folder / "combined/wsj/02/wsj_0201.mrg ...",
                    folder / "WSJ/02/WSJ_0201.MRG ...",
                    folder / "ANY_NAME.zip (which holds one of these)",
                ]
            )
        example = next(iter(sections.values()))[0]
        is_sample = sections.keys() <= {0, 1}
        missing = "all" if len(lacking) == len(_NEEDED) else _write_sections(lacking)
        return UserError(
            f"Problem {self.name} finds "
            + ("the sample that NLTK distributes, " if is_sample else "")
            + f"only a part of the Penn Treebank: sections {_write_sections(sections)}",
            expected="sections 02 to 23, files wsj_0200.mrg to wsj_2399.mrg",
            received={"missing sections": missing, "found": str(example.path)},
            fix="Copy the missing sections of LDC99T42 too; or use the problem tree_files, which "
            "reads what there is and splits it by file.",
        )


def _write_sections(sections: Iterable[int]) -> str:
    return ", ".join(f"{section:02}" for section in sorted(sections))


def _find_treebanks(folder: Path) -> list[dict[int, list[TreeFile]]]:
    """Find the treebanks in a folder, each by section: those in folders first, then .zip files.

    Raises:
        UserError: Nothing but a broken .zip was found.
    """
    treebanks = _group_by_section(_find_wsj_files(folder))
    failures = []
    for path in find_zips(folder):
        try:
            treebanks += _group_by_section(find_files_in_zip(path, (".mrg",)))
        except UserError as error:  # may be of another problem
            failures.append(error)
    if failures and not treebanks:
        raise failures[0]
    return treebanks


def _find_wsj_files(folder: Path) -> Iterator[TreeFile]:
    for directory, subdirectories, names in walk_folders(folder):
        depth = len(directory.relative_to(folder).parts)
        if depth:
            subdirectories[:] = filter(_FOLDER.fullmatch, subdirectories)
        if depth >= _MAX_DEPTH:
            subdirectories.clear()
        paths = (directory / name for name in names if _FILE.match(name))
        yield from map(TreeFile, paths)


def _group_by_section(files: Iterable[TreeFile]) -> list[dict[int, list[TreeFile]]]:
    """Group the files of each treebank among these by section, in the order of their paths.

    Files belong to one treebank that lie in one folder, or in folders of two digits in it.
    """
    treebanks: dict[tuple[str, ...], dict[int, list[TreeFile]]] = {}
    seen = set()
    for file in sorted(files):
        match = _FILE.fullmatch(file.name)
        place = file.parts[:-1]
        if place and re.fullmatch(r"\d\d", place[-1]):
            place = place[:-1]
        if match is None or (place, file.name) in seen:
            continue
        seen.add((place, file.name))  # the plain file stands before its .gz
        treebanks.setdefault(place, defaultdict(list))[int(match[1])].append(file)
    return [dict(sections) for sections in treebanks.values()]
