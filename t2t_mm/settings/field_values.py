"""What a settings field may hold: from text to values, and checks of type and range."""

from __future__ import annotations

import dataclasses
import math
import operator
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from t2t_mm.errors import UserError

_OPENING, _CLOSING = "[{(", "]})"
_QUOTED = frozenset(",:=[]{}()'\" ")
_UNIONS = (Union, types.UnionType)
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


class _WrongTypeError(Exception):
    """A value does not fit its field, whose name only the caller knows."""


def read_field_types(record: type) -> dict[str, Any]:
    """Return the type of each field of a dataclass by name, annotations evaluated."""
    hints = get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


def check_fields(record: Any, section: str) -> None:
    """Check each field of a frozen record in place; whole numbers become floats where due.

    Args:
        record: The record.
        section: Its name within the settings, for messages.

    Raises:
        UserError: A value has the wrong type or is out of range.
    """
    hints = read_field_types(type(record))
    for field in dataclasses.fields(record):
        name = f"{section}.{field.name}"
        value = convert_value(name, hints[field.name], getattr(record, field.name))
        object.__setattr__(record, field.name, value)
        check_range(name, value, field.metadata)


def convert_value(name: str, hint: Any, value: Any) -> Any:
    """Check a Python value against a field's type.

    Args:
        name: The field, for messages.
        hint: Its type: bool, int, float, str, a `Literal`, a tuple, mapping or union of these.
        value: What was given.

    Returns:
        The value; an int given for a float as a float, containers copied.

    Raises:
        UserError: The types differ.

    Example:
        >>> convert_value("data.rates", dict[str, float], {"mini_ende": 2})
        {'mini_ende': 2.0}
    """
    try:
        return _convert_value(hint, value)
    except _WrongTypeError:
        raise _make_type_error(name, hint, value) from None


def check_range(name: str, value: Any, limits: Mapping[str, Any]) -> None:
    """Check a value, or each of a list, against the range of its field.

    Args:
        name: The field, for messages.
        value: What was given, of the field's type.
        limits: The metadata of a field, see `declare_field`.

    Raises:
        UserError: It is out of range.
    """
    parts = value if isinstance(value, tuple) else [value]
    given = {name: limits[name] for name in _FITS if limits.get(name) is not None}
    if max((part for part in parts if isinstance(part, int)), default=0) > sys.maxsize:
        given = {"at_most": sys.maxsize}  # no array has as many of anything
    if all(_FITS[name](part, limit) for name, limit in given.items() for part in parts):
        return
    bounds = [f"{name.replace('_', ' ')} {limit}" for name, limit in given.items()]
    raise UserError(
        f"{name} is out of range", expected=" and ".join(bounds), received={name: value}
    )


def parse_value(name: str, hint: Any, text: str) -> Any:
    """Read the text of an override as a field's type.

    Args:
        name: The field, for messages.
        hint: Its type.
        text: `256`, `1e-3`, `true`, `greedy`, `[1,2]`, `{a:1,'b':2}`.

    Raises:
        UserError: The text is none of that type, or has a key twice.

    Example:
        >>> parse_value("modality.image_widths", tuple[int, ...], "[16, 32]")
        (16, 32)
    """
    try:
        return _parse_value(hint, text.strip())
    except _WrongTypeError:
        raise _make_type_error(name, hint, text.strip()) from None


def format_value(value: Any) -> str:
    """Write a value as `parse_value` reads it.

    Example:
        >>> format_value((16, 32)), format_value({"a": 1.0, "b": True}), format_value("x,y")
        ('[16,32]', '{a:1.0,b:true}', "'x,y'")
    """
    if isinstance(value, Mapping):
        parts = [f"{format_value(name)}:{format_value(part)}" for name, part in value.items()]
        return f"{{{','.join(parts)}}}"
    if isinstance(value, (tuple, list)):
        return f"[{','.join(map(format_value, value))}]"
    if isinstance(value, str) and (not value or set(value) & _QUOTED):
        return f'"{value}"' if "'" in value else f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else str(value)


