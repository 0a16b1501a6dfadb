"""Which features of a TFDS data set are inputs and targets: as a person says, or as is usual."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from t2t_mm.data.sounds.sound_files import Sound
from t2t_mm.data.sounds.stored_sounds import resample_sound
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Categorical, Feature, Image, Language
from t2t_mm.problems.named_columns import USUAL_NAMES

SIDES: Final = ("inputs", "targets")
RATE: Final = "rate"

_SIDE = 64
_NO_CONTENT = re.compile(r"(.*[/_])?(id|ids|file_?name|path|url)")
_USUAL_PAIRS: Final = (  # kinds of inputs and targets with what they are mostly called
    ("image", "file", "categorical", "label"),
    ("audio", "file", "language", "text"),
    ("audio", "file", "categorical", "label"),
    ("image", "file", "language", "caption"),
    ("language", "text", "categorical", "label"),
)
_INT16_SCALE = 32768
_NAME_RATE = "Name it: --columns='rate=48000' of t2t-datagen."


@dataclass(frozen=True)
class Field:
    """A feature of a TFDS data set that can be inputs or targets.

    Args:
        path: Its name; behind a slash where it lies within another.
        keys: The names that lead to its value in an example.
        spec: What it is for a problem.
        sample_rate_hz: Of a sound; 0 where the data set does not say it.
    """

    path: str
    keys: tuple[str, ...]
    spec: Feature
    sample_rate_hz: int = 0

    def take(self, example: Mapping[str, Any]) -> Any:
        """Return its value in an example, as TFDS gives it."""
        value: Any = example
        for key in self.keys:
            value = value[key]
        return value

    def convert(self, value: Any) -> Any:
        """Return a value of TFDS as `Problem.generate` yields it; a class that is none is -1."""
        match self.spec:
            case Audio(sample_rate_hz=rate_hz):
                return _convert_sound(np.asarray(value), self.sample_rate_hz, rate_hz)
            case Language(alternatives=True):
                return [*filter(None, map(_read_text, value))]
            case Language():
                return _read_text(value)
            case Categorical():
                return int(value)
        return value

    @property
    def may_be_inputs(self) -> bool:
        """Whether it is read by a net: one text, a picture or a sound."""
        return not isinstance(self.spec, Categorical) and self.spec != Language(alternatives=True)

    @property
    def may_be_targets(self) -> bool:
        """Whether a net writes it: text or a class."""
        return isinstance(self.spec, Language | Categorical)


def find_fields(features: Any, class_stem: str) -> dict[str, Field]:
    """Find the features of a TFDS data set that are text, a class, a picture or a sound.

    Args:
        features: `builder.info.features`.
        class_stem: What the names of the lists of classes begin with.

    Returns:
        By path, in the order of the data set. Several texts are alternatives.
    """
    found = {}
    for keys, connector in _walk(features, ()):
        path = "/".join(keys)
        if spec := _declare(connector, f"{class_stem}_{path.replace('/', '.')}"):
            rate_hz = getattr(connector, "sample_rate", None) or 0
            found[path] = Field(path, keys, spec, rate_hz)
    return found


def find_rates(fields: Mapping[str, Field], told: str) -> dict[str, Field]:
    """Return features of which every sound has a sample rate.

    Args:
        fields: By side.
        told: What a person says that it is, in Hz; empty: what the data set says.

    Raises:
        UserError: Nobody says it, it is none, or there is no sound.
    """
    sounds = [field for field in fields.values() if isinstance(field.spec, Audio)]
    received = {"columns": f"{RATE}={told}"}
    if told and not sounds:
        raise UserError("Only sounds have a sample rate", received=received)
    if told and not (told.isdecimal() and int(told)):
        raise UserError("This is no sample rate in Hz", received=received, fix=_NAME_RATE)
    if unknown := [field.path for field in sounds if not (told or field.sample_rate_hz)]:
        raise UserError(
            f"TFDS does not say at which rate the sounds of {unknown[0]!r} are sampled",
            fix=_NAME_RATE,
        )
    rate = int(told or 0)
    return {
        side: replace(field, sample_rate_hz=rate) if rate and field in sounds else field
        for side, field in fields.items()
    }


def choose_fields(
    name: str, fields: Mapping[str, Field], supervised: Any, given: Mapping[str, str]
) -> dict[str, Field]:
    """Choose inputs and targets.

    In this order: what a person says; the pair that TFDS names as supervised; a picture or sound or
    text and its class, a sound or picture and its text, the two texts of a pair.

    Args:
        name: Of the problem, for the message.
        fields: By path.
        supervised: `builder.info.supervised_keys`, a pair of names or None.
        given: "inputs" and "targets", or one of them, to a path.

    Raises:
        UserError: What is given cannot be, or is needed.
    """
    for side, path in given.items():
        if path not in fields or not getattr(fields[path], f"may_be_{side}"):
            raise UserError(
                f"{path!r} of {name} cannot be its {side}",
                expected=_describe(fields, side),
                received={"columns": f"{side}={path}"},
            )
    for pair in _list_pairs(fields, supervised):
        chosen = {**dict(zip(SIDES, pair, strict=True)), **given}
        found = {side: fields[path] for side, path in chosen.items() if path and path in fields}
        is_fit = all(getattr(field, f"may_be_{side}") for side, field in found.items())
        if is_fit and len({*found.values()}) == len(SIDES):
            return found
    raise UserError(
        f"It is not clear what the inputs and targets of {name} are",
        expected=f"one of {_describe(fields, 'inputs')} as inputs and one of "
        f"{_describe(fields, 'targets')} as targets",
        received={f"{side} of columns": path for side, path in given.items()},
        fix="Name them: --columns='inputs=...,targets=...' of t2t-datagen.",
    )


def _list_pairs(
    fields: Mapping[str, Field], supervised: Any
) -> Iterator[tuple[str | None, str | None]]:
    match supervised:
        case (str(first), str(second)):
            yield first, second
            yield second, first
    for kind, called, target_kind, target_called in _USUAL_PAIRS:
        inputs = _pick(fields, kind, USUAL_NAMES[called])
        yield inputs, _pick(fields, target_kind, USUAL_NAMES[target_called])
    texts = _list_paths(fields, "language")
    yield (texts[0], texts[1]) if len(texts) == 2 else (None, None)


def _pick(fields: Mapping[str, Field], kind: str, usual: Sequence[str]) -> str | None:
    """Pick the feature of a kind that is called as usual, else the only one."""
    paths = _list_paths(fields, kind)
    named = [path for name in usual for path in paths if name in (path, path.partition("/")[0])]
    best = named or (paths if len(paths) == 1 else [])
    return best[0] if best else None


def _list_paths(fields: Mapping[str, Field], kind: str) -> list[str]:
    return [
        path
        for path, field in fields.items()
        if field.spec.modality == kind and not _NO_CONTENT.fullmatch(path)
    ]


def _describe(fields: Mapping[str, Field], side: str) -> str:
    return ", ".join(p for p, field in fields.items() if getattr(field, f"may_be_{side}")) or "none"


def _walk(connector: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the features with their keys; within a sequence only texts, as the sequence."""
    import tensorflow_datasets as tfds

    if isinstance(connector, tfds.features.FeaturesDict):
        for key, inner in connector.items():
            yield from _walk(inner, (*keys, key))
    elif isinstance(connector, tfds.features.Sequence):
        inner = connector.feature
        if isinstance(inner, tfds.features.FeaturesDict):
            for key, one in inner.items():
                if isinstance(one, tfds.features.Text):
                    yield (*keys, key), tfds.features.Sequence(one)
        elif isinstance(inner, tfds.features.Text):
            yield keys, connector
    else:
        yield keys, connector


