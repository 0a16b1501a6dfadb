"""The grammar of problem names: reversal, arguments, lists, globs and groups.

NAME                 mini_ende
NAME/ARGUMENT        text2text_files/en-de
..._rev              mini_ende_rev, text2text_files/en-de_rev
list                 mini_ende,wmt_*,mini_text      (names, globs, groups)
old list             mini_ende-mini_enfr            (only where each part is a name)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypedDict, Unpack

from t2t_mm.errors import UserError

REVERSE_SUFFIX = "_rev"

_ARGUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class ProblemName:
    """A problem's name in parts.

    Args:
        base: The registered name.
        argument: What follows the slash, or an empty string.
        is_reversed: Whether inputs and targets are exchanged.

    Example:
        >>> parse_problem_name("text2text_files/en-de_rev")
        ProblemName(base='text2text_files', argument='en-de', is_reversed=True)
    """

    base: str
    argument: str = ""
    is_reversed: bool = False

    @property
    def forward(self) -> str:
        """The name without the reversal: the problem whose data is read."""
        return f"{self.base}/{self.argument}" if self.argument else self.base

    def __str__(self) -> str:
        return self.forward + (REVERSE_SUFFIX if self.is_reversed else "")


def parse_problem_name(name: str) -> ProblemName:
    """Take a name apart; whether the parts exist is not looked at.

    Args:
        name: `NAME`, `NAME/ARGUMENT`, either with `_rev`.

    Raises:
        UserError: The argument is malformed.
    """
    is_reversed = name.endswith(REVERSE_SUFFIX)
    forward = name.removesuffix(REVERSE_SUFFIX)
    base, slash, argument = forward.partition("/")
    if slash and not _ARGUMENT.fullmatch(argument):
        raise UserError(
            "The part after the slash of a problem's name is malformed",
            expected="letters, digits and '_.-', beginning with a letter or digit",
            received={"name": name},
        )
    return ProblemName(base, argument, is_reversed)


def fill_in_argument(name: str, argument: str) -> str:
    """Give a problem's name the argument of the one that refers to it, unless it has its own.

    Args:
        name: What a problem says it reverses: `NAME`, with or without argument and `_rev`.
        argument: That of the problem that says so; may be empty.

    Example:
        >>> fill_in_argument("files_rev", "en-de")
        'files/en-de_rev'
    """
    parsed = parse_problem_name(name)
    return str(replace(parsed, argument=parsed.argument or argument))


class Grammar(TypedDict):
    """What lists of names are read with.

    Args:
        names: The names that a glob chooses from.
        groups: Group name -> its problems.
        is_name: Whether a text is the name of a problem, with argument and reversal.
        unknown: Makes the error for a name that is none.
    """

    names: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    is_name: Callable[[str], bool]
    unknown: Callable[[str], UserError]


def expand_list(
    spec: str | Iterable[str], exclude: str | Iterable[str], **grammar: Unpack[Grammar]
) -> list[str]:
    """Write a list of problems out; the order is kept and duplicates are dropped.

    Args:
        spec: Names, globs, groups and old dash lists, parted by commas; or several of these.
        exclude: The same, for what to leave out; its globs choose from what was found.
        **grammar: See `Grammar`.

    Raises:
        UserError: A name is unknown, a glob matches nothing, an element of the exclusion leaves
            nothing out, or nothing is left.

    Example:
        >>> names = ["a", "b"]
        >>> grammar = Grammar(names=names, groups={}, is_name=names.__contains__, unknown=UserError)
        >>> expand_list("b,a,b", "", **grammar)
        ['b', 'a']
    """
    found: dict[str, None] = {}
    for part in _split_list(spec):
        chosen = _expand_part(part, grammar["names"], grammar)
        if not chosen:
            raise UserError(
                f"No problem matches {part!r}", fix="`t2t-registry list` shows all names."
            )
        found.update(dict.fromkeys(chosen))
    if not found:
        fix = "`t2t-registry list` shows all names."
        raise UserError("No problem is named", received={"problems": spec}, fix=fix)
    kept = _leave_out(list(found), exclude, grammar)
    if not kept:
        raise UserError(
            "The exclusion leaves no problem", received={"problems": spec, "exclude": exclude}
        )
    return kept


def _leave_out(found: Sequence[str], exclude: str | Iterable[str], grammar: Grammar) -> list[str]:
    out: set[str] = set()
    for part in _split_list(exclude):
        taken = set(_expand_part(part, found, grammar)).intersection(found)
        if not taken:
            raise UserError(
                f"Excluding {part!r} leaves nothing out",
                expected=f"some of {', '.join(found)}",
                received={"exclude": exclude},
            )
        out |= taken
    return [name for name in found if name not in out]


def _split_list(spec: str | Iterable[str]) -> list[str]:
    tokens = [spec] if isinstance(spec, str) else list(spec)
    parts = (part.strip() for token in tokens for part in token.split(","))
    return [part for part in parts if part]


def _expand_part(part: str, names: Sequence[str], grammar: Grammar) -> Sequence[str]:
    """Write out one element of a list."""
    groups, is_name = grammar["groups"], grammar["is_name"]
    if part in groups:
        return groups[part]
    if _GLOB.search(part):
        return [name for name in names if fnmatchcase(name, part)]
    if is_name(part):
        return [part]
    pieces = part.split("-")
    if len(pieces) > 1 and all(piece in groups or is_name(piece) for piece in pieces):
        return [name for piece in pieces for name in groups.get(piece, [piece])]
    raise grammar["unknown"](part)
