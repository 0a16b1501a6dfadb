"""Classes: stored by name, beside their id; read as the id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Feature
from t2t_mm.registry import register_feature_kind

if TYPE_CHECKING:
    import tensorflow as tf


@register_feature_kind("categorical")
class ClassKind(FeatureKind):
    """The name of a class, and its id; a net reads int32[]."""

    spec_class: ClassVar[type[Feature]] = Categorical
    has_ids = True
    has_text = True
    given_as = "class"
    smallest_id = 0
    spec: Categorical
    shape = ()
    most_positions = 1

    @property
    def share_key_of_0_1_0(self) -> str:
        """One net for each list of classes, and for each number of them."""
        return f"categorical:{self.spec.vocabulary or self.spec.num_classes}"

    @property
    def vocabulary_name(self) -> str:
        """The list of names that is declared, or "classes_10" of ten numbers."""
        return self.spec.vocabulary or f"classes_{self.spec.num_classes}"

    @property
    def class_list(self) -> str:
        """The list of names that is declared; "" of numbers."""
        return self.spec.vocabulary

    def make_labels(self, problem: Problem, feature: str) -> LabelVocabulary:
        """Return the classes as the problem names them, or by their numbers."""
        numbers = [str(index) for index in range(self.spec.num_classes)]
        return LabelVocabulary(self.vocabulary_name, numbers or problem.class_names(feature))

    def check(self, value: Any) -> str:
        """Return the name of a class that is given by name or index."""
        assert isinstance(self.vocabulary, LabelVocabulary)
        names = self.vocabulary.names
        if isinstance(value, str):
            self.vocabulary.encode(value)  # refuses what is no class
            return value
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or not 0 <= value < len(names):
            raise UserError(
                "The value is no class",
                expected=f"a name, or an index from 0 to {len(names) - 1}",
                received={"value": value if is_whole else type(value).__name__},
            )
        return names[int(value)]

    def encode(self, checked: str) -> list[int]:
        """Return the id of the class, in a list of one."""
        assert self.vocabulary
        return self.vocabulary.encode(checked)

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether there is one id, and it is one of the classes."""
        import tensorflow as tf

        return super().are_valid(encoded) & tf.equal(tf.size(encoded), 1)

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the id as a scalar."""
        return encoded[0]

    def prepare_input(self, value: Any) -> npt.NDArray[Any]:
        """Return the id of one class, int32[]."""
        return np.array(self.encode(self.check(value))[0], np.int32)

    @property
    def served_specs(self) -> dict[str, tf.TensorSpec]:
        """The name of a class."""
        import tensorflow as tf

        return {"inputs": tf.TensorSpec([], tf.string)}

    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the id of the class, int32[1]."""
        assert self.vocabulary
        return self.vocabulary.encode_tensor(given["inputs"])

    def describe(self, read: Any, text: str) -> dict[str, Any]:
        """Return name and id."""
        return {"class": text, "id": int(read[0])}
