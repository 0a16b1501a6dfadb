"""`compare`: whether one run is better than another on the examples that both have decoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import KeptResults, list_results, suggest_evaluation
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import METRICS
from t2t_mm.scoring.paired import PairedDifference, compare_paired


def compare(run_a: str | Path, run_b: str | Path, *, split: str = "") -> dict[str, dict[str, Any]]:
    """Compare two runs on every problem that both have decoded; the Python form of `t2t-compare`.

    What `evaluate` kept is read; nothing is decoded.

    Args:
        run_a: A run, or one evaluation of it: `RUN/decoded/SPLIT-STEP`.
        run_b: Another; of the same run another checkpoint, say.
        split: Of which outputs are compared; by default the one that both have, of several that of
            which A has decoded last. A whole split goes before the first examples of one.

    Returns:
        By problem: `split`, `folders` (SPLIT-STEP of A and of B), `examples` (their number),
        `better` ("a", "b", or "" where no difference is shown), `verdict` (a sentence about the
        problem's main score), and under `scores` each score's `a`, `b`, `difference` (b - a), its
        95% `interval` and `p_value` (see `compare_paired`).

    Raises:
        UserError: A run has no outputs, the two have not decoded the same examples, they share
            no problem, or one with two examples, or have not scored one alike.
    """
    kept_a, kept_b = _choose_alike(Path(run_a), Path(run_b), split)
    results_a, results_b = kept_a.read(), kept_b.read()
    shared = [
        name
        for name in results_a
        if _list_metrics(results_a[name]) and _list_metrics(results_b.get(name, {}))
    ]
    if not shared:
        raise UserError(
            "The two share no problem that was decoded",
            received={"a": ", ".join(results_a), "b": ", ".join(results_b)},
            fix="Score one problem of both with t2t-eval, without --nodecode.",
        )
    compared: dict[str, dict[str, Any]] = {}
    alone = []
    for name in shared:
        metrics = _choose_metrics(name, results_a[name], results_b[name])
        a = kept_a.read_outputs(name, results_a[name])
        b = kept_b.read_outputs(name, results_b[name])
        _check_same_examples(name, a, b)
        if "bleu" in metrics:
            _check_same_tokenizer(name, a, b)
        if len(a.hypotheses) < 2:
            alone.append(name)
            continue
        compared[name] = {
            "split": kept_a.split,
            "folders": [kept_a.folder.name, kept_b.folder.name],
            **_compare_outputs(metrics, a, b),
        }
    if not compared:
        raise UserError(
            "Fewer than two examples cannot be compared",
            received={"problems": ", ".join(alone)},
            fix="Score both again on more: t2t-eval without --limit, or another --split.",
        )
    for name in alone:
        warn_once(f"{name} is not compared: fewer than two examples of it were decoded.")
    return compared


def _compare_outputs(metrics: Sequence[str], a: Decoded, b: Decoded) -> dict[str, Any]:
    """Compare two outputs of the same examples, by the first metric above all."""
    num_classes = min(a.num_classes, b.num_classes)  # top-5 is compared where both have it
    a, b = (dataclasses.replace(one, num_classes=num_classes) for one in (a, b))
    scores: dict[str, PairedDifference] = {}
    for metric in metrics:
        scores |= compare_paired(METRICS[metric].count(a), METRICS[metric].count(b))
    main = METRICS[metrics[0]]
    better = scores[main.key].name_better(main.lower_is_better)
    return {
        "examples": len(a.hypotheses),
        "better": better,
        "verdict": _say(better, scores[main.key].p_value),
        "scores": {key: dataclasses.asdict(score) for key, score in scores.items()},
    }


def _choose_alike(run_a: Path, run_b: Path, split: str) -> tuple[KeptResults, KeptResults]:
    """Choose the newest evaluations of the same split, and of as many of its examples."""
    by_kind = []
    for run in (run_a, run_b):
        kept = [one for one in list_results(run) if split in ("", one.split)]
        if not kept:
            raise UserError(
                f"No decoded outputs{split and f' of the {split} split'} in {run}",
                expected="a run that was scored, or its decoded/SPLIT-STEP",
                fix=suggest_evaluation(_find_run(run), split),
            )
        newest: dict[tuple[str, int], KeptResults] = {}
        for one in kept:  # the order is that of the last of each kind
            newest.pop((one.split, one.limit), None)
            newest[one.split, one.limit] = one
        by_kind.append(newest)
    of_a, of_b = by_kind
    shared = [kind for kind in of_a if kind in of_b]
    if not shared:
        wanted = list(of_a)[-1]
        raise UserError(
            "The two have not decoded the same split, or not as many examples of it",
            received={
                name: ", ".join(one.folder.name for one in kept.values())
                for name, kept in (("a", of_a), ("b", of_b))
            },
            fix=suggest_evaluation(_find_run(run_b), *wanted),
        )
    chosen = [kind for kind in shared if not kind[1]] or shared
    return of_a[chosen[-1]], of_b[chosen[-1]]


def _find_run(given: Path) -> Path:
    """Return the run of a folder `RUN/decoded/SPLIT-STEP`; a run is its own."""
    return given.parent.parent if given.parent.name == "decoded" else given


def _list_metrics(result: Mapping[str, Any]) -> list[str]:
    """List the metrics by which a problem was scored, the main one first."""
    names = {metric.key: name for name, metric in METRICS.items()}
    return [names[key] for key in result if key in names]


def _choose_metrics(name: str, of_a: Mapping[str, Any], of_b: Mapping[str, Any]) -> list[str]:
    """Choose the metrics by which both were scored, in the order of the first."""
    metrics_a, metrics_b = _list_metrics(of_a), _list_metrics(of_b)
    if shared := [metric for metric in metrics_a if metric in metrics_b]:
        return shared
    raise UserError(
        f"The two runs scored {name} by other metrics: they cannot be compared",
        received={"a": ", ".join(metrics_a), "b": ", ".join(metrics_b)},
        fix="Score both again: t2t-eval.",
    )


def _check_same_tokenizer(name: str, a: Decoded, b: Decoded) -> None:
    if a.tokenizer != b.tokenizer:
        raise UserError(
            f"BLEU of {name} was scored with two tokenizers: the scores cannot be compared",
            received={"a": a.tokenizer, "b": b.tokenizer},
            fix="Score both again on one machine: t2t-eval.",
        )


def _check_same_examples(name: str, a: Decoded, b: Decoded) -> None:
    for what, ours, theirs in (
        ("references", a.references, b.references),
        ("inputs", a.inputs, b.inputs),
    ):
        if list(ours) != list(theirs):
            raise UserError(
                f"The two runs decoded other examples of {name}: they cannot be paired",
                expected=f"the same {what} in the same order",
                received={"a": _show_first(ours, theirs), "b": _show_first(theirs, ours)},
                fix="Score both on the same data: t2t-eval --data_dir=....",
            )


def _show_first(ours: Sequence[Any], others: Sequence[Any]) -> str:
    """Show the first entry that differs, and of how many."""
    pairs = enumerate(ours)
    place = next((i for i, one in pairs if i >= len(others) or one != others[i]), len(ours))
    shown = f"{ours[place]!r}" if place < len(ours) else "none"
    return f"{len(ours):,} examples; number {place} is {shown}"


def _say(better: str, p_value: float) -> str:
    p = f"(p = {p_value:.2g})"
    return f"{better.upper()} is better {p}" if better else f"no difference shown {p}"
