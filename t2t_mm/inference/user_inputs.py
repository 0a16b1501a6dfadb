"""What a person hands over, as one example for the encoder: text, a picture, a sound, a class."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.batching import pad_arrays
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.settings import DataHParams

TIMES_AS_LONG = 4  # as the longest example of training: more would fill the memory, and mean little


def batch_inputs(
    inputs: Sequence[Any],
    feature: Feature,
    vocabularies: Mapping[str, Vocabulary],
    batch_size: int,
    skip: Callable[[int, UserError], None] | None = None,
    data: DataHParams | None = None,
) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Yield inputs in padded batches of similar size; empty ones are in none.

    Args:
        inputs: As :func:`prepare_input` takes them; all are prepared first.
        feature: What the problem declares.
        vocabularies: By name.
        batch_size: Examples of a batch.
        skip: Is given the place of an input that cannot be read, which is then in no batch, and
            why; without it that is raised.
        data: The run's, as `prepare_input` takes them.

    Returns:
        Pairs: the places of a batch's examples among the inputs, and the batch.

    Example:
        >>> from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
        >>> from t2t_mm.features import Language
        >>> texts, vocabularies = ["abc", "", "d"], {"bytes": ByteVocabulary()}
        >>> for places, batch in batch_inputs(texts, Language("bytes"), vocabularies, 8):
        ...     print(places, batch["inputs"].shape)
        [2, 0] (2, 4)
    """

    def prepare(value: Any) -> list[npt.NDArray[Any]]:
        return [prepare_input(value, feature, vocabularies, data)]

    for places, examples in _batch_prepared(inputs, inputs, prepare, batch_size, skip):
        yield places, pad_inputs([example for (example,) in examples], feature)


