"""The table at the end of a program of this folder: what came of damage, by kind of file."""

from __future__ import annotations

from collections import Counter

from fuzz.attempts import BROKEN


def print_table(outcomes: Counter[tuple[str, ...]]) -> int:
    """Print how often each outcome came of each kind of file.

    Args:
        outcomes: (Kind of file, outcome) -> how often.

    Returns:
        The exit code of the program: 1 where a law was broken.
    """
    rows = sorted({what for what, _ in outcomes})
    columns = sorted({outcome for _, outcome in outcomes})
    print("\n| file | " + " | ".join(columns) + " | all |")
    print("| --- |" + " ---: |" * (len(columns) + 1))
    for row in rows:
        counts = [outcomes[row, column] for column in columns]
        print(f"| {row} | " + " | ".join(map(str, [*counts, sum(counts)])) + " |")
    totals = [sum(outcomes[row, column] for row in rows) for column in columns]
    print("| all | " + " | ".join(map(str, [*totals, sum(totals)])) + " |")
    return int(any(outcome.startswith(BROKEN) for _, outcome in outcomes))
