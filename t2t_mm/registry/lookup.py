"""From names to problems and modalities.

A problem's name is `NAME`, `NAME/ARGUMENT` where the class takes an argument (as in
`text2text_files/en-de`), and either with `_rev` at the end: the same text-to-text problem with
inputs and targets exchanged, reading the same generated data.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.lent_backend import lend_backend
from t2t_mm.registry.problem_names import ProblemName, fill_in_argument, parse_problem_name
from t2t_mm.registry.registration import (
    GROUPS,
    HPARAMS,
    KINDS,
    MODALITIES,
    PROBLEMS,
    RATE_FUNCTIONS,
    STUDIES,
)


def problem_names() -> list[str]:
    """List the registered problems, sorted, without arguments and reversals; import none."""
    return PROBLEMS.names()


def hparams_names() -> list[str]:
    """List the hparams sets, sorted."""
    return HPARAMS.names()


def group_names() -> list[str]:
    """List the groups of problems, sorted."""
    return GROUPS.names()


def problem_class(name: str) -> type[Any]:
    """Return the class behind a problem's name.

    Args:
        name: `NAME`, `NAME/ARGUMENT`, either with `_rev`.

    Returns:
        The registered class; for `_rev` a class derived from it with `reverse_of` set to the
        name without `_rev`. The reversal of a problem that is itself declared as a reversal is
        the problem it reverses.

    Raises:
        UserError: The name is unknown, an argument is given to a class that takes none, or a
            problem that is not text to text is reversed.

    Example:
        >>> problem_class("mini_ende_rev").reverse_of
        'mini_ende'
    """
    return _resolve_name(name)[1]


def problem(
    name: str, *, data_dir: str | Path | None = None, tmp_dir: str | Path | None = None
) -> Any:
    """Make the problem of this name.

    Args:
        name: `NAME`, `NAME/ARGUMENT`, either with `_rev`.
        data_dir: Folder of generated data.
        tmp_dir: Folder of raw files.

    Returns:
        An instance; nothing is opened yet.

    Raises:
        UserError: As for `problem_class`.

    Example:
        >>> problem("text2text_files/en-de", tmp_dir="corpus").argument
        'en-de'
    """
    parsed, cls = _resolve_name(name)
    return cls(name=str(parsed), argument=parsed.argument, data_dir=data_dir, tmp_dir=tmp_dir)


def modality(name: str) -> Any:
    """Return the class of the modality called `name`.

    Raises:
        UserError: There is none.
    """
    with lend_backend():
        return MODALITIES.lookup(name)


def import_user_modules(entries: str | Iterable[str]) -> None:
    """Import folders, files and packages that register problems of the user's own.

    Args:
        entries: Paths or importable names; several may be given with commas.

    Raises:
        UserError: An entry does not exist, fails to import (file and line are named), or
            registers nothing.
    """
    from t2t_mm.registry.user_modules import import_entries

    tables = [PROBLEMS, KINDS, MODALITIES, HPARAMS, GROUPS, STUDIES, RATE_FUNCTIONS]
    with lend_backend():
        import_entries(entries, tables)


def _resolve_name(name: str) -> tuple[ProblemName, type[Any]]:
    """Take a name apart and find its class; the parts returned are those of the final problem."""
    parsed = parse_problem_name(name)
    cls = PROBLEMS.lookup(parsed.base, asked=name)
    if parsed.argument and not cls.takes_argument:
        raise UserError(
            f"The problem {parsed.base!r} takes no argument after a slash",
            received={"name": name},
        )
    if cls.reverse_of:
        _check_reversal_ends(parsed.base)
    if not parsed.is_reversed:
        return parsed, cls
    if cls.reverse_of:
        return _resolve_name(fill_in_argument(cls.reverse_of, parsed.argument))
    return parsed, _reverse_class(cls, parsed)


def _check_reversal_ends(name: str) -> None:
    """Refuse problems that are declared as reversals of each other, or of themselves."""
    chain = [name]
    while name in PROBLEMS and (reverse_of := PROBLEMS.lookup(name).reverse_of):
        name = parse_problem_name(reverse_of).base
        if name in chain:
            raise UserError(
                f"The problem {chain[0]!r} is in the end the reversal of itself",
                received={"reverse_of": " -> ".join([*chain, name])},
                fix="One of these has to read data of its own.",
            )
        chain.append(name)


def _reverse_class(cls: type[Any], parsed: ProblemName) -> type[Any]:
    sides = dict(cls.modalities)
    if set(sides) != {"inputs", "targets"} or not all(
        getattr(side, "is_text", False) for side in sides.values()
    ):
        raise UserError(
            f"Only a text-to-text problem can be reversed, and {parsed.base!r} is none",
            received={"name": str(parsed), "modalities": sides},
            fix="`_rev` at the end of a name stands for that: call a folder of yours otherwise.",
        )
    members = {"reverse_of": parsed.forward, "__module__": cls.__module__, "__doc__": cls.__doc__}
    named = inspect.getattr_static(cls, "metrics", None)
    if isinstance(named, tuple) and "brackets" in named:  # there are none in sentences
        members["metrics"] = sides["inputs"].metrics
    return type(f"{cls.__name__}Reversed", (cls,), members)


def write_full_name(name: str) -> str:
    """Return the name of the problem that a name stands for; of a declared reversal its own.

    Raises:
        UserError: There is none, or it cannot be reversed.

    Example:
        >>> write_full_name("mini_deen_rev"), write_full_name("mini_parse_rev")
        ('mini_ende', 'mini_parse_rev')
    """
    return str(_resolve_name(name)[0])


def is_problem_name(name: str) -> bool:
    """Return whether `name` is a registered problem, with argument and reversal as they may be."""
    return parse_problem_name(name).base in PROBLEMS
