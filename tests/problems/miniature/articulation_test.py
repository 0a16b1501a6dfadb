"""Gestures: what a sound consists of, how long it lasts, what its neighbours do to it."""

from dataclasses import replace

import pytest

from t2t_mm.problems.miniature.articulation import PAUSE, Gesture, add_up_seconds, articulate
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.phonemes import PHONEMES
from t2t_mm.problems.miniature.pronunciation import pronounce
from t2t_mm.problems.miniature.voice import SPEAKERS

VOICE = SPEAKERS[2]  # its rate is 1


def gestures_of(text: str, rate: float = 1.0, seed: str = "1") -> list[Gesture]:
    return articulate(pronounce(text), replace(VOICE, rate=rate), Dice(seed))


def parts(text: str, symbol: str) -> list[Gesture]:
    return [gesture for gesture in gestures_of(text) if gesture.symbol == symbol]


def mean_seconds(text: str, symbol: str) -> float:
    """Average duration of one sound over several ways of saying a text."""
    found = [
        gesture.seconds
        for seed in range(40)
        for gesture in gestures_of(text, seed=str(seed))
        if gesture.symbol == symbol
    ]
    return sum(found) / len(found)


def test_sounds_come_in_order_between_silences() -> None:
    symbols = [gesture.symbol for gesture in gestures_of("The moon.")]
    assert symbols == [PAUSE, "DH", "AX", "M", "UW", "N", PAUSE]


def test_a_voiceless_stop_has_closure_burst_and_breath() -> None:
    closure, burst, breath = parts("two", "T")
    assert (closure.voicing, closure.breath, closure.noise.level) == (0.0, 0.0, 0.0)
    assert closure.muffle == 1.0
    assert burst.noise.level > 0.0 and burst.seconds < 0.02
    assert breath.breath > 0.0 and breath.noise.level == 0.0


def test_a_voiced_stop_keeps_the_voice_and_has_no_breath() -> None:
    closure, burst = parts("blue", "B")
    assert 0.0 < closure.voicing < 0.3
    assert burst.noise.level > 0.0


def test_a_stop_behind_s_is_hardly_breathed() -> None:
    assert parts("star", "T")[2].seconds < 0.5 * parts("two", "T")[2].seconds


def test_an_affricate_is_a_stop_that_bursts_into_a_hiss() -> None:
    *_, vowel, closure, burst, hiss, silence = gestures_of("touch")
    symbols = [part.symbol for part in (vowel, closure, burst, hiss, silence)]
    assert symbols == ["AH", "T", "T", "SH", PAUSE]
    assert closure.noise.level == closure.breath == burst.breath == 0.0
    assert burst.noise.level > 0.0 and hiss.noise.level > 0.0


def test_a_nasal_sends_the_air_through_the_nose() -> None:
    assert [gesture.nasal for gesture in gestures_of("moon")] == [0.0, 1.0, 0.0, 1.0, 0.0]


def test_a_comma_pauses() -> None:
    with_comma = [gesture.symbol for gesture in gestures_of("below, red")]
    assert with_comma.count(PAUSE) == 3


def test_rate_sets_durations() -> None:
    def spoken(rate: float) -> float:
        gestures = gestures_of("the yellow moon", rate)
        return add_up_seconds([gesture for gesture in gestures if gesture.symbol != PAUSE])

    assert spoken(1.0) / spoken(2.0) == pytest.approx(2.0)


def test_the_last_vowel_of_a_sentence_is_long() -> None:
    assert mean_seconds("moon red", "EH") > 1.2 * mean_seconds("red moon", "EH")


def test_unstressed_and_cut_off_vowels_are_short() -> None:
    assert mean_seconds("to moon", "UW") > mean_seconds("to red", "UW") * 1.2
    assert mean_seconds("cup red", "AH") < mean_seconds("one red", "AH")


def test_consonants_lean_towards_the_vowel_that_follows() -> None:
    before_front, before_back = parts("key", "K")[0], parts("cloud", "K")[0]
    assert before_front.start[1] > before_back.start[1] + 300
    own = PHONEMES["M"].formants
    assert parts("moon", "M")[0].start[0] == own[0]  # the first formant is the closure's


def test_silence_waits_in_the_position_of_the_next_sound() -> None:
    first = gestures_of("eggs")[0]
    assert first.start == pytest.approx(PHONEMES["EH"].formants)
