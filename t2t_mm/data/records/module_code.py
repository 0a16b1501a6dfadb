"""The statements of a module that decide about something, followed into what they import.

Followed are modules in the importing one's own folder, and of t2t_mm the problems and the rooms
that make stored bytes of raw data.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from t2t_mm.data.records.code_text import (
    describe_code,
    find_made_names,
    find_mentioned_names,
    is_import,
    parse_file,
)

_FOLLOWED = tuple(
    f"t2t_mm.{room}."
    for room in ("problems", "data.declaring.splits", "data.pictures", "data.sounds", "data.trees")
)
_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True)
class Place:
    """A name in a module; an empty name stands for all of the module."""

    module: str
    name: str = ""


def collect_statements(node: ast.stmt, module: str) -> set[str]:
    """Collect what a statement says, and what the statements say that it uses.

    Names are followed within the module and into what it imports, as said above.

    Args:
        node: A statement of the module.
        module: Import name.

    Returns:
        Descriptions of statements, the same wherever these lie.
    """
    return _follow([*_find_used_places(node, module)]) | {describe_code(node)}


def collect_module(module: str) -> set[str]:
    """Collect what all statements of a module say, or of all modules of a package.

    Modules that it imports are not followed.
    """
    files = find_files(module)
    trees = (parse_file(path, path.stat().st_mtime_ns) for path in files)
    return {describe_code(node) for tree in trees for node in tree.body if not is_import(node)}


def collect_name(module: str, name: str) -> set[str]:
    """Collect what defines a name of a module, and what that uses."""
    return _follow([Place(module, name)])


def find_files(module: str) -> list[Path]:
    """List the file of a module, or all files of a package; empty where there is no source.

    Raises:
        ModuleNotFoundError: There is no such module.
    """
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise ModuleNotFoundError(module)
    if spec.submodule_search_locations is not None:
        folders = map(Path, spec.submodule_search_locations)
        return sorted(path for folder in folders for path in folder.glob("*.py"))
    return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []


def _follow(waiting: list[Place]) -> set[str]:
    """Collect the statements behind places, and behind all places that these use."""
    said: set[str] = set()
    seen: set[Place] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for node in _find_statements(place):
            if not is_import(node):
                said.add(describe_code(node))
            waiting += _find_used_places(node, place.module, only=place.name)
    return said


def _find_used_places(node: ast.stmt, module: str, only: str = "") -> Iterator[Place]:
    """Yield the names that a statement uses, and what it imports from the module's own folder.

    Args:
        node: The statement.
        module: Its module.
        only: Of a statement that imports, the name that is wanted; empty: all.
    """
    if not is_import(node):
        yield from (Place(module, name) for name in find_mentioned_names(node))
        only = ""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            for alias in inner.names:
                if only in ("", alias.asname or alias.name.partition(".")[0]):
                    yield from _find_own_places(module, alias.name)
        elif isinstance(inner, ast.ImportFrom):
            for alias in inner.names:
                if only in ("", alias.asname or alias.name):
                    yield from _find_own_places(module, _resolve_name(inner, module), alias.name)


def _find_own_places(module: str, other: str, name: str = "") -> Iterator[Place]:
    """Yield the place of an imported name, if its module lies in the importing one's folder."""
    is_module = name and name != "*" and _find_own_file(module, f"{other}.{name}") is not None
    if is_module:
        yield Place(f"{other}.{name}")
    elif _find_own_file(module, other) is not None:
        yield Place(other, "" if name == "*" else name)


def _find_statements(place: Place) -> list[ast.stmt]:
    path = _find_file(place.module)
    if path is None:
        return []
    changed_ns = path.stat().st_mtime_ns
    if not place.name:
        return parse_file(path, changed_ns).body
    return _find_makers(path, changed_ns).get(place.name, [])


@functools.lru_cache(maxsize=256)
def _find_makers(path: Path, changed_ns: int) -> dict[str, list[ast.stmt]]:
    """Map each name of a module to the statements that define it or change it in place."""
    makers: dict[str, list[ast.stmt]] = {}
    for node in parse_file(path, changed_ns).body:
        for name in dict.fromkeys(find_made_names(node)):
            makers.setdefault(name, []).append(node)
    return makers


def _resolve_name(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    package = getattr(sys.modules.get(module), "__package__", "") or module.rpartition(".")[0]
    return importlib.util.resolve_name("." * node.level + (node.module or ""), package)


def _find_file(module: str) -> Path | None:
    """Find the source of a module that is loaded or could be; None where there is none."""
    origin = getattr(sys.modules.get(module), "__file__", None)
    if origin is None and module not in sys.modules:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            spec = None
        origin = spec.origin if spec is not None else None
    path = Path(origin) if origin else None
    return path if path is not None and path.suffix == ".py" and path.is_file() else None


def _find_own_file(module: str, other: str) -> Path | None:
    """Find the source of `other` if it is to be followed from `module`.

    The folder of a module is that of its outermost package, or the one that a single file lies in.
    What is installed within that folder does not belong to it.
    """
    path = _find_file(other)
    if f"{other}.".startswith("t2t_mm."):
        return path if f"{other}.".startswith(_FOLLOWED) else None
    file = _find_file(module)
    if file is None or path is None:
        return None
    package = getattr(sys.modules.get(module.partition(".")[0]), "__path__", None)
    folder = Path(next(iter(package))) if package else file.parent
    is_inside = path.is_relative_to(folder) and folder.name not in _INSTALLED
    return path if is_inside and not _INSTALLED & {*path.relative_to(folder).parts} else None
