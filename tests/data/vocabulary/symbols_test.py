"""Ids of text end at the end of sequence, and no id beyond the size has a meaning."""

from collections.abc import Iterable

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import UserError
from t2t_mm.data.vocabulary.symbols import (
    EOS_ID,
    NUM_SPECIAL_IDS,
    PAD_ID,
    UNKNOWN_ID,
    TextVocabulary,
)


class Letters(TextVocabulary):
    """The letters a to c behind the special ids; "?" is unknown."""

    def __init__(self) -> None:
        super().__init__("letters", NUM_SPECIAL_IDS + 3, hash="abc")

    def encode(self, text: str) -> list[int]:
        return [NUM_SPECIAL_IDS + "abc".index(letter) for letter in text]

    def _decode(self, ids: list[int]) -> str:
        return "".join("?abc"[index - UNKNOWN_ID] for index in ids)

    def encode_tensor(self, text: tf.Tensor) -> tf.Tensor:
        return tf.constant(self.encode(text.numpy().decode()))

    def _decode_pieces(self, ids: tf.RaggedTensor) -> tf.Tensor:
        return tf.constant([self._decode(row) for row in ids.to_list()])


def test_the_special_ids_are_the_first_ones() -> None:
    assert (PAD_ID, EOS_ID, UNKNOWN_ID, NUM_SPECIAL_IDS) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        ([3, 4, 5], "abc"),
        ([3, 1, 4], "a"),
        ([1], ""),
        ([0, 3, 0, 0, 2], "a?"),
        (np.array([4, 1, 99]), "b"),  # what stands behind the end is not looked at
    ],
)
def test_ids_are_read_up_to_the_end_without_padding(ids: Iterable[int], text: str) -> None:
    assert Letters().decode(ids) == text
    row = tf.reshape(tf.constant(ids, tf.int32), [1, -1])
    assert Letters().decode_tensor(row).numpy().tolist() == [text.encode()]


def test_a_symbol_alone_has_a_name() -> None:
    names = [Letters().name_symbol(index) for index in (EOS_ID, UNKNOWN_ID, 3)]
    assert names == ["</s>", "?", "a"]
    with pytest.raises(UserError, match="id=6"):
        Letters().name_symbol(6)


@pytest.mark.parametrize("index", [-1, 6])
def test_an_id_of_no_symbol_is_refused(index: int) -> None:
    with pytest.raises(UserError, match=f"'letters' .* ids from 0 to 5.*id={index}"):
        Letters().decode([3, index])


def test_in_a_tensor_an_id_of_no_symbol_is_left_out() -> None:
    assert Letters().decode_tensor(tf.constant([[3, 6, 5]])).numpy().tolist() == [b"ac"]
