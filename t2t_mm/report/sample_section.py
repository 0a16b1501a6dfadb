"""Samples of each problem: what the model was given, what it said, and what is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.data.trees.linearization import count_words, try_delinearize
from t2t_mm.data.trees.tree_facts import cut_as_tree
from t2t_mm.data.trees.trees import Tree
from t2t_mm.features import NO_OUTPUT
from t2t_mm.report.markup import Markup, join_parts, make_element, make_section
from t2t_mm.report.media import Media
from t2t_mm.report.score_section import write_main_score
from t2t_mm.report.tree_drawing import draw_tree, measure_tree, outline_tree
from t2t_mm.report.word_marks import mark_differences, mark_unexpected
from t2t_mm.scoring.metrics import Metric, find_main_score

Sample = Mapping[str, Any]

_HALF_PAGE = 490.0  # pixels, for a tree on one of two cards that stand beside each other


def list_samples(result: Mapping[str, Any]) -> dict[str, list[Sample]]:
    """Return the samples of one problem that are shown, by the title they stand under.

    What is among the worst or the best is shown there only.

    Example:
        >>> list_samples({"samples": [{"index": 0}, {"index": 1}], "best": [{"index": 0}]})
        {'First': [{'index': 1}], 'Best': [{'index': 0}]}
    """
    worst, best = result.get("worst", []), result.get("best", [])
    apart = {sample["index"] for sample in (*worst, *best)}
    first = [one for one in result.get("samples", []) if one.get("index") not in apart]
    titled = {"First": first, "Worst": worst, "Best": best}
    return {title: samples for title, samples in titled.items() if samples}


def make_sample_section(
    name: str, description: str, result: Mapping[str, Any], media: Media, outputs: str = ""
) -> Markup:
    """Return one problem's samples as cards; empty where there are none.

    Args:
        name: The problem's.
        description: What it is, one sentence; may be empty.
        result: Its scores and samples, as `evaluate` returns them.
        media: Pictures and sounds.
        outputs: Address of the file of all its outputs; empty where that is not there.
    """
    groups = list_samples(result)
    if not groups:
        return Markup()
    main = find_main_score(result)
    content: list[str] = []
    links = []
    for title, samples in groups.items():
        address = f"{name}-{title.lower()}"
        links += [make_element("a", title.lower(), href=f"#{address}"), ", "]
        content += [make_element("h3", title, id=address)] if len(groups) > 1 else []
        content.append(_make_cards(samples, main, media))
    links = links if len(groups) > 1 else []
    if outputs:
        links += [make_element("a", "all outputs with their scores", href=outputs)]
    if links:
        told = ["Examples: ", *(links if outputs else links[:-1])]
        content.insert(0, make_element("p", *told, class_="note"))
    return make_section(name, description, *content, aside=write_main_score(result))


def _make_cards(samples: Sequence[Sample], main: Metric | None, media: Media) -> Markup:
    draws_trees = main is not None and main.key == "f1"
    cards = [
        make_element("article", *parts, *_show_score(sample, main), class_=kind)
        for sample in samples
        for parts, kind in [_show_trees(sample) if draws_trees else _show_sample(sample, media)]
    ]
    if draws_trees or not any(s.get("picture") or s.get("sound") for s in samples):
        size = "cards wide-cards"
    else:
        size = "cards small-cards" if all(s.get("ranking") for s in samples) else "cards"
    return make_element("div", *cards, class_=size)


def _show_score(sample: Sample, main: Metric | None) -> list[Markup]:
    """Return a line with the score of this example alone; none where that is not known."""
    if main is None or "score" not in sample:
        return []
    label, score = "score", f"{main.label} {sample['score']:.1f}"
    if "probability" in sample:  # whether a class is right, its sign says
        label, score = "sure", f"{100 * sample['probability']:.0f}%"
    which = make_element("span", f", example {sample['index']:,}", class_="faint")
    return [_make_line(label, join_parts([score, which]))]


def _show_sample(sample: Sample, media: Media) -> tuple[list[Markup], str]:
    """Return the input as picture, sound or text, then what the model said and what is true.

    Returns:
        The parts of a card, and its class.
    """
    picture, sound = media.uri(sample, "picture"), media.uri(sample, "sound")
    given: list[Markup] = []
    if picture:
        given.append(make_element("img", src=picture, alt=""))
    if sound:
        given.append(make_element("audio", controls=True, preload="metadata", src=sound))
    reasons = [media.explain(sample, kind) for kind in ("picture", "sound")]
    given += [make_element("p", reason, class_="note") for reason in reasons if reason]
    if sample.get("input"):
        given.append(_make_line("input", sample["input"]))
    return [*given, *_show_answer(sample)], "card"


def _show_answer(sample: Sample) -> list[Markup]:
    references = sample.get("references") or [sample["reference"]]
    decoded = sample["decoded"]
    if sample.get("ranking"):
        return _show_classes(decoded, references, sample["ranking"])
    if len(references) > 1:
        items = [make_element("li", text) for text in references]
        return [
            _make_line("model", mark_unexpected(decoded, references)),
            _make_line("true", make_element("ul", *items)),
        ]
    if decoded == references[0]:
        return [_make_line("model", decoded, verdict=True)]
    if not decoded.strip():
        return [_make_line("model", decoded), _make_line("true", references[0])]
    marked, true = mark_differences(decoded, references[0])
    return [_make_line("model", marked), _make_line("true", true)]


def _show_classes(decoded: str, references: Sequence[str], ranking: Sequence[str]) -> list[Markup]:
    is_right = decoded in references
    true = [] if is_right else [_make_line("true", ", ".join(references))]
    others = ", ".join(name for name in ranking if name != decoded)
    return [
        _make_line("model", decoded, verdict=is_right),
        *true,
        *([_make_line("then", make_element("span", others, class_="faint"))] if others else []),
    ]


def _show_trees(sample: Sample) -> tuple[list[Markup], str]:
    """Return a sentence, the model's tree and, where that differs, the true one; as above."""
    decoded, reference = sample["decoded"], sample["reference"]
    words, count = cut_as_tree(sample["input"], reference), count_words(reference)
    if len(words) != count:
        words = [str(number + 1) for number in range(count)]
    found, true = try_delinearize(decoded, words), try_delinearize(reference, words)
    parts = [_make_line("input", sample["input"])]
    if found is not None:
        is_right = found == true
        parts.append(
            _make_line("model", "as it should be" if is_right else "differs", verdict=is_right)
        )
        parts.append(_show_tree(found, true, "The model's tree"))
    elif decoded.strip():
        malformed = make_element("mark", "malformed: no tree over the words of the sentence")
        parts += [_make_line("model", malformed), make_element("code", decoded)]
    else:
        parts.append(_make_line("model", decoded))
    if found is None or found != true:
        parts.append(_make_line("true", "this tree"))
        parts.append(
            make_element("code", reference) if true is None else _show_tree(true, found, "The tree")
        )
    is_wide = any(tree and measure_tree(tree) > _HALF_PAGE for tree in (found, true))
    return parts, "card whole" if is_wide else "card"


def _show_tree(tree: Tree, other: Tree | None, description: str) -> Markup:
    """Show a tree both ways; the look of the page chooses by its width."""
    drawn = make_element("div", draw_tree(tree, other, description), class_="wide")
    return Markup(drawn + make_element("div", outline_tree(tree, other), class_="outline"))


def _make_line(label: str, content: str, verdict: bool | None = None) -> Markup:
    """Return a labelled line, which says so if it is empty; a verdict adds its sign."""
    content = content if content.strip() else make_element("span", NO_OUTPUT, class_="faint")
    sign: list[str] = []
    if verdict is not None:
        text, kind = ("\N{CHECK MARK}", "right") if verdict else ("\N{MULTIPLICATION X}", "false")
        name = "right" if verdict else "wrong"
        sign = [" ", make_element("span", text, class_=kind, role="img", aria_label=name)]
    shown = join_parts([content, *sign])
    return make_element(
        "div", make_element("span", label, class_="who"), make_element("div", shown), class_="said"
    )
