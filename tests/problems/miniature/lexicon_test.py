"""The dictionary: every meaning has its word in all three languages."""

import pytest

from t2t_mm.problems.miniature import lexicon
from t2t_mm.problems.miniature.lexicon import Noun
from t2t_mm.problems.miniature.scene import COLOURS, KINDS, MAX_COUNT, SIZES

NOUNS = {
    "English": lexicon.ENGLISH_NOUNS,
    "German": lexicon.GERMAN_NOUNS,
    "French": lexicon.FRENCH_NOUNS,
}


@pytest.mark.parametrize("nouns", NOUNS.values(), ids=NOUNS)
def test_every_kind_has_a_noun_of_its_own(nouns: dict[str, Noun]) -> None:
    assert set(nouns) == set(KINDS)
    assert len({noun.singular for noun in nouns.values()}) == len(KINDS)
    assert len({noun.plural for noun in nouns.values()}) == len(KINDS)


def test_genders_are_those_that_a_language_has() -> None:
    genders = {name: {noun.gender for noun in nouns.values()} for name, nouns in NOUNS.items()}
    assert genders == {"English": {"n"}, "German": {"m", "f", "n"}, "French": {"m", "f"}}


def test_every_colour_and_size_has_an_adjective() -> None:
    assert set(lexicon.GERMAN_ADJECTIVES) == {*COLOURS, *SIZES}
    assert set(lexicon.FRENCH_ADJECTIVES) == {*COLOURS, *SIZES}
    assert set(COLOURS) >= lexicon.FRENCH_INVARIABLE


@pytest.mark.parametrize("language", ["ENGLISH", "GERMAN", "FRENCH"])
def test_every_number_from_two_on_has_a_word(language: str) -> None:
    numbers = getattr(lexicon, f"{language}_NUMBERS")
    assert len(numbers) == MAX_COUNT + 1 and all(numbers[2:])
