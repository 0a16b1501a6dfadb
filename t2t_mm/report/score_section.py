"""Scores of all problems: bars beside what a model reaches that does not read its input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2t_mm.report.markup import Markup, element, together
from t2t_mm.scoring.metrics import Headline, main_score, other_scores

Results = Mapping[str, Mapping[str, Any]]


def score_section(results: Results) -> Markup:
    """Return the main score of each problem as bars; empty where no outputs were decoded."""
    decoded = {name: result for name, result in results.items() if main_score(result)}
    if not decoded:
        return Markup()
    has_chance = any("shuffled_inputs" in result for result in decoded.values())
    has_baseline = any("baseline" in result for result in decoded.values())
    has_error_rate = any(
        main is not None and main.lower_is_better for main in map(main_score, decoded.values())
    )
    notes = [
        "On held-out examples, in percent.",
        " The grey bar is chance: the same outputs scored against other inputs' references, what "
        "a model reaches that does not read its input."
        if has_chance
        else "",
        " Baseline: the most frequent target of the training examples as every output."
        if has_baseline
        else "",
        " Of error rates (\N{DOWNWARDS ARROW}) the shorter bar is the better."
        if has_error_rate
        else "",
    ]
    rows = [element("li", *_row(name, result), class_="score") for name, result in decoded.items()]
    return element(
        "section",
        element("h2", "Scores"),
        element("p", *notes, class_="note"),
        element("ul", *rows, class_="scores"),
        id="Scores",
    )


def score_text(result: Mapping[str, Any]) -> str:
    """Return the main score with its name, as "BLEU 71.2"; empty where nothing was decoded."""
    main = main_score(result)
    return f"{main.label} {result[main.key]:.1f}" if main else ""


def forced_section(results: Results) -> Markup:
    """Return the scores with the true symbols before given, as a table."""
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", f"{forced['log_perplexity']:.3f}"),
            element("td", f"{forced['accuracy']:.1f}%"),
            element("td", f"{forced['sequence_accuracy']:.1f}%"),
            element("td", f"{forced['examples']:,.0f}"),
        )
        for name, result in results.items()
        if (forced := result.get("teacher_forced"))
    ]
    if not rows:
        return Markup()
    headings = ("problem", "log perplexity", "symbols right", "outputs right", "examples")
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    table = element("table", element("thead", head), element("tbody", *rows))
    note = (
        "Each symbol predicted with the true ones before it given (a class: the one symbol). "
        "Log perplexity in nats per symbol; less is better."
    )
    return element(
        "section",
        element("h2", "Prediction, symbol by symbol"),
        element("p", note, class_="note"),
        element("div", table, class_="wide"),
        id="Prediction",
    )


def _row(name: str, result: Mapping[str, Any]) -> list[Markup]:
    main = main_score(result)
    assert main is not None, "only decoded problems have a row"
    bars = [_bar(result[main.key], "model", "model")]
    for key, label in (("shuffled_inputs", "chance"), ("baseline", "baseline")):
        if main.key in result.get(key, {}):
            bars.append(_bar(result[key][main.key], label, "chance"))
    others = ", ".join(f"{label} {value:.1f}" for label, value in other_scores(result).items())
    return [
        element("div", element("strong", name), element("span", _label(main)), class_="name"),
        element("div", *bars, class_="bars"),
        element("div", others, class_="others") if others else Markup(),
    ]


def _label(main: Headline) -> str:
    return f"{main.label} \N{DOWNWARDS ARROW}" if main.lower_is_better else main.label


def _bar(value: float, name: str, kind: str) -> Markup:
    """Return a bar with its figure at its end; what goes beyond 100 ends there."""
    width = min(max(value, 0.0), 100.0)
    return element(
        "div",
        element("span", style=f"--share:{width:.1f}", class_="bar"),
        together([element("b", f"{value:.1f}"), " ", name]),
        class_=kind,
    )
