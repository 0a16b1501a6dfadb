"""All that the engine must know of one kind of features, beside the net that reads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.stored_arrays import (
    describe_array_type,
    describe_served_array,
    load_array,
    make_array_input,
    measure_array,
    measure_array_input,
    store_array,
    store_array_tensor,
)
from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.symbols import PAD_ID, Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.files.quiet_start import import_tensorflow
from t2t_mm.settings import DataHParams

if TYPE_CHECKING:
    import tensorflow as tf

Ids = Sequence[int]


class Medium(NamedTuple):
    """A value as a page shows it.

    Attributes:
        type: How: as `<img>` or as `<audio>`.
        suffix: Of its file: "png" or "jpg"; "wav" (int16, mono).
        content: The file.
    """

    type: Literal["picture", "sound"]
    suffix: str
    content: bytes


class Limit(NamedTuple):
    """The longest value that training keeps.

    Attributes:
        setting: As a person reads and changes it: "data.max_pieces=256".
        positions: That many are kept.
    """

    setting: str
    positions: int


class FeatureKind:
    """One declared feature: how its values are checked, stored, read, padded, taken and shown.

    As it stands, values are NumPy arrays of `dtype` and `shape`, stored as they are, padded with
    zero, and as long as their first axis: a kind of your own needs a `spec_class` and these two,
    and overrides what should be otherwise. What returns tensors runs inside tf.data, once for each
    example; TensorFlow is imported there, since naming a kind needs none.

    Class attributes:
        spec_class: What problems declare, a frozen dataclass.
        has_ids: Whether ids of a vocabulary are stored beside the value, and read in its place.
        smallest_id: The least of them.
        has_text: Whether the stored value is a text, to show and to score against. Of another
            kind a person may name the file instead of the value.
        given_as: How a person gives a value on a page: as text, a class of a list, a picture, a
            sound, or the file of another kind.
        stored_by: The function of t2t_mm that makes the stored bytes: data is stale when its code
            changes, or that of a class elsewhere, as far as it stores.

    Args:
        spec: What the problem declares.
        vocabulary: Of its ids, where it has one and that is known yet.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Smell(Feature):
        ...     modality = "smell"
        >>> class SmellKind(FeatureKind):
        ...     spec_class = Smell
        ...     shape = (None, 400)
        >>> stored = SmellKind(Smell()).check(np.ones((9, 400), np.float32))
        >>> SmellKind(Smell()).describe(stored, "")
        {'array': 'float32[9, 400]'}
    """

    spec_class: ClassVar[type[Feature]]
    has_ids: ClassVar[bool] = False
    smallest_id: ClassVar[int] = PAD_ID + 1
    has_text: ClassVar[bool] = False
    given_as: ClassVar[Literal["text", "class", "picture", "sound", "file"]] = "file"
    stored_by: ClassVar[Callable[..., bytes] | None] = None

    def __init__(self, spec: Any, vocabulary: Vocabulary | None = None) -> None:
        self.spec = spec
        self.vocabulary = vocabulary

    # What it is.

    @property
    def dtype(self) -> str:
        """Type of the elements of an array."""
        return "float32"

    @property
    def shape(self) -> Sequence[int | None]:
        """Lengths of the axes of an array; None is any length."""
        return (None,)

    @property
    def size_axes(self) -> int:
        """How many axes may be padded where no id tells the padding: `_size` has as many."""
        padded = [axis for axis, length in enumerate(self.shape) if length is None]
        return padded[-1] + 1 if padded else 0

    @property
    def units_per_position(self) -> float:
        """What one position of a batch stands for along each axis, as the net's class says."""
        name = self.spec.modality
        import_tensorflow()  # quietly, before the net's module imports Keras
        return registry.modality(name).units_per_position if name in registry.MODALITIES else 1

    @property
    def most_positions(self) -> int | None:
        """How many positions a value takes at most, by its declaration; None: any number."""
        return None

    def choose_limit(self, data: DataHParams) -> Limit | None:
        """Return the limit that settings give training examples; None: values of any length."""
        return None

    @property
    def share_key_of_0_1_0(self) -> str:
        """The name of its net in a run that did not write the names of its nets down."""
        return str(self.spec.share_key)

    @property
    def vocabulary_name(self) -> str:
        """Name of the vocabulary that its ids are of; "" where it has none."""
        return self.text_vocabulary

    @property
    def text_vocabulary(self) -> str:
        """Name of the vocabulary that cuts its texts; "" where it has no text."""
        return ""

    @property
    def class_list(self) -> str:
        """Name of the vocabulary whose class names the problem gives; "" where it gives none."""
        return ""

    def make_labels(self, problem: Problem, feature: str) -> LabelVocabulary | None:
        """Return the classes of this feature as its problem names them; None where it has none."""
        return None

    # Onto the disk.

    def check(self, value: Any) -> Any:
        """Return a raw value as it is stored: a text, or bytes.

        Raises:
            UserError: It is not of the declared kind; a `BadExampleError` if the data is broken.
        """
        return store_array(value, self.dtype, self.shape)

    def encode(self, checked: Any) -> list[int]:
        """Return the ids of a checked value; only asked where `has_ids`."""
        raise AssertionError(f"{type(self).__name__} has no ids")

    def measure(self, stored: bytes, ids: Ids) -> int:
        """Return how many positions of a batch the stored value takes at most."""
        length = measure_array(stored, len(self.shape))[0] if self.shape else 1
        return math.ceil(length / self.units_per_position)

    def load(self, stored: bytes) -> npt.NDArray[Any]:
        """Return a stored array."""
        return load_array(stored, self.dtype, len(self.shape))

    # Into a batch.

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether stored ids are some of the vocabulary, bool[]; only asked of ids."""
        import tensorflow as tf

        assert self.vocabulary
        is_inside = (encoded >= self.smallest_id) & (encoded < self.vocabulary.size)
        return tf.reduce_all(is_inside) & (tf.size(encoded) > 0)

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return what `measure` returns, int32[]."""
        import tensorflow as tf

        rank = len(self.shape)
        length = measure_array_input(encoded, rank)[0] if rank else tf.constant(1)
        return tf.cast(tf.math.ceil(length / self.units_per_position), tf.int32)

    def find_batch_shape(self, positions: int) -> tuple[int | None, ...]:
        """Return the shape that holds what a net reads of values of at most so many positions.

        A length is None where no number of positions bounds it.
        """
        lengths = list(self.shape)
        if lengths and lengths[0] is None:
            lengths[0] = math.floor(positions * self.units_per_position)
        return tuple(lengths)

    def count_read_positions(self, lengths: Sequence[Any]) -> Any:
        """Return how many positions what a net reads takes, by the lengths of its axes.

        Args:
            lengths: Of each axis a number, or int[B] of the examples of a batch.
        """
        return -(-lengths[0] // self.units_per_position) if len(lengths) else 1

    def is_tall(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether it had better not be padded together with what is wide, bool[]."""
        import tensorflow as tf

        return tf.constant(False)

    def choose(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return what one training step sees of the stored value; `dice` is None at evaluation."""
        return encoded

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return what the net reads.

        Args:
            encoded: What `choose` returned: the stored bytes, string[], or the ids, int32[L].
            dice: float32[4], evenly from 0 to 1 (see `Dice`) in training, None at evaluation.
        """
        return make_array_input(encoded, self.dtype, self.shape)

    # From a person, and to a person.

    def read_file(self, path: Path) -> Any:
        """Return the value in a file that a person names; only asked where it has no text."""
        try:
            return np.load(path, allow_pickle=False)
        except Exception as error:  # of a damaged file NumPy raises all kinds
            raise UserError(
                f"The file holds no array: {error}", expected="a file that numpy.save wrote"
            ) from error

    def is_one_input(self, value: Any) -> bool:
        """Return whether a tuple is one value, and not as many as it has parts."""
        return False

    def prepare_input(self, value: Any) -> npt.NDArray[Any]:
        """Return one value as evaluation batches hold it, by the way over what is stored."""
        import tensorflow as tf

        return np.asarray(self.prepare(tf.constant(self.check(value)), None))

    @property
    def served_specs(self) -> dict[str, tf.TensorSpec]:
        """What an exported model is given of one value, by name."""
        return describe_served_array(self.dtype, self.shape, self.size_axes)

    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return what `prepare` takes of what `served_specs` name, inside a graph."""
        own = type(self)
        is_array = own.check is FeatureKind.check and not self.has_ids
        if own.store_tensors is FeatureKind.store_tensors and not is_array:
            raise UserError(
                f"{own.__name__} does not say how an exported model stores a value",
                fix="Override served_specs and store_tensors in it.",
            )
        return store_array_tensor(given, self.dtype)

    def list_texts(self, text: str) -> list[str]:
        """Return the texts that stand for one example, at least one; `text` is as it is stored."""
        return [text]

    def describe(self, read: Any, text: str) -> dict[str, Any]:
        """Return a record's value as a person wants to see it, by what it is.

        Args:
            read: The stored bytes, or the ids where it has some.
            text: The stored text; "" where it has none.
        """
        lengths = measure_array(read, len(self.shape))
        return {"array": describe_array_type(self.dtype, lengths)}

    def show(self, stored: bytes) -> Medium | None:
        """Return a stored value as a page shows it; None: as `describe` does, or by its text."""
        return None
