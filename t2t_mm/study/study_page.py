"""A study as one HTML page that opens without a network, beside the folders it links to."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.report.expert_map import make_expert_section
from t2t_mm.report.markup import Markup, join_parts, make_card, make_element, make_section
from t2t_mm.report.stylesheet import STYLE
from t2t_mm.study.gain_drawing import draw_gains
from t2t_mm.study.gain_map import MAP_STYLE, draw_gain_map
from t2t_mm.study.gradient_tables import GRADIENTS, make_gradient_tables
from t2t_mm.study.learning_drawing import LEARNING_STYLE, draw_learning
from t2t_mm.study.study_markdown import (
    MAP,
    RESAMPLED,
    RULES,
    link_runs,
    name_score_of,
    write_gain,
    write_interval,
    write_mean,
    write_progress,
)
from t2t_mm.study.study_results import write_sentence

_VERDICTS = {"supported": "right", "contradicted": "false", "open": "faint"}
_STYLE = """
td { vertical-align: top; } td small { color: var(--faint); } .wide + .card { margin-top: .8rem; }
.card + .card { margin-top: .8rem; } .card .curve { max-width: 42rem; } .axis { stroke-width: 1.5; }
#Cells td, #Cells th { text-align: left; vertical-align: top; }
#Cells code { word-break: break-all; }
"""


def render_page(found: Mapping[str, Any]) -> str:
    """Write a study as an HTML page that is to lie in its folder.

    Args:
        found: What `collect_results` returned.
    """
    # Numbered, since a section is found under its title up to a comma.
    titles = [f"{number}. {table['title']}" for number, table in enumerate(found["tables"], 1)]
    sections = [
        ("Claims", _make_claims(found["tables"])),
        *(
            (title, _make_table_section(title, table, found["cells"]))
            for title, table in zip(titles, found["tables"], strict=True)
        ),
        *_make_gradient_sections(found["gradients"]),
        ("Cells", _make_cells(found["cells"])),
    ]
    head = make_element(
        "head",
        make_element("meta", charset="utf-8"),
        make_element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        make_element("title", found["title"]),
        make_element("style", Markup(STYLE + _STYLE + MAP_STYLE + LEARNING_STYLE)),
    )
    links = [
        make_element("a", name, href=f"#{name.partition(',')[0]}") for name, one in sections if one
    ]
    header = make_element(
        "header", make_element("h1", found["title"]), make_element("p", write_progress(found))
    )
    body = make_element(
        "body",
        header,
        make_element("nav", *links, aria_label="Sections"),
        make_element("main", *(section for _, section in sections)),
        make_element("footer", make_element("p", RULES)),
    )
    return f"<!DOCTYPE html>\n{make_element('html', head, body, lang='en')}\n"


def _make_claims(tables: Sequence[Mapping[str, Any]]) -> Markup:
    items = [
        make_element("li", *_mark_verdict(write_sentence(claim), claim["verdict"]))
        for table in tables
        for claim in table["claims"]
    ]
    if not items:
        return Markup()
    note = "Each with what the runs say so far; the rule is at the end of the page."
    return make_section("Claims", note, make_element("ul", *items))


def _mark_verdict(sentence: str, verdict: str) -> list[str]:
    """Part a sentence into its verdict, marked, and the rest."""
    first, colon, rest = sentence.partition(":")
    return [make_element("b", first + colon, class_=_VERDICTS[verdict]), rest]


def _make_table_section(title: str, table: Mapping[str, Any], cells: Mapping[str, Any]) -> Markup:
    reported = any(
        place["reported"] is not None for row in table["rows"] for place in row["places"].values()
    )
    note = " ".join(part for part in (table["note"], reported and table["source"]) if part)
    parts = [_make_scores(table, cells)]
    if table["gains"]:
        drawn = make_element("div", draw_gain_map(table), class_="wide")
        told = make_element("p", MAP, class_="note")
        parts.append(make_card("Gains", join_parts([told, drawn])))
    for claim in table["claims"]:
        said = make_element("p", *_mark_verdict(write_sentence(claim), claim["verdict"]))
        drawing = draw_gains(claim)
        heading = f"{claim['better']} over {claim['than']}"
        parts.append(make_card(heading, join_parts([said, drawing, _make_gains(claim)])))
    if curves := draw_learning(table):
        parts.append(make_card("Learning", curves))
    return make_section(title, note, *parts)


def _make_scores(table: Mapping[str, Any], cells: Mapping[str, Any]) -> Markup:
    rows = []
    for row in table["rows"]:
        label = join_parts([row["label"], " ", make_element("small", name_score_of(row))])
        places = [row["places"].get(column) for column in table["columns"]]
        rows.append([label, *(_make_place(place, cells) for place in places)])
    return _make_table(["", *table["columns"]], rows)


def _make_place(place: Mapping[str, Any] | None, cells: Mapping[str, Any]) -> Markup:
    """Return a mean that leads to its cell, and below it each seed's value, to its run.

    Of one seed the mean is the value.
    """
    if place is None:
        return Markup()
    runs = list(link_runs(place, cells))
    values = [_link(value, address) for value, address in runs]
    alone = runs[0][1] if len(runs) == 1 else f"cells/{place['cell']}"
    parts = [_link(write_mean(place), alone)]
    if len(values) > 1:
        spaced = [part for value in values for part in (" ", value)]
        parts += [make_element("br"), make_element("small", *spaced)]
    if place["reported"] is not None:
        told = make_element("small", f"reported {place['reported']:g}")
        parts += [make_element("br"), told]
    return join_parts(parts)


def _make_gains(claim: Mapping[str, Any]) -> Markup:
    has_examples = any(row["example_interval"] for row in claim["rows"])
    headings = ["", "gain", "95% over seeds", "95% over examples", "verdict"]
    rows = [
        [
            row["label"],
            write_gain(row["mean"]),
            write_interval(row["interval"]),
            write_interval(row["example_interval"]),
            make_element("span", row["verdict"], class_=_VERDICTS[row["verdict"]]),
        ]
        for row in claim["rows"]
    ]
    if not has_examples:
        headings.pop(3)
        for row in rows:
            row.pop(3)
    note = make_element("p", RESAMPLED, class_="note") if has_examples else ""
    return join_parts([_make_table(headings, rows), note])


def _make_gradient_sections(gradients: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """Make the sections of how gradients agree and which experts serve which problem."""
    if not gradients:
        return []
    cards = [
        make_card(table["title"], make_element("div", draw_gain_map(table), class_="wide"))
        for table in make_gradient_tables(gradients)
    ]
    run = _link(f"{gradients['cell']}, seed {gradients['seed']}", gradients["folder"])
    told = make_element("p", "The run: ", run, ".", class_="note")
    last = list(gradients["steps"].values())[-1]["experts"]
    use = {name: {"experts": shares} for name, shares in last.items()}
    return [
        ("Gradients", make_section("Gradients", GRADIENTS, told, *cards)),
        ("Experts", make_expert_section(use)),
    ]


def _make_cells(cells: Mapping[str, Any]) -> Markup:
    rows = []
    for name, cell in cells.items():
        settings = " ".join(part for part in (cell["hparams_set"], cell["hparams"]) if part)
        runs = []
        for seed, run in cell["runs"].items():
            reason = f" ({run['reason']})" if run["reason"] else ""
            told = f" {run['state']}{reason}, {run['seconds']:,.0f} s"
            runs += [_link(f"seed {seed}", run["folder"]), told, make_element("br")]
        code = make_element("code", settings)
        rows.append(
            [name, ", ".join(cell["problems"]), f"{cell['steps']:,}", code, join_parts(runs)]
        )
    note = "What was trained, and how long training and scoring took."
    headings = ["cell", "problems", "steps", "settings", "runs"]
    return make_section("Cells", note, _make_table(headings, rows))


def _make_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    head = make_element("tr", *(make_element("th", one, scope="col") for one in headings))
    body = [
        make_element(
            "tr",
            make_element("th", row[0], scope="row"),
            *(make_element("td", cell) for cell in row[1:]),
        )
        for row in rows
    ]
    table = make_element("table", make_element("thead", head), make_element("tbody", *body))
    return make_element("div", table, class_="wide")


def _link(text: str, folder: str) -> Markup:
    return make_element("a", text, href=f"{urllib.parse.quote(folder)}/")
