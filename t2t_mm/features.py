"""What a problem declares about its examples: small frozen records, no Keras, no TensorFlow.

The nets behind these records live in `t2t_mm.modalities`; two features with the same share key
share one net.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from t2t_mm.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Feature:
    """Base of all feature declarations: which net reads it, and what it shares that net with."""

    @property
    def modality(self) -> str:
        """Name of the modality that turns this feature into `float[B, L, D]`."""
        raise NotImplementedError

    @property
    def share_key(self) -> str:
        """Features with equal share keys use the same weights."""
        return self.modality


@dataclass(frozen=True)
class Language(Feature):
    """Text, cut into subword pieces of a named vocabulary.

    Args:
        vocabulary: Name of the vocabulary, `data_dir/vocab/<name>.model`; "bytes" needs no file.

    Example:
        >>> Language().share_key
        'language:shared'
    """

    vocabulary: str = "shared"

    def __post_init__(self) -> None:
        if not isinstance(self.vocabulary, str) or not _NAME.fullmatch(self.vocabulary):
            raise UserError(
                "Language was given a vocabulary name that cannot be a file name",
                expected="letters, digits and '_.-', beginning with a letter or digit",
                received={"vocabulary": self.vocabulary},
            )

    @property
    def modality(self) -> str:
        return "language"

    @property
    def share_key(self) -> str:
        return f"language:{self.vocabulary}"


@dataclass(frozen=True)
class Image(Feature):
    """A picture, `uint8[height, width, channels]`.

    Args:
        height: Height in pixels; 0 where pictures differ in size.
        width: Width in pixels; 0 where pictures differ in size.
        channels: 1 for grey, 3 for RGB.
    """

    height: int = 0
    width: int = 0
    channels: int = 3

    def __post_init__(self) -> None:
        _check_count("Image", "height", self.height, 0)
        _check_count("Image", "width", self.width, 0)
        if self.channels not in (1, 3):
            raise UserError("Image has 1 or 3 channels", received={"channels": self.channels})

    @property
    def modality(self) -> str:
        return "image"


@dataclass(frozen=True)
class Audio(Feature):
    """A mono waveform, `float32[samples]` in -1 to 1.

    Args:
        sample_rate_hz: Samples per second.
    """

    sample_rate_hz: int = 16_000

    def __post_init__(self) -> None:
        _check_count("Audio", "sample_rate_hz", self.sample_rate_hz, 1)

    @property
    def modality(self) -> str:
        return "audio"


@dataclass(frozen=True, kw_only=True)
class Categorical(Feature):
    """One class out of a fixed list.

    Args:
        num_classes: Number of classes; labels are 0 to `num_classes - 1`.
    """

    num_classes: int

    def __post_init__(self) -> None:
        _check_count("Categorical", "num_classes", self.num_classes, 2)

    @property
    def modality(self) -> str:
        return "categorical"

    @property
    def share_key(self) -> str:
        return f"categorical:{self.num_classes}"


@dataclass(frozen=True, kw_only=True)
class BatchSpec:
    """How much one batch holds, over all replicas together: exactly one of the two is given.

    Args:
        tokens: Padded positions per batch: number of examples times the longest length of the
            length bucket, where an example's length is the longer of its inputs and targets.
        examples: Examples per batch.

    Raises:
        UserError: None or both are given, or a number is negative.

    Example:
        >>> BatchSpec(tokens=2048)
        BatchSpec(tokens=2048, examples=0)
    """

    tokens: int = 0
    examples: int = 0

    def __post_init__(self) -> None:
        _check_count("BatchSpec", "tokens", self.tokens, 0)
        _check_count("BatchSpec", "examples", self.examples, 0)
        if (self.tokens == 0) == (self.examples == 0):
            raise UserError(
                "BatchSpec needs exactly one of tokens and examples",
                received={"tokens": self.tokens, "examples": self.examples},
            )


def _check_count(record: str, name: str, value: object, minimum: int) -> None:
    """Refuse what is not a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise UserError(
            f"{record}.{name} must be a whole number of at least {minimum}",
            received={name: value},
        )
