"""What a text of Python says about data: its statements without layout, docstrings and imports."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
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
        "propose",
        "reverse_command",
        "reverse_of",
        "size",
        "source",
        "source_modules",
        "substitute",
        "version",
    }
)


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
    if isinstance(node, ast.Import | ast.ImportFrom):  # what is imported, not where it lies
        return f"import {[alias.name.rpartition('.')[2] for alias in node.names]}"
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


def drop_what_is_no_data(tree: ast.Module, also: str = "") -> ast.Module:
    """Take out docstrings, and of problems the attributes that are no data.

    Args:
        tree: The statements, changed in place.
        also: The name of a class that is a problem though its text does not tell.
    """
    problems = _find_problem_names(tree) | {also}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in problems:
            node.decorator_list = []
            node.body = [one for one in node.body if not _is_no_data(one)]
        if isinstance(node, Definition | ast.Module):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
            node.body = node.body or [ast.Pass()]
    return tree


def _find_problem_names(tree: ast.Module) -> set[str]:
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
    names = [target.id if isinstance(target, ast.Name) else "" for target in targets]
    return all(is_no_data(name, _is_number(node.value)) for name in names)


def _is_number(value: ast.expr | None) -> bool:
    """Return whether a value is written as a number, or computed of numbers alone."""
    parts = [*ast.walk(value)] if value is not None else []
    numbers = [type(one.value) in (int, float) for one in parts if isinstance(one, ast.Constant)]
    signs = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return bool(numbers) and all(numbers) and all(isinstance(one, signs) for one in parts)


def is_no_data(name: str, is_number: bool) -> bool:
    """Return whether an attribute of a problem changes nothing of what is generated.

    Args:
        name: Of the attribute.
        is_number: Whether its value is one: what is called `size` is then not for a person.

    Example:
        >>> is_no_data("size", is_number=False), is_no_data("size", is_number=True)
        (True, False)
    """
    return name in NOT_DATA and not is_number


def find_made_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines, or whose value it changes in place."""
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
            yield from find_mentioned_names(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _find_changed_names(node.value)


def _find_changed_names(call: ast.Call) -> set[str]:
    """List the names whose values a call may change of which nobody takes the result."""
    if isinstance(call.func, ast.Attribute):  # WORDS.extend(...)
        return find_mentioned_names(call.func.value)
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return {one.id for one in given if isinstance(one, ast.Name)}  # fill(WORDS)


def find_mentioned_names(node: ast.AST) -> set[str]:
    """List the plain names in a syntax tree."""
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def is_import(node: ast.AST) -> bool:
    """Return whether a statement imports something."""
    return isinstance(node, ast.Import | ast.ImportFrom)
