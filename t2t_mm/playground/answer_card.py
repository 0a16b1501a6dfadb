"""An answer as HTML: what the model says, what else it could say, what it looked at, who worked."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pictures.stored_pictures import open_picture
from t2t_mm.data.trees.linearization import try_delinearize
from t2t_mm.data.trees.tree_facts import cut_as_tree
from t2t_mm.errors import UserError
from t2t_mm.features import NO_OUTPUT
from t2t_mm.inference.batch_decoder import Alternative
from t2t_mm.inference.inner_view import Attention, ExpertChoices
from t2t_mm.inference.output_formats import is_tree_task
from t2t_mm.playground.answers import Answer
from t2t_mm.playground.attention_drawing import (
    draw_heat_map,
    draw_on_picture,
    name_times,
    tell_pooling,
)
from t2t_mm.playground.given_values import measure_seconds
from t2t_mm.report.markup import Markup, make_element
from t2t_mm.report.media import make_data_uri
from t2t_mm.report.tree_drawing import draw_tree, outline_tree
from t2t_mm.run.task import Task

_MOST_BARS = 64


def write_answer(task: Task, value: Any, answer: Answer) -> Markup:
    """Write everything that a page shows of an answer.

    Args:
        task: The problem.
        value: What was asked: a text, the name of a class, or the path of a file.
        answer: What came.
    """
    said = answer.text if answer.text.strip() else NO_OUTPUT
    parts = [
        make_element("p", said, class_="answer", role="status"),
        make_element("p", f"{answer.seconds:.2f} s", class_="note"),
        *_draw_trees(task, value, answer.text),
        _write_alternatives(answer.alternatives),
        *_write_attention(task, value, answer.inspection.attention),
        *_write_experts(answer),
    ]
    return make_element("div", *parts, class_="t2t")


def write_error(error: UserError) -> Markup:
    """Write what was wrong with a value, for the person who gave it.

    Example:
        >>> write_error(UserError("The picture is too large"))
        '<div class="t2t"><p class="wrong" role="alert">The picture is too large.</p></div>'
    """
    return make_element(
        "div", make_element("p", str(error), class_="wrong", role="alert"), class_="t2t"
    )


def _write_alternatives(alternatives: Sequence[Alternative]) -> Markup:
    rows = [
        make_element(
            "li",
            make_element("span", one.text if one.text.strip() else NO_OUTPUT, class_="name"),
            _draw_probability(one.log_probability),
        )
        for one in alternatives
    ]
    title = "How sure it is" if len(rows) == 1 else "What it could say"
    return _write_part(title, make_element("ol", *rows, class_="alternatives"))


def _draw_probability(log_probability: float) -> Markup:
    share = math.exp(log_probability)
    told = f"{share:.1%}" if share >= 0.001 else "< 0.1%"
    return _draw_bar(share, told, f"{log_probability:.2f} nats")


def _draw_bar(share: float, told: str, more: str = "") -> Markup:
    bar = make_element("span", class_="bar", style=f"--share:{share:.4f}")
    small = [make_element("small", more)] if more else []
    return make_element(
        "span", make_element("span", bar, class_="track"), make_element("b", told), *small,
        class_="measure",
    )  # fmt: skip


def _write_attention(task: Task, value: Any, attention: Attention) -> list[Markup]:
    if not attention.weights or not attention.targets:
        return []
    given_as = choose_kind(task.inputs).given_as
    columns: Sequence[str] = attention.inputs
    if given_as == "sound":
        columns = name_times(measure_seconds(value), len(columns))
    maps = {
        "All blocks": attention.mean(),
        **{name: weights.mean(axis=0) for name, weights in attention.weights.items()},
    }
    coarse = tell_pooling(len(attention.targets), len(columns))
    below = [make_element("p", coarse, class_="note")] if coarse else []
    drawn = {
        name: make_element(
            "div", draw_heat_map(weights, attention.targets, columns), *below, class_="wide"
        )
        for name, weights in maps.items()
    }
    whole = drawn.pop("All blocks")
    if attention.grid and given_as == "picture":
        whole = draw_on_picture(attention, read_seen_picture(task, value))
    each = [
        make_element("details", make_element("summary", name), one) for name, one in drawn.items()
    ]
    note = "Each piece of the answer, and what of the input it looks at: the mean over all heads."
    told = make_element("p", note, class_="note")
    return [_write_part("What it looked at", told, whole, *each)]


def read_seen_picture(task: Task, path: str) -> str:
    """Return a picture as a data URI, upright, on white and cut as the model sees it.

    Args:
        task: Whose inputs are pictures.
        path: Its file.
    """
    from PIL import ImageOps

    kind = choose_kind(task.inputs)
    height, width = kind.find_batch_shape(1)[:2]
    shown = kind.show(kind.check(kind.read_file(Path(path))))
    with open_picture(io.BytesIO(shown.content) if shown else path) as picture:
        seen = picture.convert("RGB")
    if height and width:
        seen = ImageOps.fit(seen, (width, height))
    seen.thumbnail((320, 320))
    content = io.BytesIO()
    seen.save(content, "PNG")
    return make_data_uri(content.getvalue(), "image/png")


def _write_experts(answer: Answer) -> list[Markup]:
    mixtures = [
        make_element("div", make_element("h4", f"Of the {name}"), _draw_shares(choices))
        for name, choices in answer.inspection.experts.items()
    ]
    if not mixtures:
        return []
    note = "The share of the work of each expert, over all positions."
    grid = make_element("div", *mixtures, class_="mixtures")
    return [_write_part("Which experts worked", make_element("p", note, class_="note"), grid)]


def _draw_shares(choices: ExpertChoices) -> Markup:
    shares = choices.shares()
    strongest = shares.argsort(kind="stable")[::-1][:_MOST_BARS]
    largest = float(shares.max(initial=0.0)) or 1.0
    rows = [
        make_element(
            "li",
            make_element("span", f"expert {number + 1}", class_="name"),
            _draw_bar(shares[number] / largest, f"{shares[number]:.0%}"),
        )
        for number in strongest.tolist()
        if shares[number] > 0
    ]
    return make_element("ol", *rows, class_="shares")


def _draw_trees(task: Task, value: Any, text: str) -> list[Markup]:
    tree = try_delinearize(text, cut_as_tree(str(value), text)) if is_tree_task(task) else None
    if tree is None:
        return []
    drawn = make_element("div", draw_tree(tree, None, "The tree of the answer"), class_="wide")
    return [drawn, make_element("div", outline_tree(tree, None), class_="outline")]


def _write_part(title: str, *content: str) -> Markup:
    return make_element("section", make_element("h3", title), *content)
