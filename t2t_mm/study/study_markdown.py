"""A study as Markdown: sentences first, then the tables, each number a link to its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.study.gradient_tables import GRADIENTS, make_gradient_tables
from t2t_mm.study.seed_statistics import OPEN
from t2t_mm.study.study_results import write_sentence

RULES = (
    "A number is the mean over seeds with its standard deviation (of a sample). A gain is the "
    "difference of two runs of the same seed, positive where the claim says so; its 95% interval "
    "is Student's t over the seeds. A claim is supported where the interval of the mean gain over "
    "its rows is above 0 (or above minus its margin), contradicted where it is below, else open; "
    "of fewer than two seeds it is always open. Verdicts of single rows are not corrected for "
    "their number: of 20 rows without a difference one is judged wrongly on average. Runs that "
    "failed or diverged count for nothing."
)
RESAMPLED = (
    "Over examples: the 95% interval that resampling the examples alone gives (1,000 times, the "
    "same for all runs); what other seeds would change is not in it."
)

MAP = (
    "Gains of a row in each column, positive where the column is better; in bold where the 95% "
    "interval over the seeds leaves out 0."
)


def render_markdown(found: Mapping[str, Any]) -> str:
    """Write a study as Markdown.

    Args:
        found: What `collect_results` returned.
    """
    lines = [f"# {_escape(found['title'])}", "", write_progress(found), "", RULES, ""]
    sentences = [write_sentence(one) for table in found["tables"] for one in table["claims"]]
    lines += [f"- {_escape(sentence)}" for sentence in sentences]
    for table in found["tables"]:
        lines += ["", f"## {_escape(table['title'])}", ""]
        told = [_escape(one) for one in (table["note"], table["source"]) if one]
        lines += [part for one in told for part in (one, "")]
        lines += _write_scores(table, found["cells"])
        if table["gains"]:
            lines += ["", MAP, "", *_write_map(table)]
        for claim in table["claims"]:
            lines += ["", _escape(write_sentence(claim)), "", *_write_gains(claim)]
    if found["gradients"]:
        lines += ["", "## Gradients", "", GRADIENTS, "", _write_run_of(found["gradients"]), ""]
        for table in make_gradient_tables(found["gradients"]):
            lines += ["", f"**{_escape(table['title'])}**", "", *_write_map(table)]
    lines += ["", "## Cells", "", *_write_cells(found["cells"]), ""]
    return "\n".join(lines)


def write_progress(found: Mapping[str, Any]) -> str:
    """Write how many runs of a study are done, and on what they are scored.

    Example:
        >>> run = {"state": "done", "seconds": 90.0}
        >>> cells = {"a": {"runs": {"1": run, "2": {**run, "state": "failed"}}}}
        >>> write_progress({"cells": cells, "split": "test", "limit": 0})
        '1 of 2 runs done, 1 failed, in 180 s; scored on the test split.'
    """
    runs = [run for cell in found["cells"].values() for run in cell["runs"].values()]
    states = [run["state"] for run in runs]
    others = [
        f", {states.count(state)} {state}" for state in dict.fromkeys(states) if state != "done"
    ]
    first = f"up to {found['limit']:,} first examples of " if found["limit"] else ""
    seconds = sum(run["seconds"] for run in runs)
    return (
        f"{states.count('done')} of {len(runs)} runs done{''.join(others)}, in {seconds:,.0f} s; "
        f"scored on {first}the {found['split']} split."
    )


def write_mean(place: Mapping[str, Any] | None) -> str:
    """Write the mean and the deviation of a place in a table, and which runs are not in it.

    Example:
        >>> write_mean({"mean": 71.25, "deviation": 1.5, "missing": {"failed": 1}})
        '71.25 ± 1.50 (1 failed)'
        >>> write_mean({"mean": None, "missing": {"not run": 3}}), write_mean(None)
        ('3 not run', '')
    """
    if place is None:
        return ""
    missing = ", ".join(f"{number} {state}" for state, number in place["missing"].items())
    if place["mean"] is None:
        return missing or "no score"
    deviation = place["deviation"]
    written = f"{place['mean']:.2f}" + ("" if deviation is None else f" ± {deviation:.2f}")
    return f"{written} ({missing})" if missing else written


def name_score_of(row: Mapping[str, Any]) -> str:
    """Name a row's score, with an arrow where less is better."""
    return f"{row['metric']} \N{DOWNWARDS ARROW}" if row["lower_is_better"] else str(row["metric"])


