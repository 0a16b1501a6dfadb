"""The stream of examples: what appears in it, that it repeats itself exactly, that it is true."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.lexicon import ENGLISH_NOUNS
from t2t_mm.problems.miniature.scene import COLOURS, KINDS, RELATIONS, SIDES, SIZES
from t2t_mm.problems.miniature.world import (
    LANGUAGES,
    MAX_WORDS,
    MIN_WORDS,
    Example,
    draw_distinct_examples,
    draw_example,
)

_ROOT = Path(__file__).parents[3]


@cache
def sample() -> list[Example]:
    return [draw_example("train", number, stream="sample") for number in range(8_000)]


def words(text: str) -> list[str]:
    return [word.strip(".,").lower() for word in text.split()]


def test_an_example_depends_on_its_own_number_only() -> None:
    alone = draw_example("test", 7, stream="s", seed=5)
    for number in range(7):
        draw_example("test", number, stream="s", seed=5)
    assert draw_example("test", 7, stream="s", seed=5) == alone
    others = [
        draw_example("test", 8, stream="s", seed=5),
        draw_example("test", 7, stream="t", seed=5),
        draw_example("test", 7, stream="s", seed=6),
        draw_example("train", 7, stream="s", seed=5),
    ]
    assert all(other.scene != alone.scene for other in others)


def test_another_process_gives_the_same_examples() -> None:
    program = (
        "from t2t_mm.problems.miniature.world import draw_example\n"
        "examples = [draw_example('train', number) for number in range(20)]\n"
        "print(*[one.write_in(x) for one in examples for x in ('en', 'de', 'fr')])"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "123",
        "PYTHONPATH": str(_ROOT),
        "PYTHONIOENCODING": "utf-8",
    }
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    here = " ".join(
        draw_example("train", n).write_in(x) for n in range(20) for x in ("en", "de", "fr")
    )
    assert answer.stdout.decode("utf-8").strip() == here


@pytest.mark.slow
def test_every_word_of_the_world_is_said_and_no_more_than_120() -> None:
    said = Counter(word for one in sample() for word in words(one.english))
    assert len(said) <= 120
    for noun in ENGLISH_NOUNS.values():
        assert said[noun.singular] >= 20 and said[noun.plural] >= 20
    for word in (*COLOURS, *SIZES, "two", "three", "four", "five", "inside", "between", "while"):
        assert said[word] >= 20, word
    assert len(KINDS) >= 24 and set(KINDS) == set(ENGLISH_NOUNS)


def test_every_construction_is_used() -> None:
    seen: Counter[object] = Counter()

    def walk(node: object) -> None:
        seen[type(node)] += 1
        for name in getattr(node, "__dataclass_fields__", ()):
            value = getattr(node, name)
            seen[name, value if isinstance(value, str | bool) else None] += 1
            for part in value if isinstance(value, tuple) else (value,):
                walk(part)

    for one in sample():
        walk(one.sentence)
    for kind in (plan.Partitive, plan.Pair, plan.Pronoun, plan.Contrast, plan.Comparison):
        assert seen[kind] >= 100, kind
    assert seen[plan.ObjectRelative] >= 40
    for kind in (plan.SubjectRelative, plan.Presentation, plan.Existence):
        assert seen[kind] >= 100, kind
    assert all(seen["relation", relation] >= 50 for relation in RELATIONS)
    assert all(seen["side", side] >= 50 for side in SIDES)
    assert all(seen["verb", verb] >= 20 for verb in ("touch", "cover", "link", "point"))
    assert seen["negated", True] >= 500


def test_sentences_are_short_and_mostly_different() -> None:
    lengths = [len(one.english.split()) for one in sample()]
    assert min(lengths) == MIN_WORDS and max(lengths) == MAX_WORDS
    assert 9 <= sum(lengths) / len(lengths) <= 10.3
    assert len({one.english for one in sample()}) > 0.95 * len(sample())


def test_a_sentence_has_one_translation_and_back() -> None:
    for language in ("de", "fr"):
        there, back = defaultdict(set), defaultdict(set)
        for one in sample():
            there[one.english].add(one.write_in(language))
            back[one.write_in(language)].add(one.english)
        assert all(len(found) == 1 for found in there.values())
        assert [found for found in back.values() if len(found) > 1] == []


def test_sentences_end_properly_and_no_rule_is_left_undone() -> None:
    undone = (" de le ", " de les ", " à le ", " que un", " ne est", " de a", " ,", "  ", ",,")
    for one in sample():
        for language in LANGUAGES:
            text = one.write_in(language)
            assert text[0].isupper() and text[-1] == "." and text[-2] not in " ,"
            assert not any(piece in text for piece in undone), text


def test_distinct_examples_repeat_no_sentence_in_any_language() -> None:
    examples = draw_distinct_examples("validation")
    found = [next(examples) for _ in range(300)]
    for language in LANGUAGES:
        assert len({one.write_in(language) for one in found}) == 300


def test_what_is_said_of_size_and_colour_is_true() -> None:
    checked = 0
    for one in sample():
        clause = one.sentence.first
        if not isinstance(clause, plan.Statement) or not isinstance(
            clause.subject, plan.NounPhrase
        ):
            continue
        name, said = clause.subject, clause.predicates[0]
        fitting = [
            thing
            for thing in one.scene.things
            if thing.kind == name.kind
            and name.size in ("", thing.size)
            and name.colour in ("", thing.colour)
        ]
        assert len(fitting) == 1 or name.determiner == "all"
        assert (fitting[0].count > 1) == name.plural or name.determiner == "all"
        if isinstance(said, plan.Property):
            true = all(word in (fitting[0].size, fitting[0].colour) for word in said.adjectives)
            assert true != said.negated
            checked += 1
    assert checked > 300
