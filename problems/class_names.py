"""What classes are called, in a file beside them: words.txt, or a table with an id and a name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.named_columns import check_columns, find_columns, read_rows, write_cell

_WORDS: Final = "words.txt"
_TABLES: Final = tuple(
    f"{stem}{end}" for stem in ("classes", "class_names", "words") for end in (".csv", ".tsv")
)
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        *("id", "class_id", "classid", "wnid", "synset", "label", "label_id", "index"),
        *("class_index", "code", "class", "folder"),
    ),
    "name": (
        *("name", "class_name", "label_name", "signname", "words", "word", "meaning"),
        *("description", "class", "label"),
    ),
}


def find_class_names(folder: Path) -> Path | None:
    """Find the file that names the classes of a folder."""
    paths = (folder / name for name in (_WORDS, *_TABLES))
    return next((path for path in paths if path.is_file()), None)


def read_class_names(path: Path) -> dict[str, str]:
    r"""Read the name of each class by its folder or number.

    Args:
        path: `words.txt` with lines of id, tab and names, of which the first counts; or a table
            with the columns `id` and `name`, or others of usual names.

    Raises:
        UserError: A column is missing, or a row is malformed.

    Example:
        >>> _ = Path("classes.csv").write_text("ClassId,Name\n0,stop\n1,yield\n")
        >>> read_class_names(Path("classes.csv"))
        {'0': 'stop', '1': 'yield'}
    """
    if path.name == _WORDS:
        pairs = (line.partition("\t") for line in decode_lines(path))
        return {wnid.strip(): words.partition(",")[0].strip() for wnid, _, words in pairs}
    chosen = find_columns(path, _COLUMNS)
    check_columns(path, chosen, _COLUMNS)
    return {
        write_cell(row.get(chosen["id"]), place): write_cell(row.get(chosen["name"]), place)
        for place, row in read_rows(path)
    }
