"""What a problem declares about its examples: small frozen records, no Keras, no TensorFlow.

The nets behind these records live in `t2t_mm.modalities`; features with the same share key share
one net.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from t2t_mm.errors import UserError

VOCABULARY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SHARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Feature:
    """Base of all feature declarations: which net reads it, and what it shares that net with.

    What else there is to a kind of features is in `t2t_mm.data.kinds`.
    """

    reading_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that say how a net reads the value: they do not change what is stored."""

    is_text: ClassVar[bool] = False
    """Whether inputs and targets of this kind may change places."""

    metrics: ClassVar[tuple[str, ...]] = ("bleu", "chrf")
    """Names of the scores of such targets, of a problem that names none."""

    @property
    def modality(self) -> str:
        """Name of the kind, and of the modality that turns it into `float[B, L, D]`."""
        raise NotImplementedError

    @property
    def share_key(self) -> str:
        """Features with equal share keys use the same weights; "": the net is the feature's own."""
        return self.modality

    @property
    def idle_field(self) -> str:
        """A field that is set and counts for nothing beside the others; "": there is none."""
        return ""


@dataclass(frozen=True)
class Language(Feature):
    """Text, cut into subword pieces of a named vocabulary.

    Args:
        vocabulary: Name of the vocabulary, `data_dir/vocab/<name>.model`; "bytes" needs no file.
        alternatives: An example has a list of true texts instead of one. Training draws one of
            them each time; decoded outputs are scored against all.

    Example:
        >>> Language().share_key
        'language:shared'
    """

    modality: ClassVar[str] = "language"
    is_text: ClassVar[bool] = True

    vocabulary: str = "shared"
    alternatives: bool = False

    def __post_init__(self) -> None:
        _check_name("Language", self.vocabulary)

    @property
    def share_key(self) -> str:
        """One net for each vocabulary."""
        return f"language:{self.vocabulary}"


@dataclass(frozen=True)
class Image(Feature):
    """A picture, `uint8[height, width, channels]`.

    Where height and width are given, pictures are scaled to cover them and cropped: in the middle
    for evaluation, and in training where `crop` says so.

    Args:
        height: Height in pixels; 0 where pictures keep their own size.
        width: Width in pixels; 0 where pictures keep their own size.
        channels: 1 for grey, 3 for RGB.
        crop: Training takes a random part of each picture.
        flip: Training mirrors half of the pictures left to right.
    """

    modality: ClassVar[str] = "image"
    reading_fields: ClassVar[frozenset[str]] = frozenset({"crop", "flip"})

    height: int = 0
    width: int = 0
    channels: int = 3
    crop: bool = False
    flip: bool = False

    def __post_init__(self) -> None:
        _check_count("Image", "height", self.height, 0)
        _check_count("Image", "width", self.width, 0)
        if self.channels not in (1, 3):
            raise UserError("Image has 1 or 3 channels", received={"channels": self.channels})
        if bool(self.height) != bool(self.width):
            raise UserError(
                "Image has both a height and a width, or neither",
                received={"height": self.height, "width": self.width},
            )

    @property
    def share_key(self) -> str:
        """One net for RGB, one for grey."""
        return "image" if self.channels == 3 else f"image:{self.channels}"

    @property
    def idle_field(self) -> str:
        """A part of a picture is taken where it is scaled to a size only."""
        return "crop" if self.crop and not self.height else ""


@dataclass(frozen=True)
class Audio(Feature):
    """A mono waveform, `float32[samples]` in -1 to 1.

    Args:
        sample_rate_hz: Samples per second.
        representation: What the net reads: the logarithm of a mel spectrogram (windows of 25 ms
            every 10 ms), or the waveform itself.
        num_bands: Bands of the mel spectrogram.
    """

    modality: ClassVar[str] = "audio"
    reading_fields: ClassVar[frozenset[str]] = frozenset({"representation", "num_bands"})

    sample_rate_hz: int = 16_000
    representation: Literal["log_mel", "waveform"] = "log_mel"
    num_bands: int = 80

    def __post_init__(self) -> None:
        _check_count("Audio", "sample_rate_hz", self.sample_rate_hz, 1)
        _check_count("Audio", "num_bands", self.num_bands, 1)
        if self.representation not in ("log_mel", "waveform"):
            raise UserError(
                "Audio is read as a spectrogram or as a waveform",
                expected="log_mel or waveform",
                received={"representation": self.representation},
            )

    @property
    def share_key(self) -> str:
        """One net for each rate and number of bands, and one for waveforms of each rate."""
        bands = self.num_bands if self.representation == "log_mel" else "waveform"
        return f"audio:{self.sample_rate_hz}:{bands}"

    @property
    def idle_field(self) -> str:
        """A waveform has no bands."""
        has_own_number = self.num_bands != Audio.num_bands
        return "num_bands" if has_own_number and self.representation == "waveform" else ""


@dataclass(frozen=True, kw_only=True)
class Categorical(Feature):
    """One class out of a list; ids are 0 to the number of classes less one.

    Args:
        num_classes: Number of classes where they have no names but "0", "1", ...
        vocabulary: Name of the list of class names, `data_dir/vocab/<name>.labels`, which the
            problem gives by `class_names`. Exactly one of the two is given.
        share: Features that declare the same name here, and have the same classes, share a net;
            without it each problem's has its own, since equal numbers of classes mean nothing. It
            is no part of a comparison: a run keeps the sharing that it was trained with.

    Example:
        >>> Categorical(num_classes=10, share="digits").share_key
        'categorical:digits'
    """

    modality: ClassVar[str] = "categorical"
    reading_fields: ClassVar[frozenset[str]] = frozenset({"share"})
    metrics: ClassVar[tuple[str, ...]] = ("top_k",)

    num_classes: int = 0
    vocabulary: str = ""
    share: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if bool(self.num_classes) == bool(self.vocabulary):
            raise UserError(
                "Categorical needs exactly one of num_classes and vocabulary",
                received={"num_classes": self.num_classes, "vocabulary": self.vocabulary},
            )
        if self.vocabulary:
            _check_name("Categorical", self.vocabulary)
        else:
            _check_count("Categorical", "num_classes", self.num_classes, 2)
        _check_share(self.share)

    @property
    def share_key(self) -> str:
        """One net for each name that is declared."""
        return f"categorical:{self.share}" if self.share else ""


NUM_RANKED = 5
"""How many classes a ranking holds; top-5 accuracy needs that many."""

NO_OUTPUT = "(nothing)"
"""What a person is shown where a model's output is empty."""


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


def _check_name(record: str, vocabulary: object) -> None:
    """Refuse the name of a vocabulary that cannot be a file name."""
    if not isinstance(vocabulary, str) or not VOCABULARY_NAME.fullmatch(vocabulary):
        raise UserError(
            f"{record} was given a vocabulary name that cannot be a file name",
            expected="letters, digits and '_.-', beginning with a letter or digit",
            received={"vocabulary": vocabulary},
        )


def _check_share(share: object) -> None:
    """Refuse a name of what is shared that cannot be part of a weight's name; "" is none."""
    if not isinstance(share, str) or (share and not _SHARE.fullmatch(share)):
        raise UserError(
            "Categorical.share is no name",
            expected="letters, digits and '_-', beginning with a letter or digit",
            received={"share": share},
        )


def _check_count(record: str, name: str, value: object, minimum: int) -> None:
    """Refuse what is not a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise UserError(
            f"{record}.{name} must be a whole number of at least {minimum}",
            received={name: value},
        )
