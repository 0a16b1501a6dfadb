"""Samples of each problem: what the model was given, what it said, and what is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.data.trees.linearization import count_words, delinearize
from t2t_mm.data.trees.trees import Tree
from t2t_mm.errors import UserError
from t2t_mm.report.markup import Markup, element, together
from t2t_mm.report.media import Media
from t2t_mm.report.score_section import score_text
from t2t_mm.report.tree_drawing import draw_tree
from t2t_mm.report.word_marks import mark_differences, mark_unexpected
from t2t_mm.scoring.metrics import main_score

Sample = Mapping[str, Any]


def sample_section(name: str, description: str, result: Mapping[str, Any], media: Media) -> Markup:
    """Return one problem's samples as cards; empty where there are none.

    Args:
        name: The problem's.
        description: What it is, one sentence; may be empty.
        result: Its scores and `samples`, as `evaluate` returns them.
        media: Pictures and sounds.
    """
    samples = result.get("samples", [])
    if not samples:
        return Markup()
    main = main_score(result)
    draws_trees = main is not None and main.key == "f1"
    cards = [_tree_card(s) if draws_trees else _card(s, media) for s in samples]
    score = score_text(result)
    if draws_trees or not any(s.get("picture") or s.get("sound") for s in samples):
        size = "cards wide-cards"
    else:
        size = "cards small-cards" if all(s.get("ranking") for s in samples) else "cards"
    return element(
        "section",
        element("h2", name, *([" ", element("small", score)] if score else [])),
        element("p", description, class_="note") if description else Markup(),
        element("div", *cards, class_=size),
        id=name,
    )


def _card(sample: Sample, media: Media) -> Markup:
    """Return a card: the input as picture, sound or text, then what the model said and what is true."""
    picture, sound = media.uri(sample, "picture"), media.uri(sample, "sound")
    given: list[Markup] = []
    if picture:
        given.append(element("img", src=picture, alt="", loading="lazy"))
    if sound:
        given.append(element("audio", controls=True, preload="metadata", src=sound))
    if not sound and sample.get("sound"):
        given.append(element("p", "The sound is left out to keep this page small.", class_="note"))
    if sample.get("input"):
        given.append(_line("input", sample["input"]))
    return element("article", *given, *_answer(sample), class_="card")


def _answer(sample: Sample) -> list[Markup]:
    references = sample.get("references") or [sample["reference"]]
    decoded = sample["decoded"]
    if not decoded.strip():
        nothing = element("span", "(nothing)", class_="faint")
        return [_line("model", nothing), _line("true", references[0])]
    if sample.get("ranking"):
        return _class_answer(decoded, references, sample["ranking"])
    if len(references) > 1:
        items = [element("li", text) for text in references]
        return [
            _line("model", mark_unexpected(decoded, references)),
            _line("true", element("ul", *items)),
        ]
    if decoded == references[0]:
        return [_line("model", decoded, verdict=True)]
    marked, true = mark_differences(decoded, references[0])
    return [_line("model", marked), _line("true", true)]


def _class_answer(decoded: str, references: Sequence[str], ranking: Sequence[str]) -> list[Markup]:
    is_right = decoded in references
    true = [] if is_right else [_line("true", ", ".join(references))]
    others = ", ".join(name for name in ranking if name != decoded)
    return [
        _line("model", decoded, verdict=is_right),
        *true,
        *([_line("then", element("span", others, class_="faint"))] if others else []),
    ]


def _tree_card(sample: Sample) -> Markup:
    """Return a sentence with the model's tree and, where that differs, the true one."""
    decoded, reference = sample["decoded"], sample["reference"]
    words = sample["input"].split()
    if len(words) != count_words(reference):  # the tree splits them otherwise
        words = [str(number + 1) for number in range(count_words(reference))]
    found, true = _tree(decoded, words), _tree(reference, words)
    parts = [_line("input", sample["input"])]
    if found is None:
        malformed = element("mark", "malformed: no tree over the words of the sentence")
        parts += [_line("model", malformed), element("code", decoded)]
    else:
        is_right = found == true
        parts.append(_line("model", "as it should be" if is_right else "differs", verdict=is_right))
        parts.append(_drawn(found, true, "The model's tree"))
    if found is None or found != true:
        parts.append(_line("true", ""))
        parts.append(
            element("code", reference) if true is None else _drawn(true, found, "The tree")
        )
    return element("article", *parts, class_="card")


def _drawn(tree: Tree, other: Tree | None, description: str) -> Markup:
    return element("div", draw_tree(tree, other, description), class_="wide")


def _tree(symbols: str, words: Sequence[str]) -> Tree | None:
    try:
        return delinearize(symbols, words)
    except UserError:
        return None


def _line(label: str, content: str, verdict: bool | None = None) -> Markup:
    """Return a labelled line; `verdict` adds a sign for right or wrong."""
    sign: list[str] = []
    if verdict is not None:
        text, kind = ("\N{CHECK MARK}", "right") if verdict else ("\N{MULTIPLICATION X}", "false")
        name = "right" if verdict else "wrong"
        sign = [" ", element("span", text, class_=kind, role="img", aria_label=name)]
    shown = together([content, *sign])
    return element(
        "div", element("span", label, class_="who"), element("div", shown), class_="said"
    )
