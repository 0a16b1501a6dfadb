"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_text_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, so that no reader sees half of it."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, so that no reader sees half of it.

    What a link points to is replaced, not the link; a device such as /dev/null is written to.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        with path.open("wb") as file:  # a directory is an error here
            file.write(content)
        return
    partial = path.with_name(path.name + ".incomplete")
    partial.write_bytes(content)
    partial.replace(path)