def split_top_level(text: str, separator: str = ",") -> list[str]:
    """Split at separators that stand outside brackets and quotes; empty parts are dropped.

    Raises:
        UserError: A bracket or a quote is not closed.

    Example:
        >>> split_top_level("a=1,b=[1,2]")
        ['a=1', 'b=[1,2]']
    """
    parts, start, quote = [], 0, ""
    open_brackets: list[str] = []
    for index, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPENING:
            open_brackets.append(_CLOSING[_OPENING.index(letter)])
        elif letter in _CLOSING:
            if not open_brackets or open_brackets.pop() != letter:
                raise UserError(f"A closing {letter!r} has no partner", received={"text": text})
        elif letter == separator and not open_brackets:
            parts.append(text[start:index])
            start = index + 1
    if quote or open_brackets:
        raise UserError("A bracket or quote is not closed", received={"text": text})
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def describe_type(hint: Any) -> str:
    """Describe a field's type in words.

    Example:
        >>> describe_type(dict[str, float])
        'a mapping from str to float'
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(repr(choice) for choice in arguments)
    if _is_mapping(origin):
        return f"a mapping from {describe_type(arguments[0])} to {describe_type(arguments[1])}"
    if origin in _UNIONS:
        return " or ".join(map(describe_type, arguments))
    if origin is tuple:
        return f"a list of {describe_type(arguments[0])}"
    return str(hint.__name__)


def _convert_value(hint: Any, value: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value in arguments and type(value) in {type(choice) for choice in arguments}:
            return value
        raise _WrongTypeError
    if origin in _UNIONS:
        return _take_first(_convert_value, arguments, value)
    if _is_mapping(origin):
        if not isinstance(value, Mapping):
            raise _WrongTypeError
        return {
            _convert_key(arguments[0], key): _convert_value(arguments[1], part)
            for key, part in value.items()
        }
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise _WrongTypeError
        return tuple(_convert_value(arguments[0], part) for part in value)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint or (hint is float and not math.isfinite(value)):
        raise _WrongTypeError
    return value


def _convert_key(hint: Any, key: Any) -> Any:
    """Convert the key of a mapping; JSON has texts where it is a number."""
    is_text_of_number = hint is int and isinstance(key, str)
    return _parse_value(hint, key) if is_text_of_number else _convert_value(hint, key)


def _parse_value(hint: Any, text: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _convert_value(hint, _unquote(text))
    if origin in _UNIONS:
        return _take_first(_parse_value, arguments, text)
    if _is_mapping(origin):
        parts = split_top_level(_strip_brackets(text, "{}"))
        pairs = [split_top_level(part, ":") for part in parts]
        if not all(len(pair) > 1 for pair in pairs):
            raise _WrongTypeError
        found: dict[Any, Any] = {}
        for *names, value in pairs:
            key = _parse_value(arguments[0], ":".join(names))
            if key in found:
                raise UserError(f"{key} is given twice", received={"value": text})
            found[key] = _parse_value(arguments[1], value)
        return found
    if origin is tuple:
        parts = split_top_level(_strip_brackets(text, "[]"))
        return tuple(_parse_value(arguments[0], part) for part in parts)
    try:
        return _convert_value(hint, _READERS[hint](text))
    except (KeyError, ValueError):
        raise _WrongTypeError from None


def _take_first(read: Callable[[Any, Any], Any], hints: Sequence[Any], value: Any) -> Any:
    """Read a value as the first of several types that it fits."""
    for hint in hints:
        try:
            return read(hint, value)
        except _WrongTypeError:
            continue
    raise _WrongTypeError


def _strip_brackets(text: str, brackets: str) -> str:
    """Return what stands between a pair of brackets."""
    if len(text) < 2 or text[0] != brackets[0] or text[-1] != brackets[1]:
        raise _WrongTypeError
    return text[1:-1]


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1]
    return text


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: _BOOLEANS.__getitem__,
    int: int,
    float: float,
    str: _unquote,
}


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


_FITS: dict[str, Callable[[Any, float], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "below": operator.lt,
}


def _make_type_error(name: str, hint: Any, value: Any) -> UserError:
    return UserError(
        f"{name} has the wrong type", expected=describe_type(hint), received={name: value}
    )