def write_interval(interval: Sequence[float] | None) -> str:
    """Write an interval of gains; empty where there is none."""
    return "{:+.2f} to {:+.2f}".format(*interval) if interval else ""


def write_gain(gain: float | None) -> str:
    """Write a gain with its sign; empty where there is none."""
    return "" if gain is None else f"{gain:+.2f}"


def link_runs(place: Mapping[str, Any], cells: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the values of a place, each with the folder of its run."""
    runs = cells[place["cell"]]["runs"]
    return [(f"{value:.2f}", runs[seed]["folder"]) for seed, value in place["values"].items()]


def _write_scores(table: Mapping[str, Any], cells: Mapping[str, Any]) -> list[str]:
    rows = []
    for row in table["rows"]:
        written = [_escape(row["label"]), name_score_of(row)]
        for column in table["columns"]:
            place = row["places"].get(column)
            text = write_mean(place)
            if place and place["values"]:
                links = ", ".join(f"[{value}]({at}/)" for value, at in link_runs(place, cells))
                text += f" ({links})"
            if place and place["reported"] is not None:
                text += f"; reported {place['reported']:g}"
            written.append(text)
        rows.append(written)
    return _make_table(["", "score", *map(_escape, table["columns"])], rows)


def _write_map(table: Mapping[str, Any]) -> list[str]:
    rows = []
    for label in dict.fromkeys(row["label"] for row in table["rows"]):
        gains = [column.get(label) for column in table["gains"].values()]
        rows.append([_escape(label), *(write_map_gain(gain) for gain in gains)])
    return _make_table(["", *map(_escape, table["gains"])], rows)


def write_map_gain(gain: Mapping[str, Any] | None) -> str:
    """Write a gain of a map, in bold where it is no chance; empty where there is none."""
    if gain is None or gain["mean"] is None:
        return ""
    told = write_gain(gain["mean"])
    return told if gain["verdict"] == OPEN else f"**{told}**"


def _write_run_of(gradients: Mapping[str, Any]) -> str:
    return f"The run: [{gradients['cell']}, seed {gradients['seed']}]({gradients['folder']}/)."


def _write_gains(claim: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            _escape(row["label"]),
            write_gain(row["mean"]),
            write_interval(row["interval"]),
            write_interval(row["example_interval"]),
            row["verdict"],
        ]
        for row in claim["rows"]
    ]
    heading = _escape(f"{claim['better']} over {claim['than']}")
    table = _make_table([heading, "gain", "95% over seeds", "95% over examples", "verdict"], rows)
    has_examples = any(row["example_interval"] for row in claim["rows"])
    return [*table, *(["", RESAMPLED] if has_examples else [])]


def _write_cells(cells: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, cell in cells.items():
        runs = [
            f"[{seed}]({run['folder']}/) {run['state']} {run['seconds']:,.0f} s"
            f"{run['reason'] and ': '}{_escape(run['reason'])}"
            for seed, run in cell["runs"].items()
        ]
        settings = " ".join(part for part in (cell["hparams_set"], cell["hparams"]) if part)
        problems = _escape(", ".join(cell["problems"]))
        rows.append([name, problems, f"{cell['steps']:,}", f"`{settings}`", "; ".join(runs)])
    return _make_table(["cell", "problems", "steps", "settings", "seeds"], rows)


def _escape(text: str) -> str:
    r"""Return text as one line of Markdown that no reader takes for HTML.

    Example:
        >>> _escape("a < b\n&c")
        'a &lt; b &amp;c'
    """
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")


def _make_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [list(headings), ["---"] * len(headings), *rows]
    told = [[" ".join(cell.split()).replace("|", r"\|") for cell in line] for line in lines]
    return [f"| {' | '.join(line)} |" for line in told]
