"""Who speaks, and how they speak this time."""

from dataclasses import dataclass
from typing import Final

from t2t_mm.problems.miniature.dice import Dice


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker, or a speaker's way of saying one sentence.

    Args:
        pitch_hz: Average frequency of the vocal folds.
        tract_length: Length of the vocal tract; 1 is 17 cm. Formants are divided by it.
        rate: Tempo; 1 is brisk.
        liveliness: How far the pitch rises on stressed syllables, as a share of the pitch.
        breathiness: Loudness of the breath that goes with the voice, beside its own.
        brightness_hz: Above this frequency the voice loses another 6 dB per octave.
    """

    pitch_hz: float
    tract_length: float
    rate: float
    liveliness: float
    breathiness: float
    brightness_hz: float


SPEAKERS: Final = (
    Voice(96, 1.10, 0.95, 0.12, 0.012, 3600),
    Voice(104, 1.07, 1.08, 0.20, 0.008, 4300),
    Voice(118, 1.04, 1.00, 0.10, 0.015, 3900),
    Voice(131, 1.00, 0.90, 0.24, 0.010, 4800),
    Voice(168, 0.97, 1.06, 0.16, 0.022, 3900),
    Voice(186, 0.95, 0.98, 0.22, 0.030, 3500),
    Voice(203, 0.93, 1.10, 0.14, 0.018, 4200),
    Voice(218, 0.915, 1.00, 0.18, 0.026, 3800),
)


def draw_voice(dice: Dice) -> Voice:
    """Draw a speaker, in the mood of the moment: nobody says anything twice alike."""
    speaker = dice.pick(SPEAKERS)

    def vary(value: float, share: float) -> float:
        return value * (1.0 + share * (2.0 * dice.roll() - 1.0))

    return Voice(
        vary(speaker.pitch_hz, 0.05),
        vary(speaker.tract_length, 0.012),
        vary(speaker.rate, 0.045),
        vary(speaker.liveliness, 0.3),
        vary(speaker.breathiness, 0.3),
        vary(speaker.brightness_hz, 0.1),
    )
