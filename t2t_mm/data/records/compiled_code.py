"""What a class without source says: its plain attributes and the code of its functions."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from types import CodeType, FunctionType
from typing import Any

_PLAIN = (str, int, float, complex, bool, bytes, type(None))


def describe_compiled(cls: type, leave_out: Collection[str] = ()) -> str:
    """Return a text that changes with the plain attributes and functions of a class.

    Functions and values of the same module that its functions use count too. The text is the same
    in every process with the same version of Python.

    Args:
        cls: The class.
        leave_out: Names of attributes that do not count.
    """
    lines: list[str] = []
    seen: set[CodeType] = set()
    for name, value in sorted(vars(cls).items()):
        if name in leave_out or (name.startswith("__") and not _functions(value)):
            continue
        lines.append(f"{name} = {_describe_value(value)}")
        for function in _functions(value):
            lines += _describe_function(function, seen)
    return "\n".join(lines)


def _functions(value: Any) -> list[FunctionType]:
    """Return the functions in what stands in a class: a method, a property or the like."""
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    parts = [value]
    if isinstance(value, property):
        parts = [value.fget, value.fset]
    elif isinstance(value, functools.cached_property):
        parts = [value.func]
    return [part for part in parts if isinstance(part, FunctionType)]


def _describe_function(function: FunctionType, seen: set[CodeType]) -> Iterator[str]:
    """Yield the function's code, then what it uses of its module."""
    if function.__code__ in seen:
        return
    seen.add(function.__code__)
    yield _describe_code(function.__code__, function.__doc__)
    yield _describe_value([function.__defaults__, function.__kwdefaults__])
    for name in sorted(_names(function.__code__)):
        used = function.__globals__.get(name)
        if isinstance(used, FunctionType) and used.__module__ == function.__module__:
            yield from _describe_function(used, seen)
        elif isinstance(used, (*_PLAIN, list, tuple, dict, set, frozenset)):
            yield f"{name} = {_describe_value(used)}"


def _names(code: CodeType) -> set[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _describe_code(code: CodeType, doc: str | None = None) -> str:
    consts = (
        code.co_consts[1:] if doc is not None and code.co_consts[:1] == (doc,) else (code.co_consts)
    )
    inner = [
        _describe_code(const) if isinstance(const, CodeType) else _describe_value(const)
        for const in consts
    ]
    names = (code.co_names, code.co_varnames, code.co_freevars)
    return f"{code.co_name} {code.co_code.hex()} {names} [{', '.join(inner)}]"


def _describe_value(value: Any) -> str:
    """Return a text of plain values within lists, dicts and the like; of others the class."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_describe_value, value))}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(_describe_value, value)))}}}"
    if isinstance(value, dict):
        pairs = [f"{_describe_value(k)}: {_describe_value(v)}" for k, v in value.items()]
        return f"{{{', '.join(pairs)}}}"
    return type(value).__qualname__
