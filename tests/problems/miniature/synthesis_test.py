"""The sound itself: its pitch, its resonances, its noises, measured from the waveform."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from t2t_mm.problems.miniature.articulation import Gesture
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.phonemes import PHONEMES, Noise
from t2t_mm.problems.miniature.synthesis import SAMPLE_RATE_HZ, draw_uniform, render_sound
from t2t_mm.problems.miniature.tracks import draw_tracks
from t2t_mm.problems.miniature.voice import SPEAKERS, Voice

Sound = NDArray[np.float64]
MONOTONE = replace(SPEAKERS[3], tract_length=1.0, breathiness=0.0)
NEUTRAL = (500.0, 1500.0, 2500.0)


def sound_of(gestures: list[Gesture], voice: Voice = MONOTONE, background: float = 0.0) -> Sound:
    return render_sound(draw_tracks(gestures, voice, Dice("1")), voice, background, "1")


def vowel(symbol: str, seconds: float = 0.5) -> Gesture:
    formants = PHONEMES[symbol].formants
    return Gesture(symbol, seconds, formants, formants, voicing=1.0)


def power(sound: Sound) -> tuple[Sound, Sound]:
    """Returns frequencies in Hz and the power at each."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    return np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE_HZ), spectrum


def peaks_hz(hz: Sound, spectrum: Sound, highest: float) -> Sound:
    """Returns where the spectrum, smoothed over 100 Hz, has a peak that none within 80 Hz tops."""
    width, reach = (int(np.searchsorted(hz, limit)) for limit in (200.0, 80.0))
    smooth = np.convolve(spectrum, np.hanning(width), mode="same")
    around = np.lib.stride_tricks.sliding_window_view(smooth, 2 * reach + 1).max(axis=1)
    inner = slice(reach, len(smooth) - reach)
    found = hz[inner][smooth[inner] == around]
    return np.asarray(found[found < highest])


def centroid_hz(sound: Sound) -> float:
    hz, spectrum = power(sound)
    return float((hz * spectrum).sum() / spectrum.sum())


def level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize("voice", SPEAKERS, ids=lambda voice: f"{voice.pitch_hz} Hz")
def test_the_voice_has_the_pitch_of_its_speaker(voice: Voice) -> None:
    tracks = draw_tracks([vowel("AH", 0.6)], voice, Dice("1"))
    sound = render_sound(tracks, voice, 0.0, "1")[4_000:5_600]
    similarity = np.correlate(sound, sound, "full")[len(sound) - 1 :]
    shortest = SAMPLE_RATE_HZ // 260
    period = shortest + int(np.argmax(similarity[shortest : SAMPLE_RATE_HZ // 75]))
    wanted = float(np.mean(tracks.pitch_hz[50:70]))
    assert SAMPLE_RATE_HZ / period == pytest.approx(wanted, rel=0.03)
    assert wanted == pytest.approx(voice.pitch_hz, rel=0.08)


@pytest.mark.parametrize("length", [0.92, 1.1])
@pytest.mark.parametrize("symbol", ["IY", "IH", "EH", "AE", "AH", "UW"])
def test_a_whispered_vowel_has_its_formants(symbol: str, length: float) -> None:
    """Noise shows resonances between the harmonics too."""
    gesture = replace(vowel(symbol, 6.0), voicing=0.0, breath=1.0)
    hz, spectrum = power(sound_of([gesture], replace(MONOTONE, tract_length=length)))
    formants = np.array(gesture.start) / length
    peaks = peaks_hz(hz, spectrum, highest=1.1 * formants[2])
    assert 3 <= len(peaks) <= 4  # so the nearest is not near by chance
    for formant in formants:
        assert peaks[np.argmin(np.abs(peaks - formant))] == pytest.approx(formant, rel=0.05, abs=40)


@pytest.mark.parametrize("symbol", ["IY", "EH", "AA", "ER"])
def test_a_voiced_vowel_is_strongest_at_harmonics_near_its_formants(symbol: str) -> None:
    voice = replace(MONOTONE, pitch_hz=90.0)
    sound = sound_of([vowel(symbol)], voice)[2_000:6_000]
    hz, spectrum = power(sound)
    second = PHONEMES[symbol].formants[1]
    near = np.abs(hz - second) < 0.2 * second
    assert float(hz[near][np.argmax(spectrum[near])]) == pytest.approx(second, abs=95)


def test_voiced_sound_repeats_and_noise_does_not() -> None:
    def repetition(sound: Sound) -> float:
        """How alike a stretch and one a period later are, for the period that suits best."""
        here = sound[3_000:3_400]
        lags = range(60, 220)
        return max(float(np.corrcoef(here, sound[3_000 + n : 3_400 + n])[0, 1]) for n in lags)

    hiss = Gesture("S", 0.5, NEUTRAL, NEUTRAL, noise=Noise(1.0, 5500.0, 1200.0))
    assert repetition(sound_of([vowel("AH")])) > 0.9
    assert repetition(sound_of([hiss])) < 0.3


@pytest.mark.parametrize("symbol", ["S", "SH", "TH"])
def test_hisses_lie_where_the_table_says(symbol: str) -> None:
    noise = PHONEMES[symbol].noise
    assert noise is not None
    sound = sound_of([Gesture(symbol, 0.5, NEUTRAL, NEUTRAL, noise=noise)])[1_000:-1_000]
    hz, spectrum = power(sound)
    near = np.abs(hz - noise.centre_hz) < 1.5 * noise.width_hz
    assert spectrum[near].sum() > 0.7 * spectrum.sum()
    assert level(sound) == pytest.approx(noise.level, rel=0.1)


def test_voiced_parts_have_level_one_whatever_the_vowel() -> None:
    for symbol in ("IY", "AA"):
        assert level(sound_of([vowel(symbol)])[800:-800]) == pytest.approx(1.0, rel=0.1)


def test_a_closure_is_a_gap() -> None:
    closure = Gesture("T", 0.1, NEUTRAL, NEUTRAL, muffle=1.0)
    sound = sound_of([vowel("AA", 0.2), closure, vowel("AA", 0.2)])
    assert level(sound[3_900:4_500]) < 0.02 * level(sound[1_000:3_000])


def test_a_closed_mouth_muffles_the_voice() -> None:
    murmur = replace(vowel("AH"), nasal=1.0, muffle=0.5)
    assert centroid_hz(sound_of([murmur])) < 0.7 * centroid_hz(sound_of([vowel("AH")]))


def test_the_room_has_the_loudness_asked_for() -> None:
    silence = Gesture("-", 0.5, NEUTRAL, NEUTRAL)
    assert not sound_of([silence]).any()
    assert level(sound_of([silence], background=0.1)) == pytest.approx(0.1, rel=0.1)


def test_random_numbers_are_even_and_depend_on_the_seed() -> None:
    numbers = draw_uniform("a", 20_000)
    assert numbers.min() >= -1.0 and numbers.max() < 1.0
    assert abs(numbers.mean()) < 0.02 and numbers.var() == pytest.approx(1 / 3, rel=0.03)
    assert np.array_equal(numbers[:10], draw_uniform("a", 10))
    assert not np.array_equal(numbers[:10], draw_uniform("b", 10))
