"""Draws spectrograms of the miniature's speech and writes two of its sentences as sound files.

Example: python docs/miniature/speech_samples.py
"""

import wave
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.articulation import PAUSE, articulate
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.pronunciation import pronounce
from t2t_mm.problems.miniature.speech import SAMPLE_RATE_HZ, say
from t2t_mm.problems.miniature.voice import SPEAKERS, draw_voice

FOLDER = Path(__file__).parent
# Sentence, number of the speaker, seed.
SAMPLES = (
    ("All stars are inside the white box.", 0, "samples/6"),
    ("All stars are inside the white box.", 7, "samples/2"),
    ("Two keys touch the purple moon.", 4, "samples/4"),
)
SOUND_FILES = {
    "speech_low.wav": ("There is a green cup.", 1, "samples/3"),
    "speech_high.wav": ("The small star is red.", 6, "samples/5"),
}


def measure_spectrogram(sound: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the level of float[257, columns], 8 ms wide windows every 4 ms."""
    padded = np.pad(sound / 32_768, 64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 128)[::64] * np.hanning(128)
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(frames, 512)).T + 1e-4))


def find_labels(text: str, speaker: int, seed: str) -> list[tuple[float, str]]:
    """Return when each sound begins, in seconds, and its symbol: what `say` has articulated."""
    dice = Dice(f"speech/{seed}")
    draw_voice(dice)
    begin, before, found = 0.0, "", []
    for gesture in articulate(pronounce(text), SPEAKERS[speaker], dice):
        if gesture.symbol not in (before, PAUSE):
            found.append((begin, gesture.symbol))
        begin, before = begin + gesture.seconds, gesture.symbol
    return found


def draw_samples(path: Path) -> None:
    """Draw all samples below each other."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(len(SAMPLES), 1, figsize=(9, 7), layout="constrained")
    shades = matplotlib.colormaps["Greys"].resampled(12)  # few shades make a small file
    for row, (text, speaker, seed) in zip(rows, SAMPLES, strict=True):
        sound = say(text, seed, SPEAKERS[speaker])
        level = measure_spectrogram(sound)
        seconds = len(sound) / SAMPLE_RATE_HZ
        row.imshow(
            level,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, SAMPLE_RATE_HZ / 2000),
            cmap=shades,
            vmin=level.max() - 55,
            interpolation="nearest",
        )
        for begin, symbol in find_labels(text, speaker, seed):
            row.text(begin, 7.3, symbol, fontsize=7, color="tab:red")
        row.set_title(f"“{text}”, {SPEAKERS[speaker].pitch_hz:.0f} Hz", fontsize=9)
        row.set_ylabel("kHz", fontsize=8)
        row.tick_params(labelsize=7)
    rows[-1].set_xlabel("seconds", fontsize=8)
    figure.savefig(path, dpi=70, pil_kwargs={"optimize": True})
    pyplot.close(figure)


def write_sound(path: Path, sound: NDArray[np.int16]) -> None:
    """Write a mono WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


def main() -> None:
    """Write speech.png and the sound files beside this program."""
    draw_samples(FOLDER / "speech.png")
    for name, (text, speaker, seed) in SOUND_FILES.items():
        write_sound(FOLDER / name, say(text, seed, SPEAKERS[speaker]))


if __name__ == "__main__":
    main()
