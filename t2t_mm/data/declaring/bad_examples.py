"""Examples that a data set holds but nobody can read: refused, or left out and counted."""

from __future__ import annotations

from dataclasses import dataclass

from t2t_mm.errors import UserError

HOW_TO_SKIP = (
    "Mend it or take it out; without --strict, and without skip_bad_examples = False in the "
    "problem's class, such examples are left out and counted."
)
MOST_BAD = 20
"""So many bad examples of a split are left out however small it is; see `Problem.max_bad_share`."""


class BadExampleError(UserError):
    """A picture that cannot be decoded, a sound without samples: the data's fault, not the code's.

    Generation goes on without it, up to `Problem.max_bad_share`; or it is refused with
    `HOW_TO_SKIP`.
    """


class UnreadableFileError(UserError):
    """A raw file that is there and cannot be read: neither the data's fault nor the code's.

    It always stops the generation: a fault of a disk or network must not give a smaller data set.
    """


@dataclass(frozen=True)
class SkippedExample:
    """Stands in the stream of records where an example was left out.

    Args:
        reason: Which one, and why.
    """

    reason: str
