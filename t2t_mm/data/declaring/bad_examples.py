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


def describe_most_bad(skipped: int, total: int, max_bad_share: float) -> str:
    """Describe how many examples of a split may be left out, if more were; else "".

    Args:
        skipped: How many were left out.
        total: These, and those that were not.
        max_bad_share: See `Problem`.

    Example:
        >>> [describe_most_bad(21, total, 0.05) for total in (100, 1000)]
        ['at most 20, or 0.05 of a split', '']
    """
    most = MOST_BAD if max_bad_share else 0
    if skipped <= most or skipped <= max_bad_share * total:
        return ""
    return f"at most {most}, or {max_bad_share:.3g} of a split" if most else "none"


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
