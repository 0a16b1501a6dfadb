"""Names for problems, modalities, hparams sets and groups of problems.

A problem's name is `NAME`, `NAME/ARGUMENT` where the class takes an argument (as in
`text2text_files/en-de`), and either with `_rev` at the end: the same text-to-text problem with
inputs and targets exchanged, reading the same generated data.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.problem_names import REVERSE_SUFFIX, ProblemName, expand_list, parse_problem_name
from t2t_mm.tables import Registry

if TYPE_CHECKING:
    from t2t_mm.config import HParams
    from t2t_mm.data.problem import Problem

__all__ = [
    "GROUPS",
    "HPARAMS",
    "MODALITIES",
    "PROBLEMS",
    "Group",
    "Registry",
    "expand_problems",
    "group_names",
    "hparams",
    "hparams_names",
    "import_user_modules",
    "modality",
    "problem",
    "problem_class",
    "problem_names",
    "register_group",
    "register_hparams",
    "register_modality",
    "register_problem",
]

ENTRY_POINT_GROUP = "t2t_mm.problems"

_BUILTIN_MODALITIES = {"language": "t2t_mm.modalities.language"}
_USER_DIR_HINT = (
    "Your own are imported with --t2t_usr_dir=FOLDER (or a file, or a package); "
    "`t2t-registry list` shows all names."
)

C = TypeVar("C", bound=type)


@dataclass(frozen=True)
class Group:
    """A name for a list of problems.

    Args:
        names: The problems, in order.
        doc: One line that says what they have in common.
    """

    names: tuple[str, ...]
    doc: str = ""


def _builtin_problems() -> Mapping[str, str]:
    table: dict[str, str] = importlib.import_module("t2t_mm.problems").BUILTIN
    return table


def _builtin_hparams() -> Mapping[str, str]:
    table: dict[str, str] = importlib.import_module("t2t_mm.hparams").BUILTIN
    return table


def _builtin_groups() -> Mapping[str, str]:
    return dict.fromkeys(importlib.import_module("t2t_mm.problems").GROUPS, "t2t_mm.problems")


@functools.cache
def _entry_points() -> Mapping[str, str]:
    """Problems of installed packages: the entry point's name is the problem's."""
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    return {point.name: point.module for point in points}


PROBLEMS: Registry[type[Problem]] = Registry(
    "problem", builtin=_builtin_problems, plugins=_entry_points, how_to_add=_USER_DIR_HINT
)
MODALITIES: Registry[Any] = Registry("modality", builtin=lambda: _BUILTIN_MODALITIES)
HPARAMS: Registry[Callable[[], HParams]] = Registry(
    "hparams set", builtin=_builtin_hparams, how_to_add=_USER_DIR_HINT
)
GROUPS: Registry[Group] = Registry("group of problems", builtin=_builtin_groups)


@overload
def register_problem(name_or_class: None = None) -> Callable[[C], C]: ...
@overload
def register_problem(name_or_class: str) -> Callable[[C], C]: ...
@overload
def register_problem(name_or_class: C) -> C: ...
def register_problem(name_or_class: Any = None) -> Any:
    """Decorator: enter a problem's class; nothing is opened or built.

    Args:
        name_or_class: The name, by default the class's own in snake_case.

    Raises:
        UserError: The name is taken or malformed, or this is not a problem's class.

    Example:
        >>> @register_problem
        ... class ReverseWords(Problem): ...   # its name: reverse_words
    """
    return _decorate(name_or_class, _enter_problem)


def register_hparams(name_or_function: Any = None) -> Any:
    """Decorator: enter a function without arguments that returns an `HParams`.

    Args:
        name_or_function: The set's name, by default the function's own.
    """
    return _decorate(name_or_function, HPARAMS.register)


def register_modality(name_or_class: Any = None) -> Any:
    """Decorator: enter a modality's class.

    Args:
        name_or_class: The name, by default the class's own in snake_case, without `_modality`.
    """
    return _decorate(name_or_class, MODALITIES.register, drop_suffix="_modality")


def register_group(name: str, names: Iterable[str], doc: str = "") -> None:
    """Give a list of problems a name.

    Args:
        name: The group's name; no problem may have it.
        names: The problems; they need not be registered yet.
        doc: One line that says what they have in common.
    """
    if name in PROBLEMS:
        raise UserError(f"The group {name!r} has the name of a problem", fix="Rename the group.")
    GROUPS.register(name, Group(tuple(names), doc))


def problem_names() -> list[str]:
    """All registered problems, sorted, without arguments and reversals; imports none of them."""
    return PROBLEMS.names()


def hparams_names() -> list[str]:
    """All hparams sets, sorted."""
    return HPARAMS.names()


def group_names() -> list[str]:
    """All groups of problems, sorted."""
    return GROUPS.names()


def problem_class(name: str) -> type[Problem]:
    """The class behind a problem's name.

    Args:
        name: `NAME`, `NAME/ARGUMENT`, either with `_rev`.

    Returns:
        The registered class; for `_rev` a class derived from it with `reverse_of` set to the
        name without `_rev`. The reversal of a problem that is itself declared as a reversal is
        the problem it reverses.

    Raises:
        UserError: The name is unknown, an argument is given to a class that takes none, or a
            problem that is not text to text is reversed.
    """
    return _resolve(name)[1]


def problem(
    name: str, *, data_dir: str | Path | None = None, tmp_dir: str | Path | None = None
) -> Problem:
    """Make the problem of this name.

    Args:
        name: `NAME`, `NAME/ARGUMENT`, either with `_rev`.
        data_dir: Folder of generated data.
        tmp_dir: Folder of raw files.

    Returns:
        An instance; nothing is opened yet.

    Raises:
        UserError: As for `problem_class`.
    """
    parsed, cls = _resolve(name)
    return cls(name=str(parsed), argument=parsed.argument, data_dir=data_dir, tmp_dir=tmp_dir)


def modality(name: str) -> Any:
    """The class of the modality `name`."""
    return MODALITIES.lookup(name)


def hparams(name: str) -> HParams:
    """Make the registered hparams set `name`.

    Raises:
        UserError: The name is unknown, or its function returns something else.
    """
    from t2t_mm.config import HParams

    values = HPARAMS.lookup(name)()
    if not isinstance(values, HParams):
        raise UserError(
            f"The hparams set {name!r} does not return an HParams", received={"value": values}
        )
    return values


def expand_problems(spec: str | Iterable[str], exclude: str | Iterable[str] = "") -> list[str]:
    """Write a list of problems out.

    Args:
        spec: Names, globs, groups and old dash lists (`a-b-c`), parted by commas; or several.
        exclude: The same, for what to leave out.

    Returns:
        Full names in the order given, each once.

    Raises:
        UserError: A name is unknown, a glob matches nothing, or nothing is left.

    Example:
        >>> expand_problems("mini_text", exclude="*fr*")
        ['mini_ende', 'mini_deen']
    """
    left_out = set(_expand(exclude))
    found = [name for name in _expand(spec) if name not in left_out]
    if not found:
        raise UserError(
            "No problem is named" if not left_out else "The exclusion leaves no problem",
            received={"problems": spec, **({"exclude": exclude} if left_out else {})},
            fix="`t2t-registry list` shows all names.",
        )
    return found


def import_user_modules(entries: str | Iterable[str]) -> None:
    """Import folders, files and packages that register problems of the user's own.

    Args:
        entries: Paths or importable names; several may be given with commas.

    Raises:
        UserError: An entry does not exist, fails to import (file and line are named), or
            registers nothing.
    """
    from t2t_mm.user_modules import import_entries

    import_entries(entries, [PROBLEMS, MODALITIES, HPARAMS, GROUPS])


def _decorate(target: Any, register: Callable[[str, Any], None], drop_suffix: str = "") -> Any:
    """Serve a decorator that is used bare, with empty parentheses or with a name."""

    def enter(value: Any) -> Any:
        name = target if isinstance(target, str) else _snake_case(value.__name__)
        register(name.removesuffix(drop_suffix), value)
        return value

    return enter if target is None or isinstance(target, str) else enter(target)


def _enter_problem(name: str, cls: type[Problem]) -> None:
    if not isinstance(cls, type) or not callable(getattr(cls, "generate", None)):
        raise UserError(
            f"What is registered as the problem {name!r} is not a problem",
            expected="a class derived from t2t_mm.Problem",
            received={"value": cls},
        )
    if name.endswith(REVERSE_SUFFIX):
        raise UserError(
            f"The problem name {name!r} ends in '_rev', which stands for a reversal",
            fix=f"Register {name.removesuffix(REVERSE_SUFFIX)!r}; its reversal then exists.",
        )
    PROBLEMS.register(name, cls)


def _resolve(name: str) -> tuple[ProblemName, type[Problem]]:
    """Take a name apart and find its class; the parts returned are those of the final problem."""
    parsed = parse_problem_name(name)
    if parsed.base not in PROBLEMS:
        raise PROBLEMS.unknown(name)
    cls = PROBLEMS.lookup(parsed.base)
    if parsed.argument and not cls.takes_argument:
        raise UserError(
            f"The problem {parsed.base!r} takes no argument after a slash",
            received={"name": name},
        )
    if not parsed.is_reversed:
        return parsed, cls
    if cls.reverse_of:
        return _resolve(cls.reverse_of)
    return parsed, _reversed_class(cls, parsed)


@functools.cache
def _reversed_class(cls: type[Problem], parsed: ProblemName) -> type[Problem]:
    sides = dict(cls.modalities)
    if set(sides) != {"inputs", "targets"} or not all(
        isinstance(side, Language) for side in sides.values()
    ):
        raise UserError(
            f"Only a text-to-text problem can be reversed, and {parsed.base!r} is none",
            received={"modalities": sides},
        )
    members = {"reverse_of": parsed.forward, "__module__": cls.__module__, "__doc__": cls.__doc__}
    return type(f"{cls.__name__}Reversed", (cls,), members)


def _is_problem_name(name: str) -> bool:
    return parse_problem_name(name).base in PROBLEMS


def _expand(spec: str | Iterable[str]) -> list[str]:
    groups = {name: GROUPS.lookup(name).names for name in GROUPS.names()}
    return expand_list(
        spec,
        names=PROBLEMS.names(),
        groups=groups,
        is_name=_is_problem_name,
        unknown=PROBLEMS.unknown,
    )


def _snake_case(name: str) -> str:
    """`ReverseWords` -> `reverse_words`, `WMTEnDe2` -> `wmt_en_de2`."""
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()
