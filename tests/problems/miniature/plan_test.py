"""Plans: their content words, and that equal plans are one key."""

import pytest
from three_languages import ROWS, STAR, a, at, says, several, the, there

from t2t_mm.problems.miniature.plan import (
    Clause,
    Comparison,
    Contrast,
    ObjectRelative,
    Pair,
    Partitive,
    Pronoun,
    Property,
    Sentence,
    Side,
    SubjectRelative,
    list_content_words,
)

RED, BIG = Property(("red",)), Property(("big",))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (there(a("star")), "star"),
        (there(several("a", "star", "big", "red", count=2)), "2 big red star"),
        (there(several("a", "star")), "star"),
        (there(Pair(a("star"), several("a", "cup", count=5)), Side("left")), "5 cup star"),
        (says(the("star"), Property(("big", "red"), negated=True)), "big red star"),
        (says(the("star"), Contrast(RED, Property(("blue",)))), "blue red star"),
        (says(the("star"), Comparison("big", the("cup", "small"))), "big cup small star"),
        (says(Partitive(2, several("the", "star", count=3)), RED), "2 3 red star"),
        (says(Partitive(1, several("the", "star")), RED), "red star"),
        (says(Partitive(0, several("the", "star")), RED), "red star"),
        (says(the("star"), at("between", Pair(the("cup"), the("egg")))), "cup egg star"),
        (says(the("star", modifier=SubjectRelative(BIG)), RED), "big red star"),
        (says(the("star", modifier=ObjectRelative(the("cup"), "touch")), RED), "cup red star"),
        (Sentence(says(STAR, RED), "and", says(Pronoun(STAR), BIG)), "big red star"),
        (Sentence(says(STAR, RED), "while", says(the("cup"), RED)), "cup red red star"),
    ],
)
def test_content_words(sentence: Clause | Sentence, expected: str) -> None:
    whole = sentence if isinstance(sentence, Sentence) else Sentence(sentence)
    assert list_content_words(whole) == expected.split()


def test_equal_plans_are_one_key() -> None:
    sentences = [row.sentence for row in ROWS.values()]
    again = [Sentence(one.first, one.connective, one.second) for one in sentences]
    assert len(set(sentences + again)) == len(set(sentences)) == len(ROWS)
