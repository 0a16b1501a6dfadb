"""tfds: a problem made of any data set of TensorFlow Datasets, without any code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, HeldOut, hold_out
from t2t_mm.data.kinds.kind_table import feature_from_json
from t2t_mm.data.records.stored import METADATA_FILE, Metadata, locate_data
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, BatchSpec, Categorical, Feature, Image, Language
from t2t_mm.problems.named_columns import parse_columns
from t2t_mm.problems.speech import lower_text
from t2t_mm.problems.tfds_features import (
    RATE,
    SIDES,
    Field,
    choose_fields,
    find_fields,
    find_rates,
)
from t2t_mm.problems.tfds_lookup import find_builder, prepare_builder
from t2t_mm.problems.tfds_reading import Example, TfdsReader, hash_inputs
from t2t_mm.registry import register_problem

_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


@register_problem("tfds")
class TfdsProblem(Problem):
    """Learns from a data set of TensorFlow Datasets: `tfds/NAME` or `tfds/NAME/CONFIG`.

    What is prepared in `tmp_dir/tfds`, in `tmp_dir` or in TFDS's own folder is read, a data set
    that you wrote with TFDS's tools too; else TFDS downloads and prepares it in `tmp_dir/tfds`.

    Inputs and targets are chosen in this order:

    - `--columns='inputs=FEATURE,targets=FEATURE'` of t2t-datagen, or one of them; a feature within
      another has a slash, as `captions/text`;
    - the pair that the data set itself calls supervised;
    - a picture, sound or text and its class; a sound or picture and its text; the two texts of a
      pair, of which `_rev` is the other direction.

    What was chosen is kept with the data: t2t-trainer and t2t-decoder need no flags for it.

    - Pictures that are not of one size of at most 64 x 64 pixels are scaled and cropped to that.
      Sounds become 16,000 Hz and one channel; `--columns='rate=48000'` says from which rate, where
      the data set does not. The words of a text are put in one line, those of a transcript in lower
      case. Empty texts and examples without a class (-1) are left out.
    - Splits have TFDS's names, or `--columns='validation=dev_clean,train=train[:90%]'` gives them,
      in TFDS's words. Without a validation split 10% of the training examples, at most 2,000, are
      held out, chosen by a hash of their inputs; without a test split there is none, unless
      `--test_share` holds one out.

    Raises:
        UserError: When data is generated: TFDS knows no such data set or cannot prepare it, or it
            is not clear what its inputs, targets or splits are.
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    takes_argument = True
    skip_bad_examples = True
    licence = "that of the data set, https://www.tensorflow.org/datasets/catalog"
    size = "that of the data set"
    source = (
        "tfds/NAME is a data set of https://www.tensorflow.org/datasets/catalog, which TFDS "
        "downloads into --tmp_dir/tfds, or one that is prepared there or in ~/tensorflow_datasets."
    )

    _told: str | None = None  # --columns of this call
    _found: Metadata | None = None

    # What is declared: by the data that was generated, or by the data set that it is made of.

    @property
    def columns(self) -> str:
        """Which features are inputs and targets; of what was not told, as the data was made."""
        if self._stored:
            return self._stored.columns
        if self._told is None and "_fields" not in vars(self):
            return ""
        chosen = {side: field.path for side, field in self._fields.items()} | self._given
        return ",".join(f"{role}={what}" for role, what in chosen.items())

    @columns.setter
    def columns(self, given: str) -> None:
        self._told = given
        for name in ("_fields", "_reader", "_held_out"):
            vars(self).pop(name, None)

    @property
    def features(self) -> dict[str, Feature]:
        """The declared specs by feature name, after the exchange."""
        if self.base is not self:
            exchanged = {self.stored_name(name): one for name, one in self.base.features.items()}
            if not all(spec.is_text for spec in exchanged.values()):
                raise UserError(
                    "Only a text-to-text problem can be reversed",
                    received={"name": self.name, "features": exchanged},
                )
            return exchanged
        if self._stored:
            stored = self._stored.fingerprint["features"]
            return {name: feature_from_json(record) for name, record in stored.items()}
        if not self.argument:
            return dict(self.modalities)
        return {side: field.spec for side, field in self._fields.items()}

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the data; all three where they are not known without downloading."""
        if self._stored:
            return tuple(self._stored.lengths)
        if not self.argument or (self.tmp_dir is None and not self._builder.is_prepared()):
            return SPLITS
        there = (*self._reader.sources, *self.held_out_splits)
        return tuple(split for split in SPLITS if split in there)

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Validation, and test if a share of it is given, where the data set has none."""
        wanted = SPLITS[1:] if self.test_share else SPLITS[1:2]
        return [split for split in wanted if split not in self._reader.sources]

    @property
    def options_that_count(self) -> frozenset[str]:
        """The shares of splits that are held out, and the columns."""
        return super().options_that_count | {"columns"}

    @property
    def batch(self) -> BatchSpec:  # type: ignore[override]
        """By what the inputs are."""
        match self.features["inputs"]:
            case Image():
                return BatchSpec(examples=32)
            case Audio():
                return BatchSpec(examples=16)
        return Problem.batch

    @property
    def metrics(self) -> tuple[str, ...]:  # type: ignore[override]
        """By what becomes what."""
        match self.features["inputs"], self.features["targets"]:
            case _, Categorical():
                return ("top_k",)
            case Audio(), _:
                return ("wer",)
            case Image(), _:
                return ("caption",)
        return Problem.metrics

    @property
    def command_name(self) -> str:
        """The target language of a translation."""
        return self._name_languages()[1 - self.exchanged] or super().command_name

    @property
    def opposite_command(self) -> str:
        """The source language of a translation."""
        return self._name_languages()[0 + self.exchanged] or super().opposite_command

    def _name_languages(self) -> tuple[str, str]:
        """Return the languages of a translation as it is stored, where its texts are so called."""
        if not self.argument or not all(one.is_text for one in self.base.features.values()):
            return "", ""
        chosen = parse_columns(self.base.columns)
        names = [chosen.get(side, "").rpartition("/")[2] for side in SIDES]
        return (names[0], names[1]) if all(map(_LANGUAGE.fullmatch, names)) else ("", "")

    @property
    def _stored(self) -> Metadata | None:
        """What is kept with generated data, where nothing was told that data is to be made by."""
        if self._told is None and self._found is None and self.data_dir and self.argument:
            folder = locate_data(self, self.data_dir)
            if (folder / METADATA_FILE).is_file():
                self._found = Metadata.read(folder)
        return self._found if self._told is None else None

    # The data set.

    @cached_property
    def _builder(self) -> Any:
        if not self.argument:
            raise UserError(
                "The problem tfds needs the name of a data set",
                expected="tfds/NAME, as tfds/mnist",
                fix="See https://www.tensorflow.org/datasets/catalog.",
            )
        return find_builder(self.argument, self.tmp_dir)

    @cached_property
    def _prepared(self) -> Any:
        builder = self._builder
        if self.data_dir and Path(builder.data_path).is_relative_to(self.data_dir / "tfds"):
            raise UserError(
                f"The raw data of {self.name} would lie where its generated data is to lie",
                expected="--tmp_dir and --data_dir that are not the same folder",
                received={"data_path": str(builder.data_path)},
            )
        prepare_builder(self.argument, builder, self.tmp_dir)
        return builder

    @property
    def _given(self) -> dict[str, str]:
        """The splits that a person names, and the rate of sounds."""
        told, roles = parse_columns(self._told or ""), (*SIDES, *SPLITS, RATE)
        if unknown := [role for role in told if role not in roles]:
            raise UserError(
                f"--columns of {self.name} names what there is not",
                expected=f"{', '.join(roles)}, or some of them",
                received={"columns": ", ".join(unknown)},
            )
        return {role: what for role, what in told.items() if role not in SIDES}

    @cached_property
    def _fields(self) -> dict[str, Field]:
        info = self._builder.info
        told = parse_columns(self._told or "")
        given = {side: path for side, path in told.items() if side in SIDES}
        fields = find_fields(info.features, f"tfds_{self.argument.replace('/', '.')}")
        return choose_fields(self.name, fields, info.supervised_keys, given)

    @cached_property
    def _reader(self) -> TfdsReader:
        given = {split: what for split, what in self._given.items() if split in SPLITS}
        fields = find_rates(self._fields, self._given.get(RATE, ""))
        return TfdsReader(self.name, self._prepared, fields, given)

    # Its examples.

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the names of the classes, in TFDS's order."""
        connector: Any = self._builder.info.features
        for key in self._fields[feature].keys:
            connector = connector[key]
        return list(connector.names)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": text, picture or sound, "targets": text or class} in TFDS's order."""
        fields = self._reader.fields
        is_speech = isinstance(fields["inputs"].spec, Audio)
        empty = 0
        for example in self._select(split):
            targets = fields["targets"].convert(example["targets"])
            inputs: Any = partial(fields["inputs"].convert, example["inputs"])
            if isinstance(fields["inputs"].spec, Language):
                inputs = inputs()
            if is_speech and isinstance(targets, str):
                targets = lower_text(targets)
            if inputs in ("", []) or targets in ("", [], -1):
                empty += 1
            else:
                yield {"inputs": inputs, "targets": targets}
        if empty:
            warn_once(f"Problem {self.name}, {split}: left out {empty:,} empty examples.")

    def _select(self, split: str) -> Iterator[Example]:
        """Yield the examples of a split, whether held out or not."""
        if split in self._reader.sources and (split != "train" or not self.held_out_splits):
            yield from self._reader.read(split)
            return
        for example in self._reader.read("train"):
            if self._held_out.find_split(hash_inputs(example)) == split:
                yield example

    @cached_property
    def _held_out(self) -> HeldOut:
        """Which training examples are held out: every one is read once to count them."""
        hashes = map(hash_inputs, self._reader.read("train"))
        held_out = hold_out(hashes, self.held_out_shares)
        told = held_out.describe("training examples")
        warn_once(f"Problem {self.name}: {told}, chosen by a hash of their inputs.")
        return held_out
