"""Says a sentence of the miniature: text in, waveform out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.articulation import articulate
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.pronunciation import pronounce
from t2t_mm.problems.miniature.synthesis import SAMPLE_RATE_HZ, render_sound
from t2t_mm.problems.miniature.tracks import draw_tracks
from t2t_mm.problems.miniature.voice import Voice, draw_voice

__all__ = ["SAMPLE_RATE_HZ", "say"]

_SIGNAL_TO_NOISE_DB: Final = (20.0, 35.0)
_PEAK: Final = (0.35, 0.9)


def say(text: str, seed: str, voice: Voice | None = None) -> NDArray[np.int16]:
    """Say a sentence.

    Args:
        text: Made of the words of the miniature; case and full stop make no difference, a comma is
            a pause.
        seed: Any text; decides on speaker, tempo, melody, room noise and loudness.
        voice: The speaker, where that is not left to the seed.

    Returns:
        int16[samples] at 16 kHz, mono.

    Raises:
        UserError: If the text has a word that is not of the miniature.

    Example:
        >>> say("There is a star.", "1").dtype
        dtype('int16')
    """
    dice = Dice(f"speech/{seed}")
    drawn = draw_voice(dice)
    voice = voice or drawn
    gestures = articulate(pronounce(text), voice, dice)
    tracks = draw_tracks(gestures, voice, dice)
    quietest, loudest = _SIGNAL_TO_NOISE_DB
    ratio_db = quietest + (loudest - quietest) * dice.roll()
    sound = render_sound(tracks, voice, 10.0 ** (-ratio_db / 20.0), seed)
    peak = _PEAK[0] + (_PEAK[1] - _PEAK[0]) * dice.roll()
    scaled = np.round(sound * (peak * 32_767.0 / np.abs(sound).max()))
    return np.asarray(scaled, np.int16)
