"""Examples that a data set holds but nobody can read: refused, or left out and counted."""

from __future__ import annotations

from dataclasses import dataclass

from t2t_mm.errors import UserError

HOW_TO_SKIP = (
    "Mend it or take it out; with skip_bad_examples = True in the problem's class such examples "
    "are left out and counted."
)


class BadExampleError(UserError):
    """A picture that cannot be decoded, a sound without samples: the data's fault, not the code's.

    A problem with `skip_bad_examples` goes on without it; else it is refused with `HOW_TO_SKIP`.
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
