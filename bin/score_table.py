"""Scores as a table for a person, with a few samples below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

_LEGEND = (
    "BLEU: decoded; shuffled: BLEU of the outputs of other inputs. Teacher-forced: log ppl in nats "
    "per token, accuracy of tokens and of whole sequences."
)


def print_scores(scores: Mapping[str, Mapping[str, Any]], console: Console | None = None) -> None:
    """Prints a row for each problem, then sample outputs.

    Args:
        scores: what `evaluate` returns.
        console: where to; standard output by default.
    """
    console = console or Console()
    console.print(_table(scores))
    console.print(_LEGEND, style="dim", highlight=False)
    for name, result in scores.items():
        for sample in result.get("samples", [])[:2]:
            console.print(f"\n{name}", style="bold")
            for key in ("input", "reference", "decoded"):
                console.print(f"  {key:10}{sample[key]}", markup=False, highlight=False)
    signatures = {r["bleu_signature"] for r in scores.values() if "bleu_signature" in r}
    for signature in sorted(signatures):
        console.print(f"\nBLEU: {signature}", markup=False, highlight=False, soft_wrap=True)


def _table(scores: Mapping[str, Mapping[str, Any]]) -> Table:
    has_decoded = any("bleu" in result for result in scores.values())
    has_shuffled = any("shuffled_inputs" in result for result in scores.values())
    table = Table(box=None, pad_edge=False)
    table.add_column("problem")
    headings = [
        *(["BLEU"] if has_decoded else []),
        *(["shuffled"] if has_shuffled else []),
        "log ppl",
        "accuracy",
        "sequences",
        "examples",
    ]
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, result in scores.items():
        forced = result["teacher_forced"]
        table.add_row(
            name,
            *([_figure(result.get("bleu"))] if has_decoded else []),
            *([_figure(result.get("shuffled_inputs", {}).get("bleu"))] if has_shuffled else []),
            f"{forced['log_perplexity']:.3f}",
            f"{forced['accuracy']:.1f}%",
            f"{forced['sequence_accuracy']:.1f}%",
            f"{forced['examples']:,.0f}",
        )
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
