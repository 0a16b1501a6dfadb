"""From curves to sound: pulses and noise, coloured by the resonances of a vocal tract.

Every pulse of the vocal folds adds one response of the vocal tract as it is at that moment, made in
the frequency domain, so that pulses fall between samples and nothing aliases. Noise is filtered in
short overlapping frames. Both are a few array operations per utterance.

Source: a cascade of formant resonators with a nasal pole and zero, as in Klatt (1980), "Software
    for a cascade/parallel formant synthesizer"; responses per pulse as in Rodet (1984),
    "Time-domain formant-wave-function synthesis".
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from t2t_mm.data.declaring.splits import hash_bytes
from t2t_mm.problems.miniature.tracks import FRAMES_PER_SECOND, Curve, Tracks
from t2t_mm.problems.miniature.voice import Voice

SAMPLE_RATE_HZ: Final = 16_000
_HOP: Final = SAMPLE_RATE_HZ // FRAMES_PER_SECOND
_RESPONSE: Final = 512  # samples that a response of the vocal tract lasts
_ONSET: Final = 160  # of these before the closure of the vocal folds, where a pulse swells
_NOISE_FRAME: Final = 256
_BINS_HZ: Final = np.arange(_RESPONSE // 2 + 1) * (SAMPLE_RATE_HZ / _RESPONSE)
_DELAY: Final = np.exp(-2j * np.pi * _BINS_HZ / SAMPLE_RATE_HZ)  # by one sample: z^-1

_BANDWIDTHS_HZ: Final = np.array([75.0, 95.0, 150.0])
_HIGH_FORMANTS_HZ: Final = np.array([3450.0, 4500.0, 5600.0])
_HIGH_BANDWIDTHS_HZ: Final = np.array([220.0, 300.0, 450.0])
_NASAL_POLE_HZ: Final = 270.0
_NASAL_ZERO_HZ: Final = 520.0
_NASAL_BANDWIDTH_HZ: Final = 100.0
_GLOTTAL_HZ: Final = 1.2  # times the pitch: where the spectrum of a pulse begins to fall
_PERIOD_JITTER: Final = 0.006
_PULSE_SHIMMER: Final = 0.05


def render_sound(tracks: Tracks, voice: Voice, background: float, seed: str) -> Curve:
    """Render the sound of an utterance.

    Args:
        tracks: Its parameters.
        voice: Who speaks.
        background: Loudness of the noise of the room beside the voice.
        seed: Any text; equal texts give equal noise.

    Returns:
        float64[samples] at 16 kHz, 80 samples per frame; the root mean square of the voiced parts
        is 1.
    """
    tract = _shape_vocal_tract(tracks, voice)
    samples = len(tracks.voicing) * _HOP
    voiced = _render_voice(tracks, voice, tract, seed, samples)
    heard = np.repeat(tracks.voicing > 0.5, _HOP)
    if heard.any():
        voiced /= np.sqrt(np.mean(voiced[heard] ** 2))
    colours = _colour_noise(tracks, voice, np.abs(tract[:, ::2]), background)
    return voiced + _render_noise(colours, seed, samples)


def draw_uniform(seed: str, count: int) -> Curve:
    """Draw float64[count], evenly spread over -1 to 1.

    Made from the raw bits of PCG64, which numpy promises never to change; its distributions it
    does not.
    """
    return (_draw_bits(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def _draw_bits(seed: str, count: int) -> NDArray[np.uint64]:
    return np.asarray(np.random.PCG64(hash_bytes(seed.encode())).random_raw(count), np.uint64)


def _draw_normal(seed: str, count: int) -> Curve:
    """Draw float64[count] of mean 0 and variance 1, close to normal: sums of four numbers."""
    bits = _draw_bits(seed, count)[:, None] >> np.arange(0, 64, 16, dtype=np.uint64)
    sums = (bits & np.uint64(0xFFFF)).sum(axis=1).astype(np.float64)
    return np.asarray((sums - 2 * 65_535.0) / (65_536.0 * np.sqrt(1 / 3)))


def _invert_resonance(hz: Curve, bandwidth_hz: Curve) -> NDArray[np.complex128]:
    """Invert a resonance of gain 1 at 0 Hz: complex[frames, bins]."""
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
    first = 2.0 * radius * np.cos(2.0 * np.pi * hz / SAMPLE_RATE_HZ)
    second = -(radius**2)
    scale = 1.0 / (1.0 - first - second)
    inverse = np.multiply.outer(-second * scale, _DELAY * _DELAY)
    inverse -= np.multiply.outer(first * scale, _DELAY)
    inverse += scale[:, None]
    return np.asarray(inverse)


def _shape_vocal_tract(tracks: Tracks, voice: Voice) -> NDArray[np.complex128]:
    """Shape the transfer function from glottis to lips: complex[frames, bins]."""
    one = np.ones(1)
    inverse = np.ones((1, len(_DELAY)), np.complex128)
    for hz, bandwidth in zip(_HIGH_FORMANTS_HZ, _HIGH_BANDWIDTHS_HZ, strict=True):
        inverse = inverse * _invert_resonance(one * hz / voice.tract_length, one * bandwidth)
    # An open glottis and an open nose swallow sound.
    openness = tracks.breath / (tracks.breath + 0.2 * tracks.voicing + 1e-3)
    losses = 1.0 + 1.2 * tracks.nasal + 1.5 * openness
    for hz, bandwidth in zip(tracks.formants.T, _BANDWIDTHS_HZ, strict=True):
        inverse = inverse * _invert_resonance(hz, bandwidth * losses)
    width = np.full(len(losses), _NASAL_BANDWIDTH_HZ)
    zero_hz = _NASAL_POLE_HZ + tracks.nasal * (_NASAL_ZERO_HZ - _NASAL_POLE_HZ)
    nasal_zero = _invert_resonance(zero_hz, width)
    nasal_pole = _invert_resonance(one * _NASAL_POLE_HZ, one * _NASAL_BANDWIDTH_HZ)
    return np.asarray(nasal_zero / (nasal_pole * inverse))


def _render_voice(
    tracks: Tracks, voice: Voice, tract: NDArray[np.complex128], seed: str, samples: int
) -> Curve:
    """Add up the responses to all pulses of the vocal folds: float64[samples]."""
    frames = np.arange(len(tracks.pitch_hz))
    frame_of_sample = np.arange(samples) / _HOP
    cycles = np.cumsum(np.interp(frame_of_sample, frames, tracks.pitch_hz)) / SAMPLE_RATE_HZ
    count = int(cycles[-1])
    chance = draw_uniform(f"{seed}/pulses", 2 * count).reshape(2, count)
    wanted = np.arange(count) + 0.5 + _PERIOD_JITTER * chance[0]
    moments = np.interp(wanted, cycles, np.arange(samples))
    strength = np.interp(moments / _HOP, frames, tracks.voicing)
    strength *= 1.0 + _PULSE_SHIMMER * chance[1]
    kept = strength > 0.01
    moments, strength = moments[kept], strength[kept]
    whole = np.floor(moments).astype(np.int64)
    frame = np.minimum(whole // _HOP, len(frames) - 1)
    shift = np.exp(
        -2j * np.pi / _RESPONSE * np.outer(moments - whole + _ONSET, np.arange(len(_DELAY)))
    )
    muffle = tracks.muffle[frame][:, None]
    colour = 1.0 + muffle * (_make_low_pass(350.0) - 1.0)
    pulses = _make_glottal_pulse(voice) * tract[frame] * shift * (strength[:, None] * colour)
    responses = np.fft.irfft(pulses, _RESPONSE, axis=1)
    return _add_up(responses, whole - _ONSET, samples)


def _make_low_pass(hz: float) -> NDArray[np.complex128]:
    """Make complex[bins] of a filter that falls by 6 dB per octave above a frequency."""
    pole = np.exp(-2.0 * np.pi * hz / SAMPLE_RATE_HZ)
    return np.asarray((1.0 - pole) / (1.0 - pole * _DELAY))


def _make_glottal_pulse(voice: Voice) -> NDArray[np.complex128]:
    """Make the spectrum of a pulse as the lips radiate it: it swells, and ends abruptly.

    The swelling is a decay in reverse, hence the conjugate; radiation is a difference.
    """
    swelling = np.conj(_make_low_pass(_GLOTTAL_HZ * voice.pitch_hz) ** 2)
    return np.asarray(swelling * _make_low_pass(voice.brightness_hz) * (1.0 - _DELAY))


def _colour_noise(tracks: Tracks, voice: Voice, tract_gain: Curve, background: float) -> Curve:
    """Colour all noise together: float[frames, bins], mean square 1 per level 1.

    Independent noises add up in power, so one noise with the sum of their powers does for all.
    """
    bins_hz = _BINS_HZ[::2]
    breath_level = tracks.breath + voice.breathiness * tracks.voicing
    breath = tract_gain * (bins_hz / (bins_hz + 800.0))
    breath *= (breath_level / np.sqrt(np.mean(breath**2, axis=1)))[:, None]
    distance = (bins_hz - tracks.noise_hz[:, None]) / tracks.noise_width_hz[:, None]
    narrow = np.exp(-0.5 * distance**2) + 0.02
    narrow *= (tracks.noise_level / np.sqrt(np.mean(narrow**2, axis=1)))[:, None]
    hum = 1.0 / np.sqrt(1.0 + (bins_hz / 500.0) ** 2)
    hum *= background / np.sqrt(np.mean(hum**2))
    return np.asarray(np.sqrt(breath**2 + narrow**2 + hum**2))


def _render_noise(colours: Curve, seed: str, samples: int) -> Curve:
    """Filter white noise frame by frame: float64[samples]."""
    window = np.hanning(2 * _HOP + 1)[:-1]  # overlapping halves add up to 1
    white = _draw_normal(f"{seed}/noise", samples + _HOP)
    pieces = np.lib.stride_tricks.sliding_window_view(white, 2 * _HOP)[::_HOP]
    # The filters ring before and after, so each piece has room on both sides.
    room = _NOISE_FRAME // 2 - _HOP
    spectra = np.fft.rfft(np.pad(pieces * window, ((0, 0), (room, room))), axis=1)
    frames = np.fft.irfft(spectra * colours, _NOISE_FRAME, axis=1)
    return _add_up(frames, np.arange(len(colours)) * _HOP - _HOP // 2 - room, samples)


def _add_up(pieces: Curve, starts: NDArray[np.int64], samples: int) -> Curve:
    """Add float[n, length] into one sound, each piece at its start; what sticks out is cut."""
    length = pieces.shape[1]
    places = starts[:, None] + np.arange(length) + length
    summed = np.bincount(places.ravel(), pieces.ravel(), samples + 2 * length)
    return np.asarray(summed[length : length + samples])
