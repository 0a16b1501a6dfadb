"""From words to gestures: how long each sound lasts, and what neighbours make of one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.phonemes import (
    AFFRICATES,
    OWN_FORMANT,
    PHONEMES,
    Formants,
    Noise,
    Phoneme,
)
from t2t_mm.problems.miniature.pronunciation import SpokenWord
from t2t_mm.problems.miniature.voice import Voice

PAUSE: Final = "-"
_PAUSE: Final = Phoneme("breath", 0.0, (500, 1500, 2500), voicing=0.0, yielding=1.0)
_SILENCE: Final = Noise(0.0, 2500.0, 1000.0)
_BURST_SECONDS: Final = 0.011
_BREATH_LEVEL: Final = 0.17
_ANTICIPATION: Final = 0.65  # the share of the following sound in what the neighbours decide
_FREE_PAUSE_CHANCE: Final = 0.04


@dataclass(frozen=True, slots=True)
class Gesture:
    """A stretch of speech whose sources stay as they are while the resonances may move.

    Args:
        symbol: The phoneme that it belongs to, or `PAUSE`.
        seconds: Duration.
        start, end: The first three formants in Hz, of a vocal tract of 17 cm.
        voicing: Strength of the pulses of the vocal folds.
        breath: Loudness of the turbulence in the open throat, which the formants colour.
        noise: Turbulence at a narrow place.
        nasal: 1 where air leaves by the nose.
        muffle: 1 where a closed mouth takes the high frequencies from the voice.
        accent: Whether the pitch rises here.
    """

    symbol: str
    seconds: float
    start: Formants
    end: Formants
    voicing: float = 0.0
    breath: float = 0.0
    noise: Noise = _SILENCE
    nasal: float = 0.0
    muffle: float = 0.0
    accent: bool = False


@dataclass(frozen=True, slots=True)
class _Sound:
    """A phoneme in its place: its duration and its formants among its neighbours."""

    symbol: str
    phoneme: Phoneme
    seconds: float
    stressed: bool
    start: Formants = (0.0, 0.0, 0.0)
    end: Formants = (0.0, 0.0, 0.0)


def articulate(words: Sequence[SpokenWord], voice: Voice, dice: Dice) -> list[Gesture]:
    """Make the gestures of a sentence, with a short silence before and after it.

    Args:
        words: As `pronounce` gives them.
        voice: Sets the tempo.
        dice: Varies durations, and pauses here and there.
    """
    sounds = [_make_pause(0.05 + 0.06 * dice.roll())]
    for index, word in enumerate(words):
        is_last = index == len(words) - 1
        sounds += _time_sounds(word, voice, dice, is_last)
        pauses_freely = any(word.stresses) and dice.chance(_FREE_PAUSE_CHANCE)
        if not is_last and (word.pause_after or pauses_freely):
            sounds.append(_make_pause((0.06 + 0.05 * dice.roll()) / voice.rate))
    sounds.append(_make_pause(0.06 + 0.08 * dice.roll()))
    placed = _lean_on_neighbours(sounds)
    return [
        gesture
        for index, sound in enumerate(placed)
        for gesture in _make_gestures(sound, placed[max(index - 1, 0)].symbol)
    ]


def _make_pause(seconds: float) -> _Sound:
    return _Sound(PAUSE, _PAUSE, seconds, stressed=False)


def _time_sounds(word: SpokenWord, voice: Voice, dice: Dice, is_last: bool) -> Iterator[_Sound]:
    """Yield the sounds of a word with their durations; affricates become two sounds."""
    symbols: list[str] = []
    stresses: list[bool] = []
    phonemes: list[Phoneme] = []
    for symbol, stressed in zip(word.phonemes, word.stresses, strict=True):
        parts = AFFRICATES.get(symbol, (symbol,))
        symbols.extend(parts)
        stresses.extend([stressed] * len(parts))
        # The stop of an affricate bursts into the hiss, without a breath.
        phonemes.extend(replace(PHONEMES[part], breath_seconds=0.0) for part in parts[:-1])
        phonemes.append(PHONEMES[parts[-1]])
    vowels = [index for index, phoneme in enumerate(phonemes) if phoneme.kind == "vowel"]
    tempo = 1.0 if any(stresses) else 0.9
    if len(vowels) > 2:
        tempo *= 0.92
    for index, phoneme in enumerate(phonemes):
        following = phonemes[index + 1] if index + 1 < len(phonemes) else None
        factor = tempo * (0.92 + 0.16 * dice.roll())
        if phoneme.kind == "vowel":
            factor *= _stretch_vowel(stresses[index], following)
        elif following is not None and following.kind != "vowel":
            factor *= 0.85  # sounds of a cluster are short
        if is_last and index >= vowels[-1]:
            factor *= 1.35
        yield _Sound(
            symbols[index], phoneme, phoneme.seconds * factor / voice.rate, stresses[index]
        )


def _stretch_vowel(stressed: bool, following: Phoneme | None) -> float:
    """Shorten a vowel without stress, and one that a voiceless sound cuts off."""
    is_cut_off = following is not None and following.voicing == 0.0
    return (1.0 if stressed else 0.75) * (0.88 if is_cut_off else 1.0)


def _lean_on_neighbours(sounds: Sequence[_Sound]) -> list[_Sound]:
    """Move the formants of yielding sounds towards those of their neighbours."""
    placed = []
    for index, sound in enumerate(sounds):
        phoneme = sound.phoneme
        before, after = _find_firm(sounds[:index][::-1]), _find_firm(sounds[index + 1 :])
        before, after = before or after or phoneme, after or before or phoneme
        left, right = before.glide_to or before.formants, after.formants
        asked = [
            (1.0 - _ANTICIPATION) * one + _ANTICIPATION * other
            for one, other in zip(left, right, strict=True)
        ]
        first_yields = phoneme.yielding if phoneme.kind == "breath" else 0.0
        shares = (first_yields, phoneme.yielding, phoneme.yielding)
        start = _mix_formants(phoneme.formants, asked, shares)
        end = _mix_formants(phoneme.glide_to or phoneme.formants, asked, shares)
        placed.append(replace(sound, start=start, end=end))
    return placed


def _find_firm(sounds: Sequence[_Sound]) -> Phoneme | None:
    """Find the first sound that does not yield entirely."""
    return next((sound.phoneme for sound in sounds if sound.phoneme.yielding < 1.0), None)


def _mix_formants(own: Formants, asked: Sequence[float], shares: Sequence[float]) -> Formants:
    first, second, third = (
        (1.0 - share) * mine + share * other
        for mine, other, share in zip(own, asked, shares, strict=True)
    )
    return first, second, third


def _make_gestures(sound: _Sound, before: str) -> Iterator[Gesture]:
    """Yield what one sound consists of; only stops have several parts."""
    phoneme = sound.phoneme
    plain = Gesture(
        sound.symbol, sound.seconds, sound.start, sound.end, phoneme.voicing, accent=sound.stressed
    )
    if phoneme.kind == "stop":
        yield from _make_stop(sound, plain, before)
    elif phoneme.kind == "nasal":
        yield replace(plain, nasal=1.0, muffle=0.45)
    elif sound.symbol != PAUSE and phoneme.kind == "breath":
        yield replace(plain, breath=_BREATH_LEVEL)
    elif phoneme.noise is not None:
        yield replace(plain, noise=phoneme.noise, muffle=0.5)
    else:
        yield plain


def _make_stop(sound: _Sound, plain: Gesture, before: str) -> Iterator[Gesture]:
    """Yield closure, burst and, of a voiceless stop, the breath until the voice sets in."""
    phoneme = sound.phoneme
    assert phoneme.noise is not None
    noise = phoneme.noise
    if noise.centre_hz == OWN_FORMANT:
        noise = replace(noise, centre_hz=sound.start[1])
    yield replace(plain, muffle=1.0)
    yield replace(plain, seconds=_BURST_SECONDS, noise=noise, muffle=0.5)
    if phoneme.breath_seconds:
        stretch = sound.seconds / phoneme.seconds
        seconds = 0.012 if before == "S" else phoneme.breath_seconds * stretch
        yield replace(plain, seconds=seconds, voicing=0.0, breath=_BREATH_LEVEL)


def add_up_seconds(gestures: Sequence[Gesture]) -> float:
    """Add up how long the gestures last."""
    return sum(gesture.seconds for gesture in gestures)
