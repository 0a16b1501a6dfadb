"""The dictionary: complete, without words that sound alike, and said as a speaker would."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.miniature.lexicon import ENGLISH_NOUNS, ENGLISH_NUMBERS
from t2t_mm.problems.miniature.phonemes import AFFRICATES, PHONEMES
from t2t_mm.problems.miniature.pronunciation import PRONUNCIATIONS, list_spoken_words, pronounce
from t2t_mm.problems.miniature.scene import COLOURS, SIZES
from t2t_mm.problems.miniature.world import draw_example


def test_every_word_of_the_lexicon_can_be_said() -> None:
    nouns = {form for noun in ENGLISH_NOUNS.values() for form in (noun.singular, noun.plural)}
    assert nouns | {*ENGLISH_NUMBERS, *COLOURS, *SIZES} <= set(PRONUNCIATIONS)


def test_the_dictionary_is_the_vocabulary_of_the_world_and_at_most_120_words() -> None:
    said = {
        word
        for number in range(6_000)
        for word in list_spoken_words(draw_example("train", number, stream="dictionary").english)
    }
    assert said == set(PRONUNCIATIONS)
    assert len(PRONUNCIATIONS) <= 120


def test_no_two_words_sound_alike() -> None:
    assert len(set(PRONUNCIATIONS.values())) == len(PRONUNCIATIONS)


@pytest.mark.parametrize("word", PRONUNCIATIONS)
def test_words_consist_of_known_sounds_with_stress_on_vowels_only(word: str) -> None:
    for part in PRONUNCIATIONS[word].split():
        symbol = part.rstrip("01")
        is_vowel = symbol in PHONEMES and PHONEMES[symbol].kind == "vowel"
        assert symbol in PHONEMES or symbol in AFFRICATES
        assert part[-1].isdigit() == is_vowel
    assert PRONUNCIATIONS[word].count("1") <= 1


def test_the_plural_is_voiced_after_voiced_sounds_and_a_syllable_after_hisses() -> None:
    endings = {word: pronounce(word)[0].phonemes[-2:] for word in ("cups", "keys", "boxes")}
    assert endings == {"cups": ("P", "S"), "keys": ("IY", "Z"), "boxes": ("AX", "Z")}


def test_the_article_sounds_different_before_a_vowel() -> None:
    the_egg, the_key, last = (pronounce(text)[0].phonemes for text in ("the egg", "the key", "the"))
    assert the_egg == ("DH", "IY")
    assert the_key == last == ("DH", "AX")


def test_a_comma_is_a_pause_and_a_full_stop_is_nothing() -> None:
    words = pronounce("On the left, there is a star.")
    assert [word.pause_after for word in words] == [False, False, True, False, False, False, False]


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(UserError, match="zebra"):
        pronounce("The zebra is red.")
