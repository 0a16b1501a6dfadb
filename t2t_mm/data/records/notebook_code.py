"""What a class without a file says: of a notebook's cells, found through its functions."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from types import FunctionType
from typing import Any

from t2t_mm.data.records.code_text import (
    describe_code,
    drop_what_is_no_data,
    find_mentioned_names,
    is_no_data,
)

_PLAIN = (str, int, float, complex, bool, bytes, type(None))


def collect_objects(cls: type) -> set[str]:
    """Collect what the plain attributes and functions of a class say, and what these use.

    Python keeps the text of a notebook's cells. Where it does not keep a function's text, as of one
    that was made by `exec`, the function counts with its name only: there only the problem's
    version tells that the data changed.

    Returns:
        Descriptions of values and statements, the same in every process.
    """
    said: set[str] = set()
    waiting: list[Any] = [cls]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, type):
            for name, member in sorted(vars(value).items()):
                functions = _find_functions(member)
                waiting += functions
                is_said = not is_no_data(name, is_number=type(member) in (int, float))
                if is_said and not functions and not name.startswith("__"):
                    said.add(f"{value.__name__}.{name} = {describe_value(member)}")
            continue
        code = _parse_function(value)
        said.add(f"{value.__name__}: {describe_code(code)}")
        for name in find_mentioned_names(code):
            used = value.__globals__.get(name)
            if isinstance(used, type | FunctionType) and used.__module__ == value.__module__:
                waiting.append(used)
            elif isinstance(used, (*_PLAIN, list, tuple, dict, set, frozenset)):
                said.add(f"{name} = {describe_value(used)}")
    return said


def _find_functions(member: Any) -> list[FunctionType]:
    """List the functions in what stands in a class: a method, a property or the like."""
    if isinstance(member, staticmethod | classmethod):
        member = member.__func__
    parts = [member]
    if isinstance(member, property):
        parts = [member.fget, member.fset]
    elif isinstance(member, functools.cached_property):
        parts = [member.func]
    return [part for part in parts if isinstance(part, FunctionType)]


def _parse_function(function: FunctionType) -> ast.Module:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module([], [])
    return drop_what_is_no_data(tree)


def describe_value(value: Any) -> str:
    """Describe plain values within lists, dicts and the like; of others the class.

    Example:
        >>> describe_value({"a": [1, {3, 2}]})
        "{'a': [1, {2, 3}]}"
    """
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(describe_value, value))}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(describe_value, value)))}}}"
    if isinstance(value, dict):
        pairs = [f"{describe_value(key)}: {describe_value(part)}" for key, part in value.items()]
        return f"{{{', '.join(pairs)}}}"
    return type(value).__qualname__
