"""The sounds of English as a synthesiser needs them: resonances, sources and durations.

Formants are those of a grown speaker with a vocal tract of 17 cm; `voice` makes them another's. The
symbols are the ARPAbet's; "AX" is the vowel of "the".
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Formants: TypeAlias = tuple[float, float, float]
Kind: TypeAlias = Literal["vowel", "glide", "nasal", "fricative", "stop", "breath"]

OWN_FORMANT: Final = 0.0  # a noise with this centre lies at the second formant


@dataclass(frozen=True, slots=True)
class Noise:
    """Turbulence at a narrow place: a bump in the spectrum.

    Args:
        level: Loudness (root mean square) beside the average voiced sound's 1.
        centre_hz: Where it is strongest; `OWN_FORMANT` means the second formant.
        width_hz: Distance from there at which it has fallen to 61 per cent.
    """

    level: float
    centre_hz: float
    width_hz: float


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One speech sound.

    Args:
        kind: Which rules it follows.
        seconds: Usual duration; of a stop, that of its closure.
        formants: The first three resonances in Hz, where a diphthong begins.
        glide_to: Where they are at its end; None where they stay.
        voicing: Strength of the pulses of the vocal folds; a vowel has 1.
        noise: Turbulence; of a stop, that of its burst.
        breath_seconds: How long the breath after a burst lasts before the voice sets in.
        yielding: Which share of the second and third formant the neighbours decide.
    """

    kind: Kind
    seconds: float
    formants: Formants
    glide_to: Formants | None = None
    voicing: float = 1.0
    noise: Noise | None = None
    breath_seconds: float = 0.0
    yielding: float = 0.0


def _make_vowel(
    seconds: float, formants: Formants, glide_to: Formants | None = None, yielding: float = 0.0
) -> Phoneme:
    return Phoneme("vowel", seconds, formants, glide_to, yielding=yielding)


def _make_glide(seconds: float, formants: Formants, voicing: float) -> Phoneme:
    return Phoneme("glide", seconds, formants, voicing=voicing, yielding=0.1)


def _make_nasal(formants: Formants) -> Phoneme:
    return Phoneme("nasal", 0.085, formants, voicing=0.55, yielding=0.2)


def _make_fricative(seconds: float, formants: Formants, voicing: float, noise: Noise) -> Phoneme:
    return Phoneme("fricative", seconds, formants, None, voicing, noise, yielding=0.35)


def _make_stop(formants: Formants, noise: Noise, breath_seconds: float, yielding: float) -> Phoneme:
    """Make a stop: voiceless where breath follows its burst."""
    is_voiced = breath_seconds == 0.0
    return Phoneme(
        "stop",
        0.060 if is_voiced else 0.070,
        formants,
        None,
        0.16 if is_voiced else 0.0,
        noise,
        breath_seconds,
        yielding,
    )


_LIPS: Final = (220.0, 850.0, 2200.0)
_TEETH: Final = (240.0, 1350.0, 2600.0)
_RIDGE: Final = (220.0, 1780.0, 2680.0)
_PALATE: Final = (240.0, 2000.0, 2600.0)
_VELUM: Final = (220.0, 1850.0, 2300.0)

_HISS: Final = Noise(0.42, 5900.0, 1100.0)
_HUSH: Final = Noise(0.48, 3000.0, 750.0)

PHONEMES: Final[dict[str, Phoneme]] = {
    "IY": _make_vowel(0.155, (290, 2270, 2980)),
    "IH": _make_vowel(0.105, (410, 1950, 2560)),
    "EH": _make_vowel(0.125, (560, 1780, 2500)),
    "AE": _make_vowel(0.155, (700, 1650, 2430)),
    "AA": _make_vowel(0.155, (740, 1120, 2460)),
    "AO": _make_vowel(0.160, (580, 860, 2520)),
    "UW": _make_vowel(0.155, (320, 930, 2260)),
    "AH": _make_vowel(0.120, (630, 1230, 2520)),
    "AX": _make_vowel(0.100, (490, 1420, 2500), yielding=0.3),
    "ER": _make_vowel(0.155, (480, 1290, 1640)),
    "EY": _make_vowel(0.175, (500, 1880, 2520), (330, 2230, 2750)),
    "AY": _make_vowel(0.195, (730, 1250, 2500), (390, 1980, 2600)),
    "OW": _make_vowel(0.175, (550, 1020, 2420), (370, 820, 2350)),
    "AW": _make_vowel(0.195, (720, 1300, 2460), (420, 920, 2350)),
    "OY": _make_vowel(0.205, (550, 870, 2480), (380, 1980, 2600)),
    "L": _make_glide(0.080, (350, 1020, 2800), 0.75),
    "R": _make_glide(0.085, (340, 1130, 1500), 0.75),
    "W": _make_glide(0.080, (300, 640, 2250), 0.65),
    "Y": _make_glide(0.070, (270, 2300, 3050), 0.65),
    "M": _make_nasal((260, 1050, 2200)),
    "N": _make_nasal((270, 1620, 2620)),
    "NG": _make_nasal((270, 2050, 2450)),
    "S": _make_fricative(0.125, _RIDGE, 0.0, _HISS),
    "Z": _make_fricative(0.105, _RIDGE, 0.30, Noise(0.27, 5700.0, 1100.0)),
    "SH": _make_fricative(0.125, _PALATE, 0.0, _HUSH),
    "ZH": _make_fricative(0.080, _PALATE, 0.28, Noise(0.28, 2900.0, 750.0)),
    "F": _make_fricative(0.110, _LIPS, 0.0, Noise(0.15, 4200.0, 3500.0)),
    "V": _make_fricative(0.075, _LIPS, 0.42, Noise(0.07, 4000.0, 3500.0)),
    "TH": _make_fricative(0.105, _TEETH, 0.0, Noise(0.12, 7000.0, 1400.0)),
    "DH": _make_fricative(0.055, _TEETH, 0.50, Noise(0.05, 6500.0, 1500.0)),
    "P": _make_stop(_LIPS, Noise(0.28, 900.0, 700.0), 0.045, 0.5),
    "B": _make_stop(_LIPS, Noise(0.22, 800.0, 600.0), 0.0, 0.5),
    "T": _make_stop(_RIDGE, Noise(0.42, 4300.0, 1300.0), 0.050, 0.3),
    "D": _make_stop(_RIDGE, Noise(0.32, 4000.0, 1300.0), 0.0, 0.3),
    "K": _make_stop(_VELUM, Noise(0.42, OWN_FORMANT, 350.0), 0.055, 0.65),
    "G": _make_stop(_VELUM, Noise(0.34, OWN_FORMANT, 350.0), 0.0, 0.65),
    "HH": Phoneme("breath", 0.070, (500, 1500, 2500), voicing=0.0, yielding=1.0),
}
# Sounds that begin with another and end with their own.
AFFRICATES: Final = {"CH": ("T", "SH"), "JH": ("D", "ZH")}
