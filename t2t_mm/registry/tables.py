"""A table from names to objects, with built-in entries that are imported when first looked up."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from t2t_mm.errors import UserError, suggest_closest

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OWN_MODULES = ("t2t_mm.registry.tables", "t2t_mm.registry.registration")


@dataclass(frozen=True)
class Place:
    """Where something was registered: module, file and line.

    Args:
        module: Import name.
        file: Path of its file.
        line: Counted from 1.
    """

    module: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Registry(Generic[T]):
    """A table name -> object, nothing more: no hooks, no behaviour on a name's text.

    Args:
        kind: What the table holds, in words, for messages: "problem".
        builtin: Gives the built-in names and the module that registers each.
        plugins: Gives the names that installed packages offer and the module that registers each.
        how_to_add: A sentence for the error of an unknown name: how to bring one's own.

    Example:
        >>> table: Registry[int] = Registry("number")
        >>> table.register("one", 1)
        >>> table.lookup("one")
        1
    """

    def __init__(
        self,
        kind: str,
        *,
        builtin: Callable[[], Mapping[str, str]] = dict,
        plugins: Callable[[], Mapping[str, str]] = dict,
        how_to_add: str = "",
    ) -> None:
        self.kind = kind
        self._builtin = builtin
        self._plugins = plugins
        self._how_to_add = how_to_add
        self._entries: dict[str, tuple[T, Place]] = {}

    def register(self, name: str, value: T) -> None:
        """Enter `value` under `name`.

        A class or function of the same name and module replaces the one before it: a notebook cell
        run again, or a module that is reloaded.

        Raises:
            UserError: The name is malformed, or already stands for something else; then both
                places are named.
        """
        if not _NAME.fullmatch(name):
            raise UserError(
                f"This cannot be the name of a {self.kind}",
                expected="small letters, digits and '_', beginning with a letter",
                received={"name": name},
            )
        place = _find_calling_place()
        taken = self._find_other_place(name, value, place)
        if taken:
            raise UserError(
                f"The {self.kind} {name!r} is registered twice, at {taken} and at {place}",
                fix="Give one of them another name.",
            )
        self._entries[name] = (value, place)

    def lookup(self, name: str, asked: str = "") -> T:
        """Return what `name` stands for, importing the one module that registers it if need be.

        Args:
            name: A name of this table.
            asked: What a person wrote, where the name is a part of it: for the message.

        Raises:
            UserError: Nothing has this name; the message has the closest names.
        """
        if name not in self._entries:
            self._import_module_of(name)
        if name not in self._entries:
            raise self.make_unknown_error(asked or name)
        return self._entries[name][0]

    def names(self) -> list[str]:
        """List all names, sorted; nothing is imported."""
        return sorted({*self._entries, *self._builtin(), *self._plugins()})

    def places(self) -> dict[str, Place]:
        """Return where each name that has been registered so far was registered."""
        return {name: place for name, (_, place) in self._entries.items()}

    def find_module(self, name: str) -> str:
        """Return the module that registers `name`, or an empty string."""
        if name in self._entries:
            return self._entries[name][1].module
        return self._builtin().get(name) or self._plugins().get(name, "")

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._builtin() or name in self._plugins()

    def make_unknown_error(self, name: str) -> UserError:
        """Make the error for a name that is not in the table."""
        return UserError(
            f"There is no {self.kind} named {name!r}.{suggest_closest(name, self.names())}",
            fix=self._how_to_add,
        )

    def _import_module_of(self, name: str) -> None:
        builtin = self._builtin().get(name)
        if builtin is not None:
            importlib.import_module(builtin)
            assert name in self._entries, f"{builtin} does not register {self.kind} {name!r}"
            return
        plugin = self._plugins().get(name)
        if plugin is None:
            return
        try:
            importlib.import_module(plugin)
        except Exception as error:
            raise UserError(
                f"The installed package that offers the {self.kind} {name!r} cannot be imported: "
                f"{plugin}: {type(error).__name__}: {error}"
            ) from error
        if name not in self._entries:
            raise UserError(
                f"The module {plugin!r} of an installed package offers the {self.kind} {name!r} "
                "as an entry point but does not register it"
            )

    def _find_other_place(self, name: str, value: T, place: Place) -> str:
        """Return where something else of this name is registered, or an empty string."""
        if name in self._entries:
            other, there = self._entries[name]
            return "" if _is_defined_again(value, place, other, there) else str(there)
        if builtin := self._builtin().get(name):
            return "" if builtin == place.module else f"{builtin} (built in)"
        plugin = self._plugins().get(name, "")
        package = plugin.partition(".")[0]
        if package in ("", place.module.partition(".")[0]):
            return ""
        return f"{plugin} (an installed package)"


def _is_defined_again(value: object, place: Place, other: object, there: Place) -> bool:
    """Return whether `value` is the definition of `other` run again, not another of its name."""
    if value is other:
        return True
    if place.module != there.module:
        return False
    name, other_name = (getattr(one, "__qualname__", None) for one in (value, other))
    if name is None and place.module != "__main__":  # a group of problems
        return place == there
    return bool(name == other_name)


def _find_calling_place() -> Place:
    """Find the nearest caller outside the registry's own modules."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__") in _OWN_MODULES and frame.f_back is not None:
        frame = frame.f_back
    module = str(frame.f_globals.get("__name__", ""))
    return Place(module, frame.f_code.co_filename, frame.f_lineno)
