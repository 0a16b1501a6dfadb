"""SpecAugment: runs of bands and of frames hidden in training.

Axis letters: B batch, T frames in time, F bands of frequency, C channels, M masks.
"""

from typing import Any

import keras
from keras import ops

Tensor = Any

FREQUENCY_SHARE = 27 / 80
"""Of the bands a mask hides at most so many: the F of the published policies for 80 bands."""
TIME_SHARE = 0.2
"""Of a sound a mask hides at most so much: the p of the policy "Switchboard mild"."""


class SpecAugment(keras.layers.Layer):
    """Spectrograms of which training hides some runs of bands and some of frames.

    Each run's length is drawn evenly from 0 to a share of what there is, then its place. What is
    hidden becomes 0, the mean of a standardised band. Without masks there is neither a generator
    nor an operation.

    Args:
        frequency_masks: Runs of bands of each sound.
        time_masks: Runs of frames of each sound.
        seed: Of what is hidden; None draws one from Python's `random`.

    Raises:
        ValueError: A number of masks is negative.

    Example:
        >>> x = SpecAugment(time_masks=2, seed=1)(ops.ones((1, 50, 4, 1)), training=True)
        >>> bool(ops.min(x) == 0.0), bool(ops.sum(x) >= 50 * 4 * 0.6)
        (True, True)

    Source: Park et al. 2019, arXiv:1904.08779, section 2, without warping; a time mask is bound by
    its share of the sound alone, as in Park et al. 2020, arXiv:1912.05533, so that short sounds
    keep most of their words.
    """

    def __init__(
        self, frequency_masks: int = 0, time_masks: int = 0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if min(frequency_masks, time_masks) < 0:
            raise ValueError(
                "Masks are counted from 0. "
                f"Received: frequency_masks={frequency_masks}, time_masks={time_masks}."
            )
        self.frequency_masks, self.time_masks, self.seed = frequency_masks, time_masks, seed

    def build(self, input_shape: Any) -> None:
        """Create the random state, if anything is ever hidden."""
        if self.frequency_masks or self.time_masks:
            self.noise = keras.random.SeedGenerator(self.seed, name="noise")

    def call(self, x: Tensor, sizes: Tensor | None = None, training: bool = False) -> Tensor:
        """Hide parts in training; otherwise return what came.

        Args:
            x: float[B, T, F, C].
            sizes: int[B, 1], real frames, of which a share is hidden; None: all T.
            training: Whether to hide.

        Returns:
            float[B, T, F, C].
        """
        if not training:
            return x
        batch, frames, bands = ops.shape(x)[:3]
        if self.frequency_masks:
            of_all = ops.full((batch, 1), bands, dtype="int32")
            is_shown = self._draw_shown(of_all, bands, self.frequency_masks, FREQUENCY_SHARE)
            x = x * ops.cast(is_shown, x.dtype)[:, None, :, None]
        if self.time_masks:
            sizes = ops.full((batch, 1), frames, dtype="int32") if sizes is None else sizes
            is_shown = self._draw_shown(sizes, frames, self.time_masks, TIME_SHARE)
            x = x * ops.cast(is_shown, x.dtype)[:, :, None, None]
        return x

    def _draw_shown(self, sizes: Tensor, places: Any, masks: int, share: float) -> Tensor:
        """Draw which of so many places stay, of which the first `sizes` are real: bool[B, P]."""
        sizes = ops.cast(sizes, "float32")
        drawn = keras.random.uniform((ops.shape(sizes)[0], masks, 2), seed=self.noise)
        lengths = ops.floor(drawn[:, :, 0] * (ops.floor(sizes * share) + 1.0))
        starts = ops.floor(drawn[:, :, 1] * (sizes - lengths + 1.0))
        place = ops.arange(places, dtype="float32")[None, None]
        is_hidden = (place >= starts[:, :, None]) & (place < (starts + lengths)[:, :, None])
        return ops.logical_not(ops.any(is_hidden, axis=1))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "frequency_masks": self.frequency_masks,
            "time_masks": self.time_masks,
            "seed": self.seed,
        }
