"""Texts: stored as they are, beside their ids; read as ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.kinds.feature_kind import FeatureKind, Ids, Limit
from t2t_mm.data.vocabulary.symbols import EOS_ID, PAD_ID
from t2t_mm.errors import UserError
from t2t_mm.features import Feature, Language
from t2t_mm.registry import register_feature_kind
from t2t_mm.settings import DataHParams

if TYPE_CHECKING:
    import tensorflow as tf


_BLANK = r"[\t-\r\x1c-\x1f\x{85}\p{Z}]*"
"""What has nothing for `str.strip` to leave, in RE2's words."""


@register_feature_kind("language")
class TextKind(FeatureKind):
    """One text, or several true ones: lines of one text, their ids behind one another.

    Behind the ids of each text there is an end of sequence. A net reads int32[L] of one text: of
    several a random one in training, the first at evaluation.
    """

    spec_class: ClassVar[type[Feature]] = Language
    has_ids = True
    has_text = True
    given_as = "text"
    spec: Language
    size_axes = 0

    @property
    def text_vocabulary(self) -> str:
        """The vocabulary that is declared."""
        return self.spec.vocabulary

    def choose_limit(self, data: DataHParams) -> Limit | None:
        """Return the limit in pieces."""
        pieces = data.max_pieces
        return Limit(f"data.max_pieces={pieces}", pieces) if pieces else None

    def check(self, value: Any) -> str:
        """Return the text without its line end, or the texts as lines of one."""
        return _check_texts(value) if self.spec.alternatives else _check_text(value, _ONE)

    def encode(self, checked: str) -> list[int]:
        """Return the ids of each text and an end of sequence behind it."""
        assert self.vocabulary
        texts = self.list_texts(checked)
        return [index for text in texts for index in (*self.vocabulary.encode(text), EOS_ID)]

    def measure(self, stored: bytes, ids: Ids) -> int:
        """Return the number of ids of the longest text, the end of sequence included."""
        if not self.spec.alternatives:
            return len(ids)
        return int(np.diff(np.flatnonzero(np.asarray(ids) == EOS_ID), prepend=-1).max())

    def are_valid(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether the ids are of the vocabulary, and the last text has an end."""
        import tensorflow as tf

        has_end = tf.reduce_all(tf.equal(encoded[-1:], EOS_ID))
        return super().are_valid(encoded) & has_end

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return the number of ids of the longest text."""
        import tensorflow as tf

        if not self.spec.alternatives:
            return tf.size(encoded)
        begins, ends = _find_texts(encoded)
        return tf.reduce_max(ends - begins)

    def choose(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the ids of one text: in training a random one, the first at evaluation."""
        import tensorflow as tf

        if not self.spec.alternatives:
            return encoded
        begins, ends = _find_texts(encoded)
        if dice is None:
            return encoded[: ends[0]]
        number = tf.cast(dice[0] * tf.cast(tf.size(ends), tf.float32), tf.int32)
        number = tf.minimum(number, tf.size(ends) - 1)
        return encoded[begins[number] : ends[number]]

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the ids."""
        return encoded

    def prepare_input(self, value: Any) -> npt.NDArray[Any]:
        """Return the ids of one text, int32[L]."""
        assert self.vocabulary
        return np.array([*self.vocabulary.encode(_check_text(value, _ONE)), EOS_ID], np.int32)

    @property
    def served_specs(self) -> dict[str, tf.TensorSpec]:
        """A text in UTF-8."""
        import tensorflow as tf

        return {"inputs": tf.TensorSpec([], tf.string)}

    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the ids of a text; of a blank one padding alone, to which nothing is answered."""
        import tensorflow as tf

        assert self.vocabulary
        text = tf.strings.unicode_transcode(given["inputs"], "UTF-8", "UTF-8", errors="strict")
        text = tf.strings.regex_replace(text, r"[\r\n]+\z", "")
        ids = tf.concat([self.vocabulary.encode_tensor(text), [EOS_ID]], 0)
        return tf.where(tf.strings.regex_full_match(text, _BLANK), PAD_ID, ids)

    def list_texts(self, text: str) -> list[str]:
        """Return the lines of alternatives, another text as it is."""
        return text.split("\n") if self.spec.alternatives else [text]

    def describe(self, read: Any, text: str) -> dict[str, Any]:
        """Return raw text, ids, and what these decode to; of alternatives a list of each."""
        assert self.vocabulary
        if not self.spec.alternatives:
            return {"text": text, "ids": read.tolist(), "decoded": self.vocabulary.decode(read)}
        split = np.split(read, np.flatnonzero(read == EOS_ID) + 1)[:-1]
        decoded = [self.vocabulary.decode(one) for one in split]
        ids = [one.tolist() for one in split]
        return {"text": text.split("\n"), "ids": ids, "decoded": decoded}


_ONE = "str (Language)"


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
        raise BadExampleError(
            "The text is no Unicode text", expected="no lone surrogates", received={"value": value}
        ) from None
    return value.rstrip("\r\n")


def _check_texts(value: Any) -> str:
    """Return alternatives as lines of one text."""
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


def _find_texts(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return where each text begins and ends, int32[texts] each."""
    import tensorflow as tf

    ends = tf.cast(tf.where(tf.equal(ids, EOS_ID))[:, 0], tf.int32) + 1
    return tf.concat([[0], ends[:-1]], 0), ends
