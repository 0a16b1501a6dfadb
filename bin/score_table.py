"""Scores as a table for a person, with a few samples below it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from t2t_mm.bin.command import make_console
from t2t_mm.features import NO_OUTPUT
from t2t_mm.scoring.metrics import (
    FEW_EXAMPLES,
    find_main_interval,
    find_main_score,
    list_other_scores,
    write_count,
)

_DECODED = (
    "Scores are of the decoded outputs of n examples, in percent; of error rates (WER, CER) less "
    "is better."
)
_INTERVAL = (
    "\N{PLUS-MINUS SIGN} Half of the 95% interval from resampling these examples; what another "
    "seed of training would change is not in it."
)
FEW_NOTE = f"* Fewer than {FEW_EXAMPLES} examples: no base for conclusions."
_FORCED = (
    "With the true symbols before given: log ppl in nats per token or class; acc. and seq. the "
    "percentage of tokens and of whole outputs that are right, of n examples."
)


class _Column(NamedTuple):
    """A column beside the score: its heading and what it means."""

    heading: str
    note: str


# Key of a problem's result -> the column of its scores.
_BESIDE = {
    "shuffled_inputs": _Column(
        "shuffled",
        "Shuffled: the same outputs against the references of other inputs, what a model reaches "
        "that does not read its input.",
    ),
    "baseline": _Column(
        "baseline", "Baseline: the most frequent target of the training split as every output."
    ),
}
_SAMPLE_KEYS = ("input", "picture", "sound", "reference", "decoded")


def print_scores(
    scores: Mapping[str, Mapping[str, Any]], output_dir: str | Path, console: Console | None = None
) -> None:
    """Print a table of decoded scores, one of teacher-forced scores, then sample outputs.

    Args:
        scores: What `evaluate` returns.
        output_dir: The run, where all outputs are.
        console: Where to; standard output by default.
    """
    console = console or make_console()
    for table, notes in (_make_decoded_table(scores), _make_forced_table(scores)):
        if table.columns:
            console.print(table)
            console.print(notes, style="dim", highlight=False)
            console.print()
    for name, result in scores.items():
        for sample in result.get("samples", [])[:2]:
            console.print(f"\n{name}", style="bold")
            for key in _SAMPLE_KEYS:
                shown = sample.get(key) or (NO_OUTPUT if key == "decoded" else "")
                if key == "reference":
                    shown = " | ".join(sample.get("references") or [shown])
                if shown.strip():
                    console.print(f"  {key:10}{shown}", markup=False, highlight=False)
    for line in _list_signatures(scores):
        console.print(f"\n{line}", markup=False, highlight=False, soft_wrap=True)
    files = [Path(result["outputs"]) for result in scores.values() if "outputs" in result]
    if files:
        path = Path(output_dir) / (
            files[0] if len(files) == 1 else files[0].with_name("*.outputs.jsonl")
        )
        said = f"\nEvery output with the score of its example: {path}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def list_score_lines(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the main scores of each problem in a line, to be read beside those of other steps."""
    lines, width = [], max(map(len, scores))
    for name, result in scores.items():
        main = _format_main_score(result, result, with_label=True)
        log_perplexity = f"log ppl {result['teacher_forced']['log_perplexity']:.3f}"
        lines.append(f"{name:{width}}  {log_perplexity}  {main}".rstrip())
    return lines


def _make_decoded_table(scores: Mapping[str, Mapping[str, Any]]) -> tuple[Table, str]:
    """Make the table of decoded scores, and what its columns mean; empty if nothing was decoded."""
    table = Table(box=None, pad_edge=False)
    if not any(find_main_score(result) for result in scores.values()):
        return table, ""
    beside = [key for key in _BESIDE if any(key in result for result in scores.values())]
    table.add_column("problem", no_wrap=True, overflow="fold")
    for heading in ("score", "n", *(_BESIDE[key].heading for key in beside)):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("other scores")
    for name, result in scores.items():
        others = [f"{label} {value:.1f}" for label, value in list_other_scores(result).items()]
        table.add_row(
            name,
            _format_main_score(result, result, with_label=True),
            write_count(result),
            *(_format_main_score(result, result.get(key, {})) for key in beside),
            ", ".join(others),
        )
    interval = [_INTERVAL] if any(map(find_main_interval, scores.values())) else []
    few = [FEW_NOTE] if any("*" in write_count(result) for result in scores.values()) else []
    return table, " ".join([_DECODED, *interval, *few, *(_BESIDE[key].note for key in beside)])


def _make_forced_table(scores: Mapping[str, Mapping[str, Any]]) -> tuple[Table, str]:
    """Make the table of teacher-forced scores, and what its columns mean."""
    table = Table(box=None, pad_edge=False)
    table.add_column("problem", no_wrap=True, overflow="fold")
    for heading in ("log ppl", "acc.", "seq.", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, result in scores.items():
        forced = result["teacher_forced"]
        table.add_row(
            name,
            f"{forced['log_perplexity']:.3f}",
            f"{forced['accuracy']:.1f}",
            f"{forced['sequence_accuracy']:.1f}",
            f"{forced['examples']:,.0f}",
        )
    return table, _FORCED


def _format_main_score(
    result: Mapping[str, Any], scores: Mapping[str, Any], with_label: bool = False
) -> str:
    """Format the main score of `result` as it stands in `scores`; empty where it does not."""
    main = find_main_score(result)
    if main is None or main.key not in scores:
        return ""
    label = f"{main.label} " if with_label else ""
    interval = find_main_interval(scores)
    around = f" \N{PLUS-MINUS SIGN}{(interval[1] - interval[0]) / 2:.1f}" if interval else ""
    return f"{label}{scores[main.key]:.1f}{around}"


def _list_signatures(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List how scores were computed, once for each way."""
    ending = "_signature"
    found = {
        f"{key.removesuffix(ending).upper().replace('_', '-')}: {value}"
        for result in scores.values()
        for key, value in result.items()
        if key.endswith(ending)
    }
    return sorted(found)
