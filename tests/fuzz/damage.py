"""Kinds of damage to a file: each a function of its content and of dice, and what it stands for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

SEALS = ("checksum",)
"""Fields of JSON that guard the others."""
DEPTH = 3_000
"""Of a nested value: more than a reader of JSON that recurs can follow."""
VALUES: tuple[Any, ...] = (None, True, -1, 0, 2**40, 10**400, 0.5, float("nan"), float("inf"))
OTHERS: tuple[Any, ...] = ("", "x", "../../etc/passwd", [], {}, [[]], {"a": 1}, "\ud800")


def _flip(content: bytes, dice: Random) -> bytes:
    place, bit = dice.randrange(len(content)), 1 << dice.randrange(8)
    return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def _zero_block(content: bytes, dice: Random) -> bytes:
    start, length = dice.randrange(len(content)), dice.choice((1, 16, 512, 4096))
    length = min(length, len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def _scramble(content: bytes, dice: Random) -> bytes:
    start, length = dice.randrange(len(content)), dice.choice((2, 16, 512))
    length = min(length, len(content) - start)
    return content[:start] + dice.randbytes(length) + content[start + length :]


def _exchange_parts(content: bytes, dice: Random) -> bytes:
    """Exchange two parts of the same length: the size stays, and so does what most sums see."""
    length = max(1, len(content) // dice.choice((2, 4, 16)))
    first, second = content[:length], content[-length:]
    return second + content[length : len(content) - length] + first


CONTENT: dict[str, Callable[[bytes, Random], bytes]] = {
    "flipped bit": _flip,
    "truncated": lambda content, dice: content[: dice.randrange(len(content))],
    "last byte lost": lambda content, dice: content[:-1],
    "emptied": lambda content, dice: b"",
    "random bytes": lambda content, dice: dice.randbytes(dice.choice((1, 100, len(content)))),
    "block of zeros": _zero_block,
    "all zeros": lambda content, dice: bytes(len(content)),
    "scrambled": _scramble,
    "doubled": lambda content, dice: content + content,
    "tail added": lambda content, dice: content + dice.randbytes(dice.choice((1, 300))),
    "parts exchanged": _exchange_parts,
}
"""Kinds that any file can have; the content is not empty."""

PLACES = ("removed", "folder in its place", "link to nowhere")
"""Kinds that leave no file of that name to read."""


def list_places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where a JSON value has values, the outermost first.

    Example:
        >>> list_places({"a": [1]})
        [(), ('a',), ('a', 0)]
    """
    keys: list[Any] = []
    if isinstance(value, (dict, list)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [one for key in keys for one in list_places(value[key], (*place, key))]
    return [place, *inner]


def change_json(value: Any, dice: Random) -> Any:
    """Return a JSON value with one of its values, drawn by dice, changed or taken out."""
    place = dice.choice(list_places(value))
    if not place:
        return dice.choice((*VALUES, *OTHERS, [value]))
    value = json.loads(json.dumps(value))
    parent = value
    for key in place[:-1]:
        parent = parent[key]
    old, key = parent[place[-1]], place[-1]
    if dice.random() < 0.2:
        del parent[key]
    elif dice.random() < 0.3 and isinstance(old, (int, float)) and not isinstance(old, bool):
        parent[key] = old + dice.choice((1, -1, 8))
    elif dice.random() < 0.1 and isinstance(old, str):
        parent[key] = old + "x"
    else:
        parent[key] = dice.choice([one for one in (*VALUES, *OTHERS) if one != old])
    return value


def _change_lines(text: str, dice: Random) -> str:
    """Change a value of a JSON document, or of one line of a file that has one in each."""
    try:
        return json.dumps(change_json(json.loads(text), dice))
    except ValueError:
        lines = text.splitlines()
        place = dice.randrange(len(lines))
        lines[place] = json.dumps(change_json(json.loads(lines[place]), dice))
        return "\n".join(lines) + "\n"


def _take_seal_out(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    kept = {key: one for key, one in value.items() if key not in SEALS}
    return json.dumps(kept if isinstance(value, dict) else value)


JSON: dict[str, Callable[[str, Random], str]] = {
    "value changed": _change_lines,
    "edited": lambda text, dice: _change_lines(_take_seal_out(text), dice),
    "nested deeply": lambda text, dice: "[" * DEPTH + "]" * DEPTH,
    "nested object": lambda text, dice: '{"a":' * DEPTH + "1" + "}" * DEPTH,
}
"""Kinds for JSON, a document or one a line. Who edits takes the checksum out, too."""

EDITED = ("edited",)
"""Kinds that are no damage but a person's wish: other results may follow, though no traceback."""


def list_kinds(path: Path, *, has_other: bool) -> list[str]:
    """List the kinds of damage that a file can have."""
    of_content = list(CONTENT) if path.stat().st_size else ["tail added"]
    of_json = list(JSON) if path.suffix in (".json", ".jsonl") else []
    return [*of_content, *PLACES, *(2 * of_json), *(["of another"] if has_other else [])]


def damage_file(path: Path, kind: str, dice: Random, other: Path | None = None) -> None:
    """Damage a file.

    Args:
        path: The file; it is replaced, not written into: it may be a link to what stays whole.
        kind: One of those that `list_kinds` names.
        dice: What else is left to chance.
        other: The file of another run or of other data, for the kind "of another".
    """
    content = path.read_bytes()
    path.unlink()
    if kind == "folder in its place":
        path.mkdir()
    elif kind == "link to nowhere":
        path.symlink_to(path.with_name("nowhere"))
    elif kind == "of another":
        assert other is not None
        shutil.copy(other, path)
    elif kind in JSON:
        text = JSON[kind](content.decode("utf-8"), dice)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
    elif kind in CONTENT:
        path.write_bytes(CONTENT[kind](content, dice))
