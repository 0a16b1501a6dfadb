"""Scores of all problems: bars beside what a model reaches that does not read its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.report.markup import Markup, join_parts, make_element, make_section
from t2t_mm.scoring.metrics import (
    FEW_EXAMPLES,
    Metric,
    find_main_interval,
    find_main_score,
    list_other_scores,
    write_count,
)

Results = Mapping[str, Mapping[str, Any]]


def make_score_section(results: Results, split: str = "test") -> Markup:
    """Return the main score of each problem as bars; empty where no outputs were decoded.

    Args:
        results: What `evaluate` returned.
        split: The split that was scored, as "test" or "first 100 of the train".
    """
    decoded = {name: result for name, result in results.items() if find_main_score(result)}
    if not decoded:
        return Markup()
    is_training = split.split()[-1:] == ["train"]
    notes = [f"On {'training' if is_training else 'held-out'} examples, in percent."]
    if any(map(find_main_interval, decoded.values())):
        notes.append(
            " 95%, and the line over the bar: the interval from resampling these examples; "
            "what another seed of training would change is not in it."
        )
    if any("shuffled_inputs" in result for result in decoded.values()):
        notes.append(
            " Chance (the grey bar): the same outputs scored against other inputs' references, "
            "what a model reaches that does not read its input."
        )
    if any("baseline" in result for result in decoded.values()):
        notes.append(
            " Baseline (the striped bar): the most frequent target of the training examples as "
            "every output."
        )
    if any(main.lower_is_better for main in map(find_main_score, decoded.values()) if main):
        notes.append(" Of error rates (\N{DOWNWARDS ARROW}) the shorter bar is the better.")
    if any("*" in write_count(result) for result in decoded.values()):
        notes.append(f" * Fewer than {FEW_EXAMPLES} examples: no base for conclusions.")
    rows = [
        make_element("li", *_make_row(name, result), class_="score")
        for name, result in decoded.items()
    ]
    return make_section("Scores", "".join(notes), make_element("ul", *rows, class_="scores"))


def write_main_score(result: Mapping[str, Any]) -> str:
    """Return the main score, as "BLEU 71.2 (n = 1,000)"; empty where nothing was decoded."""
    main = find_main_score(result)
    if main is None:
        return ""
    count = write_count(result)
    return f"{main.label} {result[main.key]:.1f}" + (f" (n = {count})" if count else "")


def make_forced_section(results: Results) -> Markup:
    """Return the scores with the true symbols before given, as a table."""
    rows = [
        make_element(
            "tr",
            make_element("th", name, scope="row"),
            make_element("td", f"{forced['log_perplexity']:.3f}"),
            make_element("td", f"{forced['accuracy']:.1f}%"),
            make_element("td", f"{forced['sequence_accuracy']:.1f}%"),
            make_element("td", f"{forced['examples']:,.0f}"),
        )
        for name, result in results.items()
        if (forced := result.get("teacher_forced"))
    ]
    if not rows:
        return Markup()
    headings = ("problem", "log perplexity", "symbols right", "outputs right", "examples")
    head = make_element("tr", *(make_element("th", heading, scope="col") for heading in headings))
    table = make_element("table", make_element("thead", head), make_element("tbody", *rows))
    note = (
        "Each symbol predicted with the true ones before it given (a class: the one symbol). "
        "Log perplexity in nats per symbol; less is better."
    )
    content = make_element("div", table, class_="wide")
    return make_section("Prediction, symbol by symbol", note, content)


def _make_row(name: str, result: Mapping[str, Any]) -> list[Markup]:
    main = find_main_score(result)
    assert main is not None, "only decoded problems have a row"
    interval = find_main_interval(result)
    bars = [_draw_bar(result[main.key], "model", interval)]
    for key, kind in (("shuffled_inputs", "chance"), ("baseline", "baseline")):
        if main.key in result.get(key, {}):
            bars.append(_draw_bar(result[key][main.key], kind))
    about = [f"n = {count}"] if (count := write_count(result)) else []
    if interval:
        told = "95%: {:.1f} to {:.1f}".format(*interval)
        about.append(told.replace(" ", "\N{NO-BREAK SPACE}"))
    others = ", ".join(f"{label} {value:.1f}" for label, value in list_other_scores(result).items())
    return [
        make_element(
            "div",
            make_element("strong", name),
            make_element("span", ", ".join([_label_score(main), *about])),
            class_="name",
        ),
        make_element("div", *bars, class_="bars"),
        make_element("div", others, class_="others") if others else Markup(),
    ]


def _label_score(main: Metric) -> str:
    return f"{main.label} \N{DOWNWARDS ARROW}" if main.lower_is_better else main.label


def _draw_bar(value: float, kind: str, interval: Sequence[float] | None = None) -> Markup:
    """Return a bar with its figure at its end; what goes beyond 100 ends there."""
    share, around = f"--share:{_clip(value):.1f}", Markup()
    if interval:
        low, high = map(_clip, interval)
        around = make_element("span", style=f"--low:{low:.1f};--high:{high:.1f}", class_="around")
        share += f";--high:{high:.1f}"  # the figure stands behind both
    return make_element(
        "div",
        make_element("span", style=share, class_="bar"),
        around,
        join_parts([make_element("b", f"{value:.1f}"), " ", kind]),
        class_=kind,
    )


def _clip(percent: float) -> float:
    return min(max(percent, 0.0), 100.0)
