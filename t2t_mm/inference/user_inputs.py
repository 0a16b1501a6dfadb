"""What a person hands over, as one example for the encoder: text, a picture, a sound, a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.data.pictures.picture_inputs import prepare_picture
from t2t_mm.data.sounds.raw_sounds import read_sound
from t2t_mm.data.sounds.sound_inputs import prepare_sound
from t2t_mm.data.vocabulary.vocabulary import EOS_ID, Vocabulary, name_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Feature, Image, Language


class InputBatches:
    """Inputs in padded batches of similar size; empty ones are in none.

    Iterates over pairs: the places of a batch's examples among the inputs, and the batch.

    Args:
        inputs: As :func:`prepare_input` takes them.
        feature: What the problem declares.
        vocabularies: By name.
        batch_size: Examples of a batch.

    Example:
        >>> from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
        >>> texts = ["abc", "", "d"]
        >>> batches = InputBatches(texts, Language("bytes"), {"bytes": ByteVocabulary()}, 8)
        >>> for places, batch in batches:
        ...     print(places, batch["inputs"].shape)
        [2, 0] (2, 4)
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        feature: Feature,
        vocabularies: Mapping[str, Vocabulary],
        batch_size: int,
    ) -> None:
        self._prepared = {
            place: prepare_input(value, feature, vocabularies)
            for place, value in enumerate(inputs)
            if not is_empty(value)
        }
        self._feature = feature
        order = sorted(self._prepared, key=lambda place: self._prepared[place].shape)
        starts = range(0, len(order), batch_size)
        self._places = [order[start : start + batch_size] for start in starts]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[tuple[list[int], dict[str, Any]]]:
        for places in self._places:
            yield places, pad_inputs([self._prepared[place] for place in places], self._feature)


def prepare_input(
    value: Any, feature: Feature, vocabularies: Mapping[str, Vocabulary]
) -> npt.NDArray[Any]:
    """Prepare one input as evaluation data sets hold it, not yet padded.

    Args:
        value: A text; a picture as path, bytes of a file or uint8[height, width, channels]; a sound
            as path or as float32[samples] or int16[samples] at the feature's rate; or the name of
            a class.
        feature: What the problem declares.
        vocabularies: By name.

    Returns:
        int32[L] (text), float32[H, W, C] (picture), float32[frames, bands] or float32[samples]
        (sound), int32[] (class).

    Raises:
        UserError: A file is missing or cannot be read, or the value is of another kind.
    """
    is_file = isinstance(feature, Image | Audio) and isinstance(value, str | Path)
    try:
        return _prepare_value(value, feature, vocabularies)
    except UserError as error:
        if is_file and str(value) not in str(error):  # one bad file among many has to be found
            raise UserError(f"{value}: {error}") from error
        raise


def _prepare_value(
    value: Any, feature: Feature, vocabularies: Mapping[str, Vocabulary]
) -> npt.NDArray[Any]:
    """Prepare one input, of whichever kind."""
    if isinstance(feature, Image):
        return prepare_picture(_read_content(value), feature)
    if isinstance(feature, Audio):
        if isinstance(value, str | Path):
            value = read_sound(_check_file(value), feature.sample_rate_hz)
        return prepare_sound(value, feature)
    if not isinstance(value, str):
        raise UserError(
            "An input is of a wrong type", expected="str", received={"input": type(value).__name__}
        )
    ids = vocabularies[name_vocabulary(feature)].encode(value)
    if isinstance(feature, Language):
        return np.array([*ids, EOS_ID], np.int32)
    return np.array(ids[0], np.int32)


def is_empty(value: Any) -> bool:
    """Return whether an input says nothing: an empty line of text, an empty name of a file."""
    return isinstance(value, str) and not value.strip()


def pad_inputs(examples: Sequence[npt.NDArray[Any]], feature: Feature) -> dict[str, Any]:
    """Pad prepared inputs of one feature to a batch.

    Args:
        examples: Arrays of one rank.
        feature: What the problem declares.

    Returns:
        "inputs", and for pictures and sounds their "inputs_size".
    """
    rank = examples[0].ndim
    longest = tuple(max(example.shape[axis] for example in examples) for axis in range(rank))
    batch = np.zeros((len(examples), *longest), examples[0].dtype)
    for row, example in zip(batch, examples, strict=True):
        row[tuple(slice(0, length) for length in example.shape)] = example
    if isinstance(feature, Image):
        return {"inputs": batch, "inputs_size": _measure_sizes(examples, 2)}
    if isinstance(feature, Audio):
        return {"inputs": batch, "inputs_size": _measure_sizes(examples, 1)}
    return {"inputs": batch}


def _measure_sizes(examples: Sequence[npt.NDArray[Any]], axes: int) -> npt.NDArray[np.int32]:
    return np.array([example.shape[:axes] for example in examples], np.int32)


def _read_content(value: Any) -> Any:
    return _check_file(value).read_bytes() if isinstance(value, str | Path) else value


def _check_file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise UserError("There is no such input file", received={"path": str(path)})
    return Path(path)
