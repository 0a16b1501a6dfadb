"""From gestures to curves: what every parameter of the synthesiser is, 200 times a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.articulation import Gesture, add_up_seconds
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.voice import Voice

Curve = NDArray[np.float64]

FRAMES_PER_SECOND: Final = 200
# The tongue is slow, lips and glottis are quick: how long a change takes, in frames (odd numbers).
_FORMANT_FRAMES: Final = 11
_SOURCE_FRAMES: Final = 3
_SWELL_SECONDS: Final = 0.02
_ACCENT_SECONDS: Final = 0.08
_FINAL_FALL_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Tracks:
    """The parameters of one utterance; each is a curve with one value per frame.

    Args:
        formants: float[frames, 3], in Hz, of this speaker's vocal tract.
        nasal, muffle, voicing, breath: As in `Gesture`.
        noise_level, noise_hz, noise_width_hz: As in `Noise`, of this speaker.
        pitch_hz: Frequency of the vocal folds, also where they rest.
    """

    formants: Curve
    nasal: Curve
    muffle: Curve
    voicing: Curve
    breath: Curve
    noise_level: Curve
    noise_hz: Curve
    noise_width_hz: Curve
    pitch_hz: Curve


def draw_tracks(gestures: Sequence[Gesture], voice: Voice, dice: Dice) -> Tracks:
    """Draw the curves of an utterance.

    Args:
        gestures: As `articulate` gives them.
        voice: Who speaks.
        dice: Varies the height of the accents.
    """
    ends = np.cumsum([gesture.seconds for gesture in gestures])
    starts = np.concatenate([[0.0], ends[:-1]])
    times = np.arange(round(add_up_seconds(gestures) * FRAMES_PER_SECOND)) / FRAMES_PER_SECOND
    now = np.minimum(np.searchsorted(ends, times, side="right"), len(gestures) - 1)

    start = np.array([gesture.start for gesture in gestures])[now]
    end = np.array([gesture.end for gesture in gestures])[now]
    share = ((times - starts[now]) / (ends - starts)[now])[:, None]
    places = np.concatenate(
        [start + share * (end - start), np.array([[g.nasal, g.muffle] for g in gestures])[now]], 1
    )
    places = _smooth(places, _FORMANT_FRAMES)
    levels = np.array([(g.voicing, g.breath, g.noise.level) for g in gestures])[now]
    levels[:, 2] *= _make_swell(times - starts[now], (ends - starts)[now])
    levels = _smooth(levels, _SOURCE_FRAMES)
    noise = np.array([(g.noise.centre_hz, g.noise.width_hz) for g in gestures])[now]
    return Tracks(
        formants=places[:, :3] / voice.tract_length,
        nasal=places[:, 3],
        muffle=places[:, 4],
        voicing=levels[:, 0],
        breath=levels[:, 1],
        noise_level=levels[:, 2],
        noise_hz=noise[:, 0] / np.sqrt(voice.tract_length),
        noise_width_hz=noise[:, 1],
        pitch_hz=_draw_pitch(gestures, times, voice, dice),
    )


def _smooth(curves: Curve, frames: int) -> Curve:
    """Blur float[frames, n] along time; the first and last values hold beyond the ends."""
    window = np.hanning(frames + 2)[1:-1]
    window /= window.sum()
    padded = np.pad(curves, ((frames // 2, frames // 2), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, window, mode="valid") for column in padded.T], axis=1)


def _make_swell(since: Curve, seconds: Curve) -> Curve:
    """Let a noise swell and fade as it begins and ends; a burst is too short for that."""
    edge = np.minimum(since, seconds - since) / _SWELL_SECONDS
    return np.where(seconds < 2.0 * _SWELL_SECONDS, 1.0, np.clip(0.3 + 0.7 * edge, 0.0, 1.0))


def _draw_pitch(gestures: Sequence[Gesture], times: Curve, voice: Voice, dice: Dice) -> Curve:
    """Draw a pitch that declines, rises on stressed vowels and falls on the last syllable."""
    length = add_up_seconds(gestures)
    contour = 1.09 - 0.18 * times / length
    begin = 0.0
    for gesture in gestures:
        if gesture.accent:
            offset = (times - begin - 0.5 * gesture.seconds) / _ACCENT_SECONDS
            height = voice.liveliness * (0.6 + 0.8 * dice.roll())
            contour += height * np.exp(-0.5 * offset**2) * (1.0 - 0.5 * begin / length)
        begin += gesture.seconds
    contour -= 0.14 * np.clip((times - length) / _FINAL_FALL_SECONDS + 1.3, 0.0, 1.0)
    return voice.pitch_hz * contour
