"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal


def write_text_atomically(path: Path, text: str) -> None:
    r"""Replace `path` by `text` in one step, so that no reader sees half of it.

    Half of a surrogate pair, as a name has that is no UTF-8, is written as JSON does: `\udcff`.
    """
    write_bytes_atomically(path, text.encode("utf-8", "backslashreplace"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, so that no reader sees half of it."""
    with open_atomically(path, "wb") as file:
        file.write(content)


@contextlib.contextmanager
def open_atomically(
    path: Path, mode: Literal["w", "wb"] = "w", *, keeps_part: bool = False
) -> Iterator[IO[Any]]:
    """Open a file for writing that takes the place of `path` when it is closed.

    Until then what was written lies beside it, in a file `NAME.*.incomplete` of its own; after an
    error that is removed. What a link points to is replaced, not the link; a device such as
    /dev/null is written to.

    Args:
        path: What is replaced; its folder is made.
        mode: "w" for text in UTF-8, "wb" for bytes.
        keeps_part: Whether after an error what was written, if anything, stays, see `name_part`.
            Nobody goes on with that, as with the `NAME.incomplete` of a `ResumedFile`.

    Example:
        >>> with open_atomically(Path("lines.txt")) as file:
        ...     _ = file.write("one")
        ...     Path("lines.txt").exists()
        False
        >>> Path("lines.txt").read_text()
        'one'
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = "utf-8" if mode == "w" else None
    if path.exists() and not path.is_file():
        with path.open(mode, encoding=encoding) as file:
            yield file
        return
    # A name that nobody can have put a link at; of at most 255 bytes.
    start = os.fsencode(path.name)[:200].decode(errors="ignore")
    descriptor, written = tempfile.mkstemp(".incomplete", f"{start}.", path.parent)
    try:
        with open(descriptor, mode, encoding=encoding) as file:
            os.fchmod(descriptor, path.stat().st_mode & 0o7777 if path.exists() else _find_mode())
            yield file
        os.replace(written, path)
    except BaseException:
        if keeps_part and os.path.getsize(written):
            os.replace(written, name_part(path))
        else:
            os.unlink(written)
        raise


def name_part(path: Path) -> Path:
    """Name what there is of a file: `NAME.part`, or `NAME.part2` and so on if that is taken.

    Example:
        >>> name_part(Path("out.txt")).name
        'out.txt.part'
    """
    names = (f"{path.name}.part{number if number > 1 else ''}" for number in itertools.count(1))
    return next(part for part in map(path.with_name, names) if not os.path.lexists(part))


def _find_mode() -> int:
    """Return the mode of files that this process makes; it can only be asked by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