def _declare(connector: Any, classes: str) -> Feature | None:
    """Return what a feature of TFDS is for a problem; None where it is nothing a net knows."""
    import tensorflow_datasets as tfds

    kind, shape = type(connector), connector.shape
    if kind is tfds.features.Image and connector.np_dtype == np.uint8:
        height, width, channels = shape
        is_small = height and width and max(height, width) <= _SIDE
        size = (height, width) if is_small else (_SIDE, _SIDE)
        return Image(size[0], size[1], channels=1 if channels == 1 else 3)
    if kind is tfds.features.Audio:
        return Audio()
    if kind is tfds.features.ClassLabel:
        return Categorical(vocabulary=classes) if (connector.num_classes or 0) > 1 else None
    if kind is tfds.features.Sequence:
        return Language(alternatives=True)
    return Language() if connector.tf_dtype.name == "string" and shape == () else None


def _read_text(value: Any) -> str:
    """Return the words of a text in one line, as t2t-decoder reads them."""
    text = value.decode() if isinstance(value, bytes) else str(value)
    return " ".join(text.split())


def _convert_sound(samples: Any, from_hz: int, to_hz: int) -> Any:
    """Return samples of TFDS, whole numbers of 16 bits or -1 to 1, as one channel of a rate."""
    if samples.dtype.kind in "iu":
        is_small = np.abs(samples.astype(np.int64)).max(initial=0) < _INT16_SCALE
        samples = samples.astype(np.int16) if is_small else samples / np.float32(_INT16_SCALE)
    samples = samples if samples.dtype == np.int16 else samples.astype(np.float32)
    mono = Sound(samples.reshape(len(samples), -1), from_hz).mix_to_mono()
    return mono if from_hz == to_hz else np.clip(resample_sound(mono, from_hz, to_hz), -1.0, 1.0)
