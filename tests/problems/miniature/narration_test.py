"""Sentences of one clause and of two, joined as their meanings allow."""

from collections import Counter

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.narration import draw_sentence
from t2t_mm.problems.miniature.plan import Contrast, NounPhrase, Pronoun, Sentence, Statement
from t2t_mm.problems.miniature.scene import Bond, Scene, Thing

SCENE = Scene(
    (
        Thing("star", "red", "big", 1, 3),
        Thing("house", "blue", "huge", 1, 4),
        Thing("moon", "white", "small", 2, 5),
    ),
    (Bond("touch", 0, 1),),
)
SENTENCES = [draw_sentence(SCENE, Dice(f"narration/{seed}")) for seed in range(600)]


def joined_by(connective: str) -> list[tuple[Statement, Statement]]:
    return [
        (one.first, one.second)
        for one in SENTENCES
        if one.connective == connective
        and isinstance(one.first, Statement)
        and isinstance(one.second, Statement)
    ]


def test_two_thirds_have_one_clause() -> None:
    found = Counter(one.connective for one in SENTENCES)
    assert set(found) == {"", "and", "but", "while"}
    assert 0.6 < found[""] / len(SENTENCES) < 0.75
    assert all((one.second is None) == (one.connective == "") for one in SENTENCES)


def test_while_contrasts_two_things_of_which_different_things_are_said() -> None:
    for first, second in joined_by("while"):
        assert isinstance(first.subject, NounPhrase) and isinstance(second.subject, NounPhrase)
        assert first.subject.kind != second.subject.kind
        assert first.predicates != second.predicates


def test_but_denies_and_does_not_name_what_is_so_instead() -> None:
    assert joined_by("but")
    for _, second in joined_by("but"):
        (said,) = second.predicates
        assert not isinstance(said, Contrast) and said.negated


def test_the_same_thing_becomes_a_pronoun() -> None:
    pairs = joined_by("and") + joined_by("but")
    same = [(first, second) for first, second in pairs if isinstance(second.subject, Pronoun)]
    assert 0.4 < len(same) / len(pairs) < 0.8
    for first, second in same:
        assert isinstance(second.subject, Pronoun)
        assert second.subject.antecedent == first.subject


def test_a_scene_and_a_seed_give_one_sentence() -> None:
    again: list[Sentence] = [draw_sentence(SCENE, Dice(f"narration/{seed}")) for seed in range(20)]
    assert again == SENTENCES[:20]
