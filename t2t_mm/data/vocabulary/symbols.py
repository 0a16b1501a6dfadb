"""What every vocabulary is: symbols to ids and back.

Ids 0, 1 and 2 mean the same in every vocabulary of text: padding, end of sequence, unknown.
TensorFlow is imported when a tensor is to be encoded or decoded: no other work needs it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from t2t_mm.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf

PAD_ID = 0
EOS_ID = 1
UNKNOWN_ID = 2
NUM_SPECIAL_IDS = 3


class Vocabulary(ABC):
    """Texts or class names to ids and back.

    Args:
        name: What a feature calls it.
        size: Number of ids, the special ones included.
        hash: Hexadecimal digest of what decides the ids; kept in data and checkpoints.
    """

    def __init__(self, name: str, size: int, hash: str) -> None:
        self.name = name
        self.size = size
        self.hash = hash

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`, without an end of sequence."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`.

        Raises:
            UserError: If an id does not belong to this vocabulary.
        """

    def name_symbol(self, index: int) -> str:
        """Return one symbol as a person is shown it, beside others.

        Raises:
            UserError: If the id does not belong to this vocabulary.
        """
        return self.decode([index])

    @abstractmethod
    def encode_tensor(self, text: tf.Tensor) -> tf.Tensor:
        """Return the ids of string[] as `encode` does, int32[L], inside a graph."""

    @abstractmethod
    def decode_tensor(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the texts of int32[B, L] as `decode` does, string[B], inside a graph.

        No id is refused there: one that does not belong to this vocabulary is left out.
        """

    @property
    def resources(self) -> Sequence[Any]:
        """What a saved graph of `encode_tensor` and `decode_tensor` has to keep, for TensorFlow."""
        return ()

    def check_id(self, index: int) -> None:
        """Refuse an id that does not belong to this vocabulary."""
        if not 0 <= index < self.size:
            raise UserError(
                f"Vocabulary {self.name!r} cannot decode an id",
                expected=f"ids from 0 to {self.size - 1}",
                received={"id": index},
            )


class TextVocabulary(Vocabulary):
    """A vocabulary whose ids form sequences with an end."""

    @abstractmethod
    def _decode(self, ids: list[int]) -> str:
        """Return the text of ids that are all at least `UNKNOWN_ID` and below `size`."""

    def name_symbol(self, index: int) -> str:
        """Return the symbol's text; "</s>" is the end of a sequence."""
        return "</s>" if index == EOS_ID else super().name_symbol(index)

    @abstractmethod
    def _decode_pieces(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return the text of each row of ids as `_decode` does."""

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids` up to the first end of sequence; padding is left out.

        Raises:
            UserError: If an id does not belong to this vocabulary.
        """
        kept: list[int] = []
        for value in ids:
            index = int(value)
            if index == EOS_ID:
                break
            self.check_id(index)
            if index != PAD_ID:
                kept.append(index)
        return self._decode(kept)

    def decode_tensor(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the text of each row up to its first end of sequence, see `decode`."""
        import tensorflow as tf

        is_before_end = tf.equal(tf.cumsum(tf.cast(tf.equal(ids, EOS_ID), tf.int32), axis=1), 0)
        is_piece = (ids != PAD_ID) & (ids < self.size)
        return self._decode_pieces(tf.ragged.boolean_mask(ids, is_before_end & is_piece))
