"""The statements of a module that decide about something, followed into what they import.

Followed are modules in the importing one's own folder, and of t2t_mm the problems and the rooms
that make stored bytes of raw data.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

# Attributes of a problem that do not change what is generated; features are compared by themselves.
NOT_DATA = frozenset(
    {
        "batch",
        "command",
        "licence",
        "metrics",
        "modalities",
        "reverse_command",
        "reverse_of",
        "size",
        "source",
        "source_modules",
        "substitute",
        "version",
    }
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
    return _follow([*_used_places(node, module)]) | {describe_code(node)}


def collect_module(module: str) -> set[str]:
    """Collect what all statements of a module say, or of all modules of a package.

    Modules that it imports are not followed.
    """
    files = find_files(module)
    trees = (parse_file(path, path.stat().st_mtime_ns) for path in files)
    return {describe_code(node) for tree in trees for node in tree.body if not _is_import(node)}


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


@functools.lru_cache(maxsize=256)
def parse_file(path: Path, _changed_ns: int) -> ast.Module:
    """Parse a file and take out what is no data; a changed file is parsed again."""
    return drop_what_is_no_data(ast.parse(path.read_bytes()))


def describe_code(node: ast.AST) -> str:
    """Describe a syntax tree, the same in every version of Python that has the same syntax.

    Example:
        >>> describe_code(ast.parse("a = 1").body[0])
        "Assign(targets=[Name(id='a')], value=Constant(value=1))"
    """
    fields = []
    for name, value in ast.iter_fields(node):
        if value is None or value == [] or isinstance(value, ast.expr_context):
            continue
        if isinstance(value, ast.AST):
            text = describe_code(value)
        elif isinstance(value, list):
            parts = [describe_code(one) if isinstance(one, ast.AST) else repr(one) for one in value]
            text = f"[{', '.join(parts)}]"
        else:
            text = repr(value)
        fields.append(f"{name}={text}")
    return f"{type(node).__name__}({', '.join(fields)})"


def _follow(waiting: list[Place]) -> set[str]:
    """Collect the statements behind places, and behind all places that these use."""
    said: set[str] = set()
    seen: set[Place] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for node in _defining_statements(place):
            if not _is_import(node):
                said.add(describe_code(node))
            waiting += _used_places(node, place.module, only=place.name)
    return said


def _used_places(node: ast.stmt, module: str, only: str = "") -> Iterator[Place]:
    """Yield the names that a statement uses, and what it imports from the module's own folder.

    Args:
        node: The statement.
        module: Its module.
        only: Of a statement that imports, the name that is wanted; empty: all.
    """
    if not _is_import(node):
        yield from (Place(module, name) for name in mentioned_names(node))
        only = ""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            for alias in inner.names:
                if only in ("", alias.asname or alias.name.partition(".")[0]):
                    yield from _own_places(module, alias.name)
        elif isinstance(inner, ast.ImportFrom):
            for alias in inner.names:
                if only in ("", alias.asname or alias.name):
                    yield from _own_places(module, _absolute_name(inner, module), alias.name)


def _own_places(module: str, other: str, name: str = "") -> Iterator[Place]:
    """Yield the place of an imported name, if its module lies in the importing one's folder."""
    is_module = name and name != "*" and _find_own_file(module, f"{other}.{name}") is not None
    if is_module:
        yield Place(f"{other}.{name}")
    elif _find_own_file(module, other) is not None:
        yield Place(other, "" if name == "*" else name)


def _defining_statements(place: Place) -> list[ast.stmt]:
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
        for name in dict.fromkeys(_made_names(node)):
            makers.setdefault(name, []).append(node)
    return makers


def _made_names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, Definition):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, Definition):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from mentioned_names(node.value)


def mentioned_names(node: ast.AST) -> set[str]:
    """List the plain names in a syntax tree."""
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _absolute_name(node: ast.ImportFrom, module: str) -> str:
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


def drop_what_is_no_data(tree: ast.Module, also: str = "") -> ast.Module:
    """Take out docstrings, and of problems the attributes that are no data.

    Args:
        tree: The statements, changed in place.
        also: The name of a class that is a problem though its text does not tell.
    """
    problems = _problem_names(tree) | {also}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in problems:
            node.decorator_list = []
            node.body = [one for one in node.body if not _is_no_data(one)]
        if isinstance(node, Definition | ast.Module):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
            node.body = node.body or [ast.Pass()]
    return tree


def _problem_names(tree: ast.Module) -> set[str]:
    """List the classes that are problems, as far as the text tells: nothing is imported.

    Those are the classes that are registered, or have a base that is one or is called `...Problem`.
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            marks = {ast.unparse(mark).partition("(")[0] for mark in node.decorator_list}
            is_registered = any(mark.endswith("register_problem") for mark in marks)
            if is_registered or bases & found or any(base.endswith("Problem") for base in bases):
                found.add(node.name)
    return found


def _is_no_data(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        targets: Iterable[ast.expr] = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return all(isinstance(target, ast.Name) and target.id in NOT_DATA for target in targets)
