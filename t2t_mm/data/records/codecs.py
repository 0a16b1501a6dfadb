"""How the value of each kind of feature goes to disk: checked, stored, measured."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pictures.stored_pictures import count_picture_positions, store_picture
from t2t_mm.data.sounds.stored_sounds import count_sound_positions, store_sound
from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.symbols import EOS_ID, Vocabulary
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.features import Audio, Categorical, Feature, Image, Language

Ids = Sequence[int]


class FeatureCodec(ABC):
    """One declared feature on its way to disk.

    Args:
        spec: What the problem declares.
    """

    has_ids = False
    """Whether int32 ids are stored beside the value."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return the value as it is stored: a text, or bytes.

        Raises:
            UserError: If it is not of the declared kind, a `BadExampleError` if the data is broken.
        """

    def encode(self, checked: Any, vocabulary: Vocabulary) -> list[int]:
        """Return the ids of a checked value; only asked where `has_ids`."""
        raise AssertionError(f"{type(self).__name__} has no ids")

    @abstractmethod
    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return how many positions of a batch the stored value takes at most."""


class TextCodec(FeatureCodec):
    """One text, ids and an end of sequence."""

    has_ids = True

    def check(self, value: Any) -> str:
        """Return the text without its line end."""
        return _check_text(value, "str (Language)")

    def encode(self, checked: str, vocabulary: Vocabulary) -> list[int]:
        """Return the ids of the text and an end of sequence."""
        return [*vocabulary.encode(checked), EOS_ID]

    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return the number of ids, the end of sequence included."""
        return len(ids)


class AlternativesCodec(FeatureCodec):
    """Several true texts: stored as lines of one, their ids behind one another."""

    has_ids = True

    def check(self, value: Any) -> str:
        """Return the texts as lines of one."""
        expected = "a list of str, at least one (Language with alternatives)"
        if not isinstance(value, list | tuple) or not value:
            received = value if value == [] else type(value).__name__
            raise UserError(
                "The value is no list of texts", expected=expected, received={"value": received}
            )
        texts = [_check_text(text, expected) for text in value]
        for text in texts:
            if "\n" in text:
                raise UserError(
                    "An alternative has several lines",
                    expected="alternatives of one line each",
                    received={"text": text},
                )
        return "\n".join(texts)

    def encode(self, checked: str, vocabulary: Vocabulary) -> list[int]:
        """Return the ids of all texts, an end of sequence behind each."""
        texts = checked.split("\n")
        return [index for text in texts for index in (*vocabulary.encode(text), EOS_ID)]

    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return the number of ids of the longest text."""
        ends = [place + 1 for place, index in enumerate(ids) if index == EOS_ID]
        return max(end - begin for begin, end in itertools.pairwise([0, *ends]))


class ClassCodec(FeatureCodec):
    """The name of a class, and its id.

    Args:
        spec: What the problem declares.
        names: Of the classes, in order.
    """

    has_ids = True

    def __init__(self, spec: Categorical, names: Sequence[str]) -> None:
        super().__init__(spec)
        self._names = list(names)
        self._known = frozenset(self._names)

    def check(self, value: Any) -> str:
        """Return the name of a class that is given by name or index."""
        if isinstance(value, str):
            if value in self._known:
                return value
            raise UserError(
                f"The value is no known class.{suggest_closest(value, self._names)}",
                expected=f"one of {len(self._names)} names such as {self._names[0]!r}",
                received={"value": value},
            )
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or not 0 <= value < len(self._names):
            raise UserError(
                "The value is no class",
                expected=f"a name, or an index from 0 to {len(self._names) - 1}",
                received={"value": value if is_whole else type(value).__name__},
            )
        return self._names[int(value)]

    def encode(self, checked: str, vocabulary: Vocabulary) -> list[int]:
        """Return the id of the class, in a list of one."""
        return vocabulary.encode(checked)

    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return 1."""
        return 1


class PictureCodec(FeatureCodec):
    """A picture as the bytes of a JPEG or PNG file."""

    def check(self, value: Any) -> bytes:
        """Return the bytes of a JPEG or PNG file."""
        return store_picture(value, self.spec)

    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return the number of patches that batches hold of the picture."""
        return count_picture_positions(stored, self.spec)


class SoundCodec(FeatureCodec):
    """A sound as little-endian int16 samples."""

    def check(self, value: Any) -> bytes:
        """Return little-endian int16 samples."""
        return store_sound(value)

    def count_positions(self, stored: bytes, ids: Ids) -> int:
        """Return how many times 40 ms the sound lasts."""
        return count_sound_positions(stored, self.spec)


def choose_codec(name: str, problem: Problem) -> FeatureCodec:
    """Return the codec of a feature of a problem.

    Raises:
        UserError: If the feature is none of the kinds that can be stored.
    """
    spec: Feature = problem.features[name]
    if isinstance(spec, Categorical):
        return ClassCodec(spec, make_feature_labels(name, problem).names)
    if isinstance(spec, Language):
        return AlternativesCodec(spec) if spec.alternatives else TextCodec(spec)
    if isinstance(spec, Image):
        return PictureCodec(spec)
    if isinstance(spec, Audio):
        return SoundCodec(spec)
    raise UserError(
        f"Problem {problem.name} declares a feature that cannot be stored",
        expected="Language, Image, Audio or Categorical",
        received={name: spec},
    )


def make_feature_labels(name: str, problem: Problem) -> LabelVocabulary:
    """Return the classes of a `Categorical` feature as its problem names them."""
    spec = problem.features[name]
    assert isinstance(spec, Categorical)
    if spec.num_classes:
        numbers = [str(index) for index in range(spec.num_classes)]
        return LabelVocabulary(f"classes_{spec.num_classes}", numbers)
    return LabelVocabulary(spec.vocabulary, problem.class_names(name))


def _check_text(value: Any, expected: str) -> str:
    if not isinstance(value, str):
        raise UserError(
            "The value is of a wrong type",
            expected=expected,
            received={"value": type(value).__name__},
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise UserError(
            "The text is no Unicode text", expected="no lone surrogates", received={"value": value}
        ) from None
    return value.rstrip("\r\n")
