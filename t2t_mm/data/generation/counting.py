"""The records of one split on their way to the writer, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import KeyedRecord, generate_records_in_processes
from t2t_mm.data.records.example_records import LengthMeter
from t2t_mm.errors import UserError

_REASONS_TOLD = 5


@dataclass
class Tally:
    """What was counted of one split: examples by feature and length, and those left out."""

    lengths: dict[str, Counter[int]] = field(default_factory=dict)
    skipped: int = 0

    def count(self, positions: Mapping[str, int]) -> None:
        """Count an example by the positions of each feature."""
        for feature, number in positions.items():
            self.lengths.setdefault(feature, Counter())[number] += 1


def tally_records(
    base: Problem, split: str, data_dir: Path, options: GenerationOptions, tally: Tally
) -> Iterator[KeyedRecord]:
    """Yield the records of a split and count them, and what was left out, on the way."""
    meter = LengthMeter(base)
    for key, result in generate_records_in_processes(base, split, data_dir, options):
        if isinstance(result, SkippedExample):
            tally.skipped += 1
            if tally.skipped <= _REASONS_TOLD:
                options.tell(f"left out: {result.reason}")
        else:
            tally.count(meter.measure(result))
            yield key, result
    if tally.skipped:
        options.tell(f"{base.name}: {tally.skipped} examples of {split} were left out")
    check_not_empty(base, split, tally)


def check_not_empty(base: Problem, split: str, tally: Tally) -> None:
    """Refuse a split without examples."""
    if not tally.lengths:
        raise UserError(
            f"Problem {base.name} has no example in its split {split!r}",
            expected=f"at least one in each of {', '.join(base.splits)}",
            received={"left out as unreadable": tally.skipped} if tally.skipped else None,
            fix="Check the raw files, or leave the split out of the problem's `splits`.",
        )
