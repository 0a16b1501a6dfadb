"""The records of one split on their way to the writer, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2t_mm.data.declaring.bad_examples import HOW_TO_SKIP, SkippedExample, describe_most_bad
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import KeyedRecord, generate_records_in_processes
from t2t_mm.data.records.example_records import LengthMeter
from t2t_mm.errors import UserError

_REASONS_TOLD, _REASONS_IN_ERROR = 5, 3


@dataclass
class Tally:
    """What was counted of one split: examples by feature and length, and those left out.

    Args:
        known: Hashes of the reasons that some split counted: a file that is read for several
            splits has each of its bad examples once.
    """

    lengths: dict[str, Counter[int]] = field(default_factory=dict)
    skipped: int = 0
    known: set[int] = field(default_factory=set)
    first_reasons: list[str] = field(default_factory=list)

    def count(self, positions: Mapping[str, int]) -> None:
        """Count an example by the positions of each feature."""
        for feature, number in positions.items():
            self.lengths.setdefault(feature, Counter())[number] += 1

    def leave_out(self, reason: str) -> bool:
        """Count an example that was left out; return whether it is one of the first to tell."""
        if hash(reason) in self.known:
            return False
        self.known.add(hash(reason))
        self.skipped += 1
        if self.skipped > _REASONS_TOLD:
            return False
        self.first_reasons.append(reason)
        return True


def tally_records(
    base: Problem, split: str, data_dir: Path, options: GenerationOptions, tally: Tally
) -> Iterator[KeyedRecord]:
    """Yield the records of a split and count them, and what was left out, on the way."""
    meter = LengthMeter(base)
    for key, result in generate_records_in_processes(base, split, data_dir, options):
        if isinstance(result, SkippedExample):
            if not base.max_bad_share:
                raise UserError(result.reason, fix=HOW_TO_SKIP)
            if tally.leave_out(result.reason):
                options.tell(f"left out: {result.reason}")
        else:
            tally.count(meter.measure(result))
            yield key, result
    if tally.skipped:
        options.tell(f"{base.name}: {tally.skipped} examples of {split} were left out")
    check_tally(base, split, tally)


def check_tally(base: Problem, split: str, tally: Tally) -> None:
    """Refuse a split without examples, and one of which too many were left out."""
    if not tally.lengths:
        raise UserError(
            f"Problem {base.name} has no example in its split {split!r}",
            expected=f"at least one in each of {', '.join(base.splits)}",
            received={"left out as unreadable": tally.skipped} if tally.skipped else None,
            fix="Check the raw files, or leave the split out of the problem's `splits`.",
        )
    total = tally.skipped + max(lengths.total() for lengths in tally.lengths.values())
    if most := describe_most_bad(tally.skipped, total, base.max_bad_share):
        raise UserError(
            f"Problem {base.name}: {tally.skipped:,} of {total:,} examples of {split} cannot be "
            "read",
            expected=most,
            received={"first": "; ".join(tally.first_reasons[:_REASONS_IN_ERROR])},
            fix="Mend the raw data, or say how much of it may be left out with --max_bad_share.",
        )