def batch_pairs(
    pairs: Sequence[tuple[Any, Any]],
    features: tuple[Feature, Feature],
    vocabularies: Mapping[str, Vocabulary],
    batch_size: int,
    skip: Callable[[int, UserError], None] | None = None,
    data: DataHParams | None = None,
    checks_targets: bool = True,
) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Yield pairs of an input and its target in padded batches, as `batch_inputs` does inputs.

    Args:
        pairs: Inputs and targets as :func:`prepare_input` takes them; an empty target is one.
        features: What the problem declares of either.
        vocabularies: By name.
        batch_size: Examples of a batch.
        skip: As `batch_inputs` takes it.
        data: As `batch_inputs` takes them.
        checks_targets: Whether targets, too, may be too long; a model's own are as long as it made
            them.

    Example:
        >>> from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
        >>> from t2t_mm.features import Language
        >>> text, vocabularies = Language("bytes"), {"bytes": ByteVocabulary()}
        >>> for places, batch in batch_pairs([("ab", "c")], (text, text), vocabularies, 8):
        ...     print(places, batch["inputs"], batch["targets"])
        [0] [[100 101   1]] [[102   1]]
    """

    def prepare(pair: tuple[Any, Any]) -> list[npt.NDArray[Any]]:
        (value, target), (of_value, of_target) = pair, features
        limits = data if checks_targets else None
        return [
            prepare_input(value, of_value, vocabularies, data),
            prepare_input(target, of_target, vocabularies, limits, "target"),
        ]

    inputs = [value for value, _ in pairs]
    for places, examples in _batch_prepared(pairs, inputs, prepare, batch_size, skip):
        batch = pad_inputs([example for example, _ in examples], features[0])
        yield places, batch | {"targets": pad_arrays([target for _, target in examples])}


def _batch_prepared(
    values: Sequence[Any],
    inputs: Sequence[Any],
    prepare: Callable[[Any], list[npt.NDArray[Any]]],
    batch_size: int,
    skip: Callable[[int, UserError], None] | None,
) -> Iterator[tuple[list[int], list[list[npt.NDArray[Any]]]]]:
    """Prepare the values whose inputs are not empty, and yield those of similar size together."""
    prepared: dict[int, list[npt.NDArray[Any]]] = {}
    for place, (value, given) in enumerate(zip(values, inputs, strict=True)):
        try:
            if not is_empty(given):
                prepared[place] = prepare(value)
        except UserError as error:
            if skip is None:
                raise
            skip(place, error)
    order = sorted(prepared, key=lambda place: [array.shape for array in prepared[place]])
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        yield places, [prepared[place] for place in places]


def prepare_input(
    value: Any,
    feature: Feature,
    vocabularies: Mapping[str, Vocabulary],
    data: DataHParams | None = None,
    side: str = "input",
) -> npt.NDArray[Any]:
    """Prepare one input as evaluation data sets hold it, not yet padded.

    Args:
        value: A text; a picture as path, bytes of a file or uint8[height, width, channels]; a sound
            as path, as float32[samples] or int16[samples] at the feature's rate, or as such samples
            and their rate in Hz; the name of a class; or what another kind takes: by default an
            array, or the path of its file.
        feature: What the problem declares.
        vocabularies: By name.
        data: The run's, which tell the longest example that was trained on; without them an input
            may have any length.
        side: What it is, for messages.

    Returns:
        int32[L] (text), float32[H, W, C] (picture), float32[frames, bands] or float32[samples]
        (sound), int32[] (class); of another kind what its net reads.

    Raises:
        UserError: A file is missing or cannot be read, the value is of another kind, or it is more
            than four times as long as what was trained on.
    """
    kind = choose_kind(feature)
    kind = choose_kind(feature, vocabularies.get(kind.vocabulary_name))
    is_file = _names_file(value, feature)
    try:
        prepared = kind.prepare_input(_read_file(kind, value) if is_file else value)
        if data:
            _check_length(prepared, kind, data, side)
        return prepared
    except UserError as error:
        if is_file and str(value) not in str(error):  # one bad file among many has to be found
            raise UserError(f"{value}: {error}") from error
        raise


def _check_length(
    prepared: npt.NDArray[Any], kind: FeatureKind, data: DataHParams, side: str
) -> None:
    limit = kind.choose_limit(data)
    positions = int(kind.count_read_positions(prepared.shape))
    if limit and positions > (most := TIMES_AS_LONG * limit.positions):
        raise UserError(
            f"The {side} is {positions:,} positions long",
            expected=f"at most {most:,}, {TIMES_AS_LONG} times what training keeps "
            f"({limit.setting})",
            fix="Split it.",
        )


def is_empty(value: Any) -> bool:
    """Return whether an input says nothing: an empty line of text, an empty name of a file."""
    return isinstance(value, str) and not value.strip()


def pad_inputs(examples: Sequence[npt.NDArray[Any]], feature: Feature) -> dict[str, Any]:
    """Pad prepared inputs of one feature to a batch.

    Args:
        examples: Arrays of one rank.
        feature: What the problem declares.

    Returns:
        "inputs", and their "inputs_size" where no id tells the padding.
    """
    batch = pad_arrays(examples)
    axes = choose_kind(feature).size_axes
    if not axes:
        return {"inputs": batch}
    sizes = np.array([example.shape[:axes] for example in examples], np.int32)
    return {"inputs": batch, "inputs_size": sizes}


def check_files(inputs: Iterable[Any], feature: Feature) -> None:
    """Check that every file that inputs name is there: hours later would be late.

    Raises:
        UserError: One is not.
    """
    for value in inputs:
        if _names_file(value, feature) and not is_empty(value):
            _check_file(value)


def describe_files(values: Iterable[Any]) -> list[str]:
    """Return what the file that each input names is known by, without opening it: size and time.

    Returns:
        Eight letters for each; empty where there is no such file.

    Example:
        >>> _ = Path("a.png").write_bytes(b"no picture")
        >>> [len(one) for one in describe_files(["a.png", "b.png", "a text"])]
        [8, 0, 0]
    """
    return [_describe_file(value) for value in values]


def _describe_file(value: Any) -> str:
    try:
        found = _check_file(value).stat()
    except (TypeError, ValueError, OSError):
        return ""
    return hashlib.sha256(f"{found.st_size} {found.st_mtime_ns}".encode()).hexdigest()[:8]


def _names_file(value: Any, feature: Feature) -> bool:
    return isinstance(value, str | Path) and not choose_kind(feature).has_text


def _read_file(kind: FeatureKind, path: str | Path) -> Any:
    found = _check_file(path)
    try:
        return kind.read_file(found)
    except OSError as error:
        raise UserError(f"The file cannot be read: {error.strerror or error}") from error


def _check_file(path: str | Path) -> Path:
    found = Path(os.path.expanduser(path))  # "~nobody" stays as it is
    try:
        is_there = found.is_file()
    except OSError:  # a name that is too long, a folder that may not be looked into
        is_there = False
    if not is_there:
        raise UserError("There is no such input file", received={"path": str(path)})
    return found
