"""The grammar of problem names: reversal and arguments.

NAME                 mini_ende
NAME/ARGUMENT        text2text_files/en-de, text2text_files/europarl/en-de
..._rev              mini_ende_rev, text2text_files/en-de_rev
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from t2t_mm.errors import UserError

REVERSE_SUFFIX = "_rev"

_ARGUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True)
class ProblemName:
    """A problem's name in parts.

    Args:
        base: The registered name.
        argument: What follows the first slash, or an empty string.
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
            expected="letters, digits and '_.-', beginning with a letter or digit; several such "
            "parts between slashes",
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
