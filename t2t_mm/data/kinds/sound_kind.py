"""Sounds: stored as int16 samples; read as a spectrogram or a waveform."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from t2t_mm.data.kinds.feature_kind import FeatureKind, Ids, Limit, Medium
from t2t_mm.data.kinds.stored_arrays import pack_bytes
from t2t_mm.data.sounds.raw_sounds import read_sound
from t2t_mm.data.sounds.sound_files import LONGEST_S, LongSoundError, Sound, check_rate, encode_wav
from t2t_mm.data.sounds.sound_inputs import choose_window_and_hop, make_sound_input
from t2t_mm.data.sounds.stored_sounds import quantize_tensor, resample_sound, store_sound
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Feature
from t2t_mm.registry import register_feature_kind
from t2t_mm.settings import DataHParams

if TYPE_CHECKING:
    import tensorflow as tf


@register_feature_kind("audio")
class SoundKind(FeatureKind):
    """Little-endian int16 samples; a net reads float32[frames, bands] or float32[samples]."""

    spec_class: ClassVar[type[Feature]] = Audio
    stored_by = staticmethod(store_sound)
    given_as = "sound"
    spec: Audio
    size_axes = 1

    @property
    def share_key_of_0_1_0(self) -> str:
        """One net for waveforms, and one for each number of bands, at any sample rate."""
        is_wave = self.spec.representation == "waveform"
        return f"audio:{'waveform' if is_wave else self.spec.num_bands}"

    def choose_limit(self, data: DataHParams) -> Limit | None:
        """Return the limit in seconds."""
        seconds = data.max_seconds
        positions = math.floor(seconds * self.spec.sample_rate_hz / self._samples_per_position)
        return Limit(f"data.max_seconds={seconds:g}", positions) if seconds else None

    def check(self, value: Any) -> bytes:
        """Return little-endian int16 samples.

        Raises:
            BadExampleError: They are none, or more than 30 minutes of them.
        """
        stored = store_sound(value)
        if len(stored) // 2 > LONGEST_S * self.spec.sample_rate_hz:
            raise LongSoundError(
                "The sound is too long",
                expected=f"at most {LONGEST_S // 60} minutes",
                received={"samples": len(stored) // 2},
            )
        return stored

    def measure(self, stored: bytes, ids: Ids) -> int:
        """Return how many times the seconds of a position the sound lasts."""
        return math.ceil(len(stored) // 2 / self._samples_per_position)

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return how many times the seconds of a position the sound lasts."""
        import tensorflow as tf

        samples = tf.strings.length(encoded) // 2
        of_one = self._samples_per_position
        return (samples + of_one - 1) // of_one

    def find_batch_shape(self, positions: int) -> tuple[int | None, ...]:
        """Return the frames and bands, or the samples, of the longest of these sounds."""
        # Of frames the first takes a window, which is no shorter than the step to the next.
        length = math.ceil(positions * self._samples_per_position / self._step)
        return (
            (length,) if self.spec.representation == "waveform" else (length, self.spec.num_bands)
        )

    def count_read_positions(self, lengths: Sequence[Any]) -> Any:
        """Return how many times the frames or samples of a position there are, at least 1."""
        return np.maximum(1, np.rint(lengths[0] * self._step / self._samples_per_position))

    @property
    def _step(self) -> int:
        """How many samples there are for each row that a net reads."""
        is_wave = self.spec.representation == "waveform"
        return 1 if is_wave else choose_window_and_hop(self.spec)[1]

    @property
    def _samples_per_position(self) -> int:
        return max(1, round(self.spec.sample_rate_hz * self.units_per_position))

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the spectrogram or waveform."""
        return make_sound_input(encoded, self.spec)

    def read_file(self, path: Path) -> Any:
        """Return the samples of a file of any kind, at the declared rate."""
        return read_sound(path, self.spec.sample_rate_hz)

    def is_one_input(self, value: Any) -> bool:
        """Return whether these are samples and their rate in Hz, as soundfile and librosa give."""
        match value:
            case (np.ndarray(), numbers.Real()):
                return isinstance(value, tuple)
        return False

    def prepare_input(self, value: Any) -> npt.NDArray[Any]:
        """Return what the net reads of samples, or of `(samples, rate)`."""
        if self.is_one_input(value):
            value = self._convert(*value)
        return super().prepare_input(value)

    def _convert(self, samples: npt.NDArray[Any], rate_hz: float) -> npt.NDArray[Any]:
        """Return samples as one channel at the declared rate."""
        rate = round(rate_hz)
        if samples.ndim not in (1, 2):
            raise UserError(
                "The value is no sound",
                expected="(samples, rate in Hz) of [samples] or [samples, channels]",
                received={"shape": samples.shape, "rate": rate_hz},
            )
        check_rate(rate, "The value")
        columns = samples[:, None] if samples.ndim == 1 else samples
        if columns.shape[1] > max(1, len(columns)):
            raise UserError(
                "The value has more channels than samples",
                expected="[samples, channels]; librosa and torchaudio have it the other way round",
                received={"shape": samples.shape},
                fix="Turn it: samples.T.",
            )
        mono = Sound(columns, rate).mix_to_mono()
        store_sound(mono)  # before it is resampled, which would turn another scale into noise
        if rate == self.spec.sample_rate_hz:
            return mono
        return np.clip(resample_sound(mono, rate, self.spec.sample_rate_hz), -1.0, 1.0)

    @property
    def served_specs(self) -> dict[str, tf.TensorSpec]:
        """Samples in -1 to 1, how many of them are no padding, and their rate in Hz."""
        import tensorflow as tf

        return {
            "inputs": tf.TensorSpec([None], tf.float32),
            "num_samples": tf.TensorSpec([], tf.int32),
            "sample_rate": tf.TensorSpec([], tf.int32),
        }

    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return int16 samples; those of another rate than the declared one are an error."""
        import tensorflow as tf

        samples, number = given["inputs"], given["num_samples"]
        rate = self.spec.sample_rate_hz
        checks = [
            tf.debugging.assert_equal(
                given["sample_rate"], rate, f"A sound is not of {rate} Hz: resample it"
            ),
            tf.debugging.assert_equal(
                number,
                tf.clip_by_value(number, 0, tf.size(samples)),
                "num_samples of a sound is not a number of its samples",
            ),
        ]
        with tf.control_dependencies(checks):
            return pack_bytes(quantize_tensor(samples[:number]))

    def describe(self, read: Any, text: str) -> dict[str, Any]:
        """Return its seconds."""
        rate = self.spec.sample_rate_hz
        return {"sound": f"{len(read) / 2 / rate:.2f} s at {rate} Hz, {len(read):,} bytes"}

    def show(self, stored: bytes) -> Medium:
        """Return a wav file."""
        samples = np.frombuffer(stored, "<i2")
        return Medium("sound", "wav", encode_wav(samples, self.spec.sample_rate_hz))
