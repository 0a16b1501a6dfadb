"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal


def write_text_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, so that no reader sees half of it."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, so that no reader sees half of it."""
    with open_atomically(path, "wb") as file:
        file.write(content)


@contextlib.contextmanager
def open_atomically(path: Path, mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """Open a file for writing that takes the place of `path` when it is closed.

    Until then, and after an error, what was written lies beside it, in `NAME.incomplete`. What a
    link points to is replaced, not the link; a device such as /dev/null is written to.

    Args:
        path: What is replaced; its folder is made.
        mode: "w" for text in UTF-8, "wb" for bytes.

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
    is_replaced = path.is_file() or not path.exists()
    written = path.with_name(path.name + ".incomplete") if is_replaced else path
    with written.open(mode, encoding="utf-8" if mode == "w" else None) as file:
        yield file
    if is_replaced:
        written.replace(path)
