"""The examples of a prepared TFDS data set by split, as far as they are inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import find_named_split, hash_bytes
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Image
from t2t_mm.problems.tfds_features import Field

Example = dict[str, Any]


@dataclass(frozen=True)
class TfdsReader:
    """Reads a data set of TFDS.

    Args:
        name: Of the problem, for messages.
        builder: Of TFDS, prepared.
        fields: What is inputs and what targets.
        given: By split what a person says it is in TFDS.
    """

    name: str
    builder: Any
    fields: Mapping[str, Field]
    given: Mapping[str, str]

    @cached_property
    def sources(self) -> dict[str, str]:
        """What each split is in TFDS; without those whose classes nobody knows.

        Raises:
            UserError: There is no training split, or not what is given.
        """
        there = list(self.builder.info.splits)
        named = {find_named_split(name): name for name in reversed(there)}
        if len(there) == 1:
            named = {"train": there[0]}
        found = {split: what for split, what in {**named, **self.given}.items() if split}
        if "train" not in found:
            raise UserError(
                f"The TFDS data set of {self.name} has no split called train",
                expected=f"one of {', '.join(there)}, or several joined by '+'",
                fix="Name it: --columns='train=...,validation=...' of t2t-datagen.",
            )
        for split, what in found.items():
            self._check_is_there(split, what, there)
        self._check_apart(found)
        return {split: what for split, what in found.items() if self._knows_classes(split, what)}

    def _check_is_there(self, split: str, source: str, there: list[str]) -> None:
        try:
            _ = self.builder.info.splits[source]
        except (ValueError, KeyError) as error:
            raise UserError(
                f"The TFDS data set of {self.name} has no split {source!r}",
                expected=f"one of {', '.join(there)}, or a part of it, as {there[0]}[:90%]",
                received={"columns": f"{split}={source}"},
            ) from error

    def _check_apart(self, sources: Mapping[str, str]) -> None:
        """Refuse splits that share examples: a model would be scored on what it was trained on."""
        import tensorflow_datasets as tfds

        if len(sources) == 1:
            return
        splits = self.builder.info.splits
        taken: dict[str, list[tuple[int, int, str]]] = {}
        for split, source in sources.items():
            for part in tfds.core.ReadInstruction.from_spec(source).to_absolute(splits):
                size = splits[part.splitname].num_examples
                first, end = part.from_ or 0, size if part.to is None else part.to
                for other_first, other_end, other in taken.get(part.splitname, []):
                    if max(first, other_first) < min(end, other_end):
                        raise UserError(
                            f"The splits {other} and {split} of {self.name} share examples",
                            received={"columns": f"{other}={sources[other]},{split}={source}"},
                            fix="Name parts of their own: "
                            "--columns='train=train[:90%],validation=train[90%:]'.",
                        )
                taken.setdefault(part.splitname, []).append((first, end, split))

    def _knows_classes(self, split: str, source: str) -> bool:
        """Return whether a split has classes: those of a contest's test are all -1."""
        if split == "train" or not isinstance(self.fields["targets"].spec, Categorical):
            return True
        first = next(self._read(source), None)
        is_known = first is None or first["targets"] >= 0
        if not is_known:
            warn_once(f"Problem {self.name}: {source} has no classes; it is left out.")
        return is_known

    def read(self, split: str) -> Iterator[Example]:
        """Yield the values of a split as TFDS gives them, pictures as their files, in its order."""
        return self._read(self.sources[split])

    def _read(self, source: str) -> Iterator[Example]:
        import tensorflow_datasets as tfds

        decoders = {
            field.path: tfds.decode.SkipDecoding()
            for field in self.fields.values()
            if isinstance(field.spec, Image) and len(field.keys) == 1
        }
        dataset = self.builder.as_dataset(
            split=source,
            shuffle_files=False,
            decoders=decoders,
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        for example in dataset.as_numpy_iterator():
            yield {side: field.take(example) for side, field in self.fields.items()}


def hash_inputs(example: Example) -> int:
    """Hash the inputs of an example as TFDS gives it."""
    value = example["inputs"]
    return hash_bytes(value if isinstance(value, bytes) else np.asarray(value).tobytes())
