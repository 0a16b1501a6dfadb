"""`check_argument_types`: a wrong type is told by its argument's name; "~" is the home folder."""

from __future__ import annotations

import collections
import collections.abc
import functools
import inspect
import os
import pathlib
import types
import typing
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, ParamSpec, TypeVar, Union

import t2t_mm
from t2t_mm.errors import UserError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def check_argument_types(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a function check its arguments by their annotations before it begins.

    Of what may be a path a "~" at the beginning becomes the home folder, as a shell does it.

    Annotations that are not known at run time, and parts of types that cannot be seen in a value,
    as what a callable takes, are not looked at.

    Example:
        >>> def say(text: str, n: int = 1) -> str:
        ...     return text * n
        >>> check_argument_types(say)("ab", n="2")
        Traceback (most recent call last):
        t2t_mm.errors.UserError: say: `n` has the wrong type. Expected: int. Received: n='2'.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            hint = _resolve(signature.parameters[name].annotation, function.__globals__)
            if not _fits(value, hint):
                raise UserError(
                    f"{function.__name__}: `{name}` has the wrong type",
                    expected=_name_hint(hint),
                    received={name: value},
                )
            if pathlib.Path in typing.get_args(hint) and isinstance(value, str | pathlib.Path):
                bound.arguments[name] = type(value)(os.path.expanduser(value))
        return function(*bound.args, **bound.kwargs)

    return call


def _resolve(annotation: Any, module: dict[str, Any]) -> Any:
    """Return what an annotation says; its names may be imported for a type checker only."""
    if not isinstance(annotation, str):
        return annotation
    known = [vars(one) for one in (collections.abc, typing, pathlib)]
    public = {name: getattr(t2t_mm, name) for name in t2t_mm.__all__ if name in annotation}
    try:
        return eval(annotation, module, collections.ChainMap(module, *known, public))
    except NameError:
        return Any


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if hint is None or hint is type(None):
        return value is None
    kind = origin or hint
    if kind is Any or not isinstance(kind, type):  # a type variable
        return True
    if kind is float:
        return isinstance(value, (float, int)) and not isinstance(value, bool)
    if (kind is int and isinstance(value, bool)) or not isinstance(value, kind):
        return False
    if isinstance(value, str) and kind is not str and issubclass(kind, Iterable):
        return False  # it would be taken letter by letter
    # Of what may be read only once nothing is read.
    if len(parts) == 1 and isinstance(value, Collection):
        return all(_fits(one, parts[0]) for one in value)
    return True


def _name_hint(hint: Any) -> str:
    if typing.get_origin(hint) in (Union, types.UnionType):
        return " or ".join(map(_name_hint, typing.get_args(hint)))
    if hint is type(None):
        return "None"
    if typing.get_origin(hint) or not isinstance(hint, type):
        return str(hint).replace("collections.abc.", "").replace("typing.", "")
    return hint.__name__
