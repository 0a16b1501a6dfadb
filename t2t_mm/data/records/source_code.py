"""What a problem's code says, without what does not matter: the part of a fingerprint.

A class counts with the functions, classes and values of its own module that it uses, and with the
whole of its `source_modules`. So a second problem in the same file leaves the data of the first.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.records.compiled_code import describe_compiled
from t2t_mm.errors import UserError

# Attributes of a problem that do not change what is generated.
NOT_DATA = frozenset(
    {
        "batch",
        "command",
        "licence",
        "metrics",
        "reverse_command",
        "reverse_of",
        "size",
        "source",
        "source_modules",
        "substitute",
        "version",
    }
)

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def source_hash(problem_class: type[Problem]) -> str:
    """Return a digest of the code of a problem's class and its bases below `Problem`.

    Comments, layout, docstrings and attributes that do not change the data are left out. A class
    without source (made at run time, or in a notebook) counts with its compiled code.

    Raises:
        UserError: If one of its `source_modules` does not exist.
    """
    digest = hashlib.sha256()
    for base in problem_class.__mro__:
        if base not in Problem.__mro__:
            digest.update(f"{base.__qualname__}\n{_meaning(base)}\n".encode())
    for name in problem_class.source_modules:
        digest.update(f"{name}\n{_whole_module(name)}\n".encode())
    return digest.hexdigest()


def _meaning(base: type) -> str:
    definition = _class_definition(base)
    if definition is None:
        return describe_compiled(base, leave_out=NOT_DATA)
    definition.decorator_list = []
    _drop_what_is_no_data(definition)
    used = _used_statements(definition, _module_statements(base.__module__))
    return "\n".join(map(ast.unparse, [definition, *used]))


def _class_definition(base: type) -> ast.ClassDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except (OSError, TypeError, SyntaxError):
        return None
    definition = tree.body[0]
    is_it = isinstance(definition, ast.ClassDef) and definition.name == base.__name__
    return definition if is_it and isinstance(definition, ast.ClassDef) else None


def _module_statements(name: str) -> list[ast.stmt]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError, SyntaxError, KeyError):
        return []
    _drop_what_is_no_data(tree)
    return tree.body


def _used_statements(definition: ast.ClassDef, statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of the module that the class uses, or that those use, in order."""
    makers: dict[str, list[int]] = {}
    for index, statement in enumerate(statements):
        for name in _made_names(statement):
            makers.setdefault(name, []).append(index)
    found: set[int] = set()
    waiting: list[ast.AST] = [definition]
    while waiting:
        for name in _mentioned_names(waiting.pop()) - {definition.name}:
            new = set(makers.get(name, ())) - found
            found |= new
            waiting += [statements[index] for index in new]
    return [statements[index] for index in sorted(found)]


def _made_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines, or whose value it changes in place."""
    if isinstance(statement, _Definition):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, _Definition):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from _mentioned_names(node.value)


def _mentioned_names(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _whole_module(name: str) -> str:
    return "\n".join(_whole_file(path, path.stat().st_mtime_ns) for path in _source_files(name))


def _source_files(name: str) -> Iterable[Path]:
    """Return the file of a module, or all files of a package, without importing it."""
    try:
        spec = importlib.util.find_spec(name)
    except ImportError:
        spec = None
    if spec is None:
        raise UserError(
            "A problem's source_modules names a module that does not exist",
            expected="the import name of a module or package",
            received={"source_modules": name},
        )
    if spec.submodule_search_locations is not None:
        folders = map(Path, spec.submodule_search_locations)
        return sorted(path for folder in folders for path in folder.glob("*.py"))
    return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []


@functools.lru_cache(maxsize=256)
def _whole_file(path: Path, _changed_ns: int) -> str:
    tree = ast.parse(path.read_bytes())
    _drop_what_is_no_data(tree)
    return ast.unparse(tree)


def _drop_what_is_no_data(tree: ast.Module | ast.ClassDef) -> None:
    """Take out docstrings, and of problems the attributes that are no data."""
    problems = _problem_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in problems:
            node.body = [one for one in node.body if not _is_no_data(one)]
        if isinstance(node, _Definition | ast.Module):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
            node.body = node.body or [ast.Pass()]


def _problem_names(tree: ast.Module | ast.ClassDef) -> set[str]:
    """Return which classes are problems, as far as the text tells: nothing is imported.

    Those are the class that was given itself, and of a module those that are registered or have a
    base that is one or is called `...Problem`.
    """
    found = {tree.name} if isinstance(tree, ast.ClassDef) else set()
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
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return all(isinstance(target, ast.Name) and target.id in NOT_DATA for target in targets)
