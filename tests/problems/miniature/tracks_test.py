"""Curves: smooth where the tongue moves, quick where sources change, with a melody."""

from dataclasses import replace

import numpy as np
import pytest

from t2t_mm.problems.miniature.articulation import Gesture, add_up_seconds, articulate
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.phonemes import Noise
from t2t_mm.problems.miniature.pronunciation import pronounce
from t2t_mm.problems.miniature.tracks import FRAMES_PER_SECOND, Tracks, draw_tracks
from t2t_mm.problems.miniature.voice import SPEAKERS

VOICE = SPEAKERS[3]  # its vocal tract has length 1
LOW, HIGH = (300.0, 900.0, 2200.0), (700.0, 1900.0, 2600.0)


def tracks_of(text: str) -> tuple[list[Gesture], Tracks]:
    dice = Dice("tracks")
    gestures = articulate(pronounce(text), VOICE, dice)
    return gestures, draw_tracks(gestures, VOICE, dice)


def test_there_are_200_values_a_second() -> None:
    gestures, tracks = tracks_of("Three keys are inside the cup.")
    frames = round(add_up_seconds(gestures) * FRAMES_PER_SECOND)
    assert tracks.formants.shape == (frames, 3)
    curves = (value for name, value in vars(tracks).items() if name != "formants")
    assert {curve.shape for curve in curves} == {(frames,)}


def test_formants_glide_from_one_sound_to_the_next() -> None:
    gestures = [Gesture("AA", 0.2, LOW, LOW, 1.0), Gesture("AE", 0.2, HIGH, HIGH, 1.0)]
    second = draw_tracks(gestures, VOICE, Dice("1")).formants[:, 1]
    assert second[10] == pytest.approx(900) and second[-10] == pytest.approx(1900)
    assert second[40] == pytest.approx(1400, abs=120)  # half way at the border
    assert np.all(np.diff(second) >= 0) and np.diff(second).max() < 250


def test_a_diphthong_moves_all_the_way() -> None:
    second = draw_tracks([Gesture("AY", 0.3, LOW, HIGH, 1.0)], VOICE, Dice("1")).formants[:, 1]
    assert second[30] == pytest.approx(1400, abs=30)
    assert second[-1] > 1750


def test_a_short_vocal_tract_has_high_formants() -> None:
    gestures = [Gesture("AA", 0.2, LOW, LOW, 1.0)]
    short = draw_tracks(gestures, replace(VOICE, tract_length=0.8), Dice("1"))
    assert short.formants[20] == pytest.approx(np.array(LOW) / 0.8)


def test_sources_change_within_15_ms() -> None:
    gestures = [Gesture("AA", 0.2, LOW, LOW, 1.0), Gesture("S", 0.2, LOW, LOW)]
    voicing = draw_tracks(gestures, VOICE, Dice("1")).voicing
    assert voicing[37] == 1.0 and voicing[42] == 0.0


def test_a_hiss_swells_and_a_burst_does_not() -> None:
    silence = Gesture("-", 0.1, LOW, LOW)
    for seconds, at_once in ((0.1, False), (0.01, True)):
        hiss = Gesture("S", seconds, LOW, LOW, noise=Noise(1.0, 5000.0, 1000.0))
        level = draw_tracks([silence, hiss, silence], VOICE, Dice("1")).noise_level
        assert (level[20] > 0.7) == at_once
        assert level.max() > 0.7


def test_pitch_declines_and_rises_on_accents() -> None:
    plain = [Gesture("AA", 0.3, LOW, LOW, 1.0) for _ in range(5)]
    flat = draw_tracks(plain, VOICE, Dice("1")).pitch_hz
    assert np.all(np.diff(flat) <= 0)
    assert VOICE.pitch_hz * 0.75 < flat[-1] < flat[0] < VOICE.pitch_hz * 1.15
    accented = [*plain[:2], replace(plain[2], accent=True), *plain[3:]]
    rise = draw_tracks(accented, VOICE, Dice("1")).pitch_hz - flat
    assert np.argmax(rise) == pytest.approx(150, abs=1)
    assert 0.04 < rise.max() / VOICE.pitch_hz < 0.3
    assert rise[0] == pytest.approx(0.0, abs=0.01)
