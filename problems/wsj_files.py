"""Where the files of WSJ0 and WSJ1 lie: on discs with their own folders, or merged into two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from t2t_mm.data.declaring.folder_walks import walk_folders
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import refuse_dangling_link
from t2t_mm.problems.picture_listing import is_hidden

# "11-1.1" to "11-15.1" are the discs of WSJ0, "13-1.1" to "13-34.1" those of WSJ1.
_DISC = re.compile(r"(11|13)[-_](\d+)[-._](\d+)")
_CORPUS = re.compile(r"wsj[01]")
_SUFFIXES = (".wv1", ".dot", ".ndx")
_MAX_DEPTH = 2
_LINE = re.compile(r"\s*(\d+_\d+_\d+)\s*:\s*(\S+)\s*")


class WsjFiles:
    """The recordings, transcripts and lists below a folder, whatever case their names are in.

    A path as lists have it, `wsj0/si_tr_s/01i/01ic0201.wv1`, is looked for on the disc that the
    list names, then on every other: some lists name the wrong one, and merged folders have none.

    Args:
        folder: Has the discs or the folders `wsj0` and `wsj1`, at most two levels below.
    """

    def __init__(self, folder: Path) -> None:
        self._paths: dict[str, dict[str, Path]] = {}
        for root in sorted(_find_roots(folder, _MAX_DEPTH)):
            for path in _walk(root):
                disc, key = _split_path(path.relative_to(root.parent).parts)
                self._paths.setdefault(key, {}).setdefault(disc, path)

    def find(self, key: str, disc: str = "") -> Path | None:
        """Find where a file lies; None if it does not.

        Args:
            key: Path from `wsj0` or `wsj1` on, in lower case.
            disc: The disc to look on first, as "11_1_1".
        """
        paths = self._paths.get(key)
        return None if paths is None else paths.get(disc) or next(iter(paths.values()))

    def list_transcripts(self) -> list[Path]:
        """List all `.dot` files by their path on the disc."""
        keys = sorted(key for key in self._paths if key.endswith(".dot"))
        return [path for key in keys for path in self._paths[key].values()]


def read_ndx(path: Path) -> Iterator[tuple[str, str]]:
    """Yield disc and path of each recording in a list.

    Args:
        path: Of a list with lines such as `11_1_1:wsj0/si_tr_s/01i/01ic0201.wv1`. The ending may
            be missing. Lines that begin with `;` are comments.

    Raises:
        UserError: If a line is of another form.
    """
    refuse_dangling_link(path)
    for number, line in enumerate(path.read_text("latin-1").splitlines(), start=1):
        if not line.strip("\x1a \t") or line.lstrip().startswith(";"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise UserError(
                f"{path}, line {number}: this is no recording",
                expected="11_1_1:wsj0/si_tr_s/01i/01ic0201.wv1",
                received={"line": line},
            )
        key = "/".join(filter(None, match[2].lower().split("/")))
        yield match[1], key if key.endswith(".wv1") else f"{key}.wv1"


def _find_roots(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the topmost folders that are named as a disc or as a corpus."""
    for path in folder.iterdir():
        if path.is_dir():
            name = path.name.lower()
            if _DISC.fullmatch(name) or _CORPUS.fullmatch(name):
                yield path
            elif depth:
                yield from _find_roots(path, depth - 1)


def _walk(root: Path) -> Iterator[Path]:
    for directory, _, filenames in walk_folders(root):
        for filename in filenames:
            if not is_hidden(filename) and _strip_version(filename).endswith(_SUFFIXES):
                yield directory / filename


def _split_path(parts: tuple[str, ...]) -> tuple[str, str]:
    """Split a path into its disc ("" if merged) and its key, from `wsj0` or `wsj1` on."""
    names = [_strip_version(part) for part in parts]
    discs = [(place, match) for place, name in enumerate(names) if (match := _DISC.fullmatch(name))]
    disc = "_".join(discs[-1][1].groups()) if discs else ""
    inside = names[discs[-1][0] + 1 :] if discs else names
    begin = next((place for place, name in enumerate(inside) if _CORPUS.fullmatch(name)), 0)
    return disc, "/".join(inside[begin:])


def _strip_version(name: str) -> str:
    """Strip the version that bare ISO 9660 adds to a name (`A.WV1;1`), and lower its case."""
    return name.lower().partition(";")[0]
