"""Captions: five different ones, each true by an independent reading of its English words."""

import re
from collections import Counter
from functools import cache

from t2t_mm.problems.miniature.captions import MAX_WORDS, NUM_CAPTIONS
from t2t_mm.problems.miniature.lexicon import ENGLISH_NOUNS, ENGLISH_NUMBERS
from t2t_mm.problems.miniature.pictures import CaptionedPicture, draw_captioned_picture
from t2t_mm.problems.miniature.scene import COLOURS, RELATIONS, SIZES, Scene
from t2t_mm.problems.miniature.world import draw_example

KIND_OF = {
    word: kind for kind, noun in ENGLISH_NOUNS.items() for word in (noun.singular, noun.plural)
}
PHRASE = re.compile(
    r"(?:(?:a|an|the) )?"
    rf"(?:(?P<number>{'|'.join(ENGLISH_NUMBERS[2:])}) )?"
    rf"(?:(?P<size>{'|'.join(SIZES)}) )?"
    rf"(?:(?P<colour>{'|'.join(COLOURS)}) )?"
    rf"(?P<noun>{'|'.join(sorted(KIND_OF, key=len, reverse=True))})\b"
)
RELATION = {
    "to the left of": "left",
    "to the right of": "right",
    "above": "above",
    "below": "below",
    "next to": "next",
    "inside": "inside",
    "between": "between",
}
SIDE = re.compile(r"(?:on|at|in) the (left|right|top|bottom|middle)\b")
BEING = r"(?:is|are|there is|there are)"


@cache
def sample() -> list[CaptionedPicture]:
    return [draw_captioned_picture("train", number) for number in range(400)] + [
        draw_captioned_picture("test", number) for number in range(40)
    ]


def index_of(match: re.Match[str], scene: Scene) -> int:
    """The only thing of a scene that a phrase can mean; whether it is several must fit too."""
    said = match.groupdict()
    plural = said["noun"] == ENGLISH_NOUNS[KIND_OF[said["noun"]]].plural
    found = [
        index
        for index, thing in enumerate(scene.things)
        if thing.kind == KIND_OF[said["noun"]]
        and said["colour"] in (None, thing.colour)
        and said["size"] in (None, thing.size)
        and plural == (thing.count > 1)
        and (ENGLISH_NUMBERS.index(said["number"]) if said["number"] else 1) == thing.count
    ]
    assert len(found) == 1, (match[0], scene)
    return found[0]


def read(caption: str, scene: Scene) -> str:
    """Checks what a caption says; returns the form it has.

    Things become X0, X1, ... by their index in the scene; then only a few forms remain.
    """
    text = caption[0].lower() + caption[1:-1]
    text = PHRASE.sub(lambda match: f"X{index_of(match, scene)}", text)
    things = [int(index) for index in re.findall(r"X(\d)", text)]
    for words, relation in RELATION.items():
        if f"{words} X" not in text:
            continue
        is_front = text.startswith(words)
        first, others = (things[-1], things[:-1]) if is_front else (things[0], things[1:])
        if relation == "between":
            pairs = scene.find_pairs_around(first)
            assert tuple(others) in pairs or tuple(others[::-1]) in pairs, caption
        else:
            assert (relation, others[0]) in scene.relations[first], caption
        return f"{relation}, {'front' if is_front else 'back'}"
    side = SIDE.search(text)
    if side:
        assert side[1] in scene.sides(things[0]), caption
        return "side"
    comparison = re.fullmatch(rf"X\d {BEING} (bigger|smaller) than X\d", text)
    if comparison:
        rank, other = (SIZES.index(scene.things[index].size) for index in things)
        assert rank > other if comparison[1] == "bigger" else rank < other, caption
        return "comparison"
    quality = re.fullmatch(rf"X\d {BEING} (\w+) and (\w+)", text)
    if quality:
        thing = scene.things[things[0]]
        assert quality.groups() == (thing.size, thing.colour), caption
        return "quality"
    assert re.fullmatch(rf"{BEING} X\d(?: and X\d)?", text), caption
    return "existence"


def test_five_different_captions_of_each() -> None:
    for one in sample():
        assert len(set(one.captions)) == len(one.captions) == NUM_CAPTIONS


def test_everything_said_is_true_and_every_form_occurs() -> None:
    forms = Counter(read(caption, one.scene) for one in sample() for caption in one.captions)
    for relation in RELATIONS:
        assert forms[f"{relation}, back"] >= 5, relation
        # The left or upper thing is the one that is placed in front of a sentence.
        if relation not in ("right", "below"):
            assert forms[f"{relation}, front"] >= 5, relation
    for form in ("side", "comparison", "quality", "existence"):
        assert forms[form] >= 10, form


def test_captions_are_short_and_use_words_of_the_text_problems_only() -> None:
    def words(text: str) -> list[str]:
        return [word.strip(".,").lower() for word in text.split()]

    known = {word for n in range(4_000) for word in words(draw_example("train", n).english)}
    for one in sample():
        for caption in one.captions:
            assert 5 <= len(words(caption)) <= MAX_WORDS, caption
            assert known.issuperset(words(caption)), caption


def test_scenes_have_one_to_three_things_mostly_two() -> None:
    sizes = Counter(len(one.scene.things) for one in sample())
    assert set(sizes) == {1, 2, 3} and sizes[2] > len(sample()) / 2
    told = Counter(thing.count for one in sample() for thing in one.scene.things)
    assert all(told[count] >= 5 for count in range(1, 6))


def test_all_kinds_colours_and_sizes_are_named() -> None:
    said = Counter(word for one in sample() for text in one.captions for word in text.split())
    for word in (*COLOURS, *SIZES, *ENGLISH_NUMBERS[2:]):
        assert said[word] + said[word.capitalize()] >= 5, word
    kinds = {thing.kind for one in sample() for thing in one.scene.things}
    assert kinds == set(ENGLISH_NOUNS)
