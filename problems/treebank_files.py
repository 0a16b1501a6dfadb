"""Files of bracketed trees, in folders or inside a .zip, and the parsing examples they hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from t2t_mm.data.declaring.folder_walks import walk_folders
from t2t_mm.data.trees.linearization import linearize
from t2t_mm.data.trees.trees import Tree, read_trees
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines, decode_stream, open_zip, report_broken_zip

ENDINGS = (".mrg", ".ptb")


@dataclass(frozen=True, order=True)
class TreeFile:
    """A file of bracketed trees.

    Args:
        path: The file, plain or .gz; or the .zip that holds it.
        member: Its path inside the .zip.
    """

    path: Path
    member: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the folders it lies in, inside the .zip or on disk, and its own without .gz."""
        parts = PurePosixPath(self.member or self.path.as_posix()).parts
        return (*parts[:-1], parts[-1].removesuffix(".gz"))

    @property
    def name(self) -> str:
        """Its own name without .gz."""
        return self.parts[-1]


def read_tree_examples(files: Iterable[TreeFile]) -> Iterator[dict[str, str]]:
    """Yield one example per tree: its words, separated by spaces, and its symbols.

    A .zip is opened once for all its files that follow one another, and not unpacked.

    Raises:
        UserError: A malformed tree, or text that is not UTF-8, with file and line; a broken .gz or
            .zip file.

    Example:
        >>> _ = Path("wsj_0201.mrg").write_text("( (S (NP (PRP It)) (VP (VBZ works)) (. .)) )")
        >>> next(read_tree_examples([TreeFile(Path("wsj_0201.mrg"))]))
        {'inputs': 'It works .', 'targets': 'S NP PRP /NP VP VBZ /VP . /S'}
    """
    for path, group in itertools.groupby(files, key=lambda file: file.path):
        for place, trees in _open_zip(path, group) if _is_zip(path) else _open_files(group):
            for tree in trees:
                yield {"inputs": " ".join(tree.words()), "targets": _write_symbols(tree, place)}


def find_files_below(folder: Path, endings: tuple[str, ...] = ENDINGS) -> list[TreeFile]:
    """Find the tree files of a folder and all folders below, in the order of their paths.

    Of a plain file and its .gz the plain one counts; hidden files do not.
    """
    found: dict[str, TreeFile] = {}
    below = (place / name for place, _, names in walk_folders(folder) for name in names)
    for path in sorted(below):
        is_there = path.is_file() or path.is_symlink()  # who reads a dangling link will tell
        if is_there and _is_tree_file(path.relative_to(folder).parts, endings, (".gz",)):
            found.setdefault(path.as_posix().removesuffix(".gz"), TreeFile(path))
    return sorted(found.values())


def find_files_in_zip(path: Path, endings: tuple[str, ...] = ENDINGS) -> list[TreeFile]:
    """Find the tree files inside a .zip, in the order of their paths there.

    Raises:
        UserError: The file is no whole .zip.
    """
    with open_zip(path) as archive:
        names = sorted({*archive.namelist()})  # a zip may hold a path twice
    return [TreeFile(path, name) for name in names if _is_tree_file(name.split("/"), endings)]


def find_zips(folder: Path) -> list[Path]:
    """Find the .zip files that lie in a folder itself."""
    return sorted(path for path in folder.iterdir() if _is_zip(path) and path.is_file())


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_tree_file(
    parts: Iterable[str], endings: tuple[str, ...], packed: tuple[str, ...] = ()
) -> bool:
    """Return whether a path is that of a tree file, neither hidden nor macOS's double of one."""
    *folders, name = parts
    for ending in packed:
        name = name.removesuffix(ending)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in (*folders, name))
    return name.lower().endswith(endings) and not is_hidden


def _open_files(files: Iterable[TreeFile]) -> Iterator[tuple[Path, Iterator[Tree]]]:
    for file in files:
        yield file.path, read_trees(decode_lines(file.path), str(file.path))


def _open_zip(path: Path, files: Iterable[TreeFile]) -> Iterator[tuple[Path, Iterator[Tree]]]:
    with open_zip(path) as archive:
        for file in files:
            place = path / file.member
            with archive.open(file.member) as lines:
                yield place, _read_packed(lines, path, place)


def _read_packed(lines: IO[bytes], path: Path, place: Path) -> Iterator[Tree]:
    with report_broken_zip(path):  # who reads the trees is behind `open_zip`
        yield from read_trees(decode_stream(lines, place), str(place))


def _write_symbols(tree: Tree, place: Path) -> str:
    try:
        return linearize(tree)
    except UserError as error:
        raise UserError(f"{place}: {error}") from None
