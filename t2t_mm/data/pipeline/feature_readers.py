"""How the stored value of each kind of feature becomes part of a batch.

Everything here runs inside tf.data, once for each example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from t2t_mm.data.pictures.picture_inputs import make_picture_input, measure_picture
from t2t_mm.data.pictures.stored_pictures import count_patches
from t2t_mm.data.sounds.sound_inputs import make_sound_input
from t2t_mm.data.sounds.stored_sounds import count_samples_per_position
from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID, Vocabulary
from t2t_mm.features import Audio, Categorical, Feature, Image, Language


class FeatureReader(ABC):
    """One declared feature on its way from disk into a batch.

    Args:
        spec: What the problem declares.
        vocabulary: Of its ids, where it has one.
    """

    has_ids = False
    """Whether the ids are read instead of the value that is stored beside them."""
    smallest_id = PAD_ID + 1
    has_text = False
    """Whether the stored value is a text to show and to score against."""
    size_axes = 0
    """How many axes vary in a batch beyond what a padding id would tell: `_size` has as many."""

    def __init__(self, spec: Any, vocabulary: Vocabulary | None = None) -> None:
        self.spec = spec
        self.vocabulary = vocabulary

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether stored ids are some of the vocabulary, bool[]; only asked of ids."""
        assert self.vocabulary
        is_inside = (encoded >= self.smallest_id) & (encoded < self.vocabulary.size)
        return tf.reduce_all(is_inside) & (tf.size(encoded) > 0)

    @abstractmethod
    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return how many positions the stored value takes at most, int32[]."""

    def is_tall(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether it had better not be padded together with what is wide, bool[]."""
        return tf.constant(False)

    def choose(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return what one training step sees of the stored value; `dice` is None at evaluation."""
        return encoded

    @abstractmethod
    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return what the net reads.

        Args:
            encoded: What `choose` returned.
            dice: float32[4], evenly from 0 to 1 (see `Dice`) in training, None at evaluation.
        """


class TextReader(FeatureReader):
    """Ids of a text: int32[L], the last one the end of sequence."""

    has_ids = True
    has_text = True

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return the number of ids."""
        return tf.size(encoded)

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the ids."""
        return encoded


class AlternativesReader(TextReader):
    """Ids of one of several texts that are stored behind one another."""

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether the ids are valid and the last text has an end."""
        return super().are_valid(encoded) & tf.reduce_all(tf.equal(encoded[-1:], EOS_ID))

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return the number of ids of the longest text."""
        begins, ends = _find_texts(encoded)
        return tf.reduce_max(ends - begins)

    def choose(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the ids of a random text in training, of the first at evaluation."""
        begins, ends = _find_texts(encoded)
        if dice is None:
            return encoded[: ends[0]]
        number = tf.cast(dice[0] * tf.cast(tf.size(ends), tf.float32), tf.int32)
        number = tf.minimum(number, tf.size(ends) - 1)
        return encoded[begins[number] : ends[number]]


def _find_texts(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return where each text begins and ends, int32[texts] each."""
    ends = tf.cast(tf.where(tf.equal(ids, EOS_ID))[:, 0], tf.int32) + 1
    return tf.concat([[0], ends[:-1]], 0), ends


class ClassReader(FeatureReader):
    """The id of a class: int32[]."""

    has_ids = True
    has_text = True
    smallest_id = 0

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether there is one id, and it is one of the classes."""
        return super().are_valid(encoded) & tf.equal(tf.size(encoded), 1)

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return 1."""
        return tf.constant(1)

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the id as a scalar."""
        return encoded[0]


class PictureReader(FeatureReader):
    """A picture: float32[h, w, channels]."""

    size_axes = 2

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return the number of patches, of the declared size or the picture's own."""
        if self.spec.height:
            return tf.constant(count_patches(self.spec.height, self.spec.width))
        patches = (measure_picture(encoded) + 15) // 16
        return patches[0] * patches[1]

    def is_tall(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether a picture of its own size is higher than wide."""
        if self.spec.height:
            return tf.constant(False)
        height, width = tf.unstack(measure_picture(encoded))
        return height > width

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the decoded picture, cropped and mirrored as declared."""
        return make_picture_input(encoded, self.spec, dice)


class SoundReader(FeatureReader):
    """A sound: float32[frames, bands] or float32[samples]."""

    size_axes = 1

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return how many times 40 ms the sound lasts."""
        samples = tf.strings.length(encoded) // 2
        return (samples + count_samples_per_position(self.spec) - 1) // count_samples_per_position(
            self.spec
        )

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the spectrogram or waveform."""
        return make_sound_input(encoded, self.spec)


_READERS: dict[type[Feature], type[FeatureReader]] = {
    Language: TextReader,
    Categorical: ClassReader,
    Image: PictureReader,
    Audio: SoundReader,
}


def make_readers(
    features: Mapping[str, Feature], vocabularies: Mapping[str, Vocabulary]
) -> dict[str, FeatureReader]:
    """Return the reader of each declared feature.

    Args:
        features: By name.
        vocabularies: By name of the feature, of those that have one.
    """
    readers = {}
    for name, spec in features.items():
        kind = _READERS[type(spec)]
        if isinstance(spec, Language) and spec.alternatives:
            kind = AlternativesReader
        readers[name] = kind(spec, vocabularies.get(name))
    return readers
