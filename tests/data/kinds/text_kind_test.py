from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from served_values import read_in_graph

from t2t_mm import Language, UserError
from t2t_mm.data.kinds.text_kind import TextKind
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.settings import DataHParams

ONE = TextKind(Language("bytes"), ByteVocabulary())
SEVERAL = TextKind(Language("bytes", alternatives=True), ByteVocabulary())


def test_a_text_is_stored_beside_its_ids_and_an_end() -> None:
    checked = ONE.check(" ab\r\n")
    assert checked == " ab"
    ids = ONE.encode(checked)
    assert ids == [35, 100, 101, 1]
    assert ONE.measure(b"", ids) == int(ONE.count_positions(tf.constant(ids))) == 4
    assert (ONE.vocabulary_name, ONE.text_vocabulary, ONE.class_list) == ("bytes", "bytes", "")


def test_texts_are_limited_in_pieces() -> None:
    assert ONE.choose_limit(DataHParams()) == ("data.max_pieces=256", 256)
    assert ONE.choose_limit(DataHParams(max_pieces=0)) is None


def test_alternatives_are_lines_of_one_text_and_their_ids_follow_each_other() -> None:
    checked = SEVERAL.check(["ab\n", "c"])
    ids = SEVERAL.encode(checked)
    assert (checked, ids) == ("ab\nc", [100, 101, 1, 102, 1])
    assert SEVERAL.measure(b"", ids) == int(SEVERAL.count_positions(tf.constant(ids))) == 3
    assert SEVERAL.list_texts(checked) == ["ab", "c"] and ONE.list_texts(checked) == ["ab\nc"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("one text", "no list of texts.*Received: value='str'"),
        ([], r"at least one.*Received: value=\[\]"),
        (["a", 3], "of a wrong type. Expected: a list of str.*Received: value='int'"),
        (["a\nb"], "has several lines"),
        (["\udc00"], "no Unicode text"),
    ],
)
def test_what_are_no_alternatives_is_refused(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        SEVERAL.check(value)


def test_training_sees_any_alternative_evaluation_the_first() -> None:
    ids = tf.constant(SEVERAL.encode("ab\nc"))
    assert SEVERAL.choose(ids, None).numpy().tolist() == [100, 101, 1]
    for die, expected in ((0.0, [100, 101, 1]), (0.6, [102, 1]), (1.0, [102, 1])):
        chosen = SEVERAL.choose(ids, tf.constant([die, 0.0, 0.0, 0.0]))
        assert chosen.numpy().tolist() == expected
    assert ONE.choose(ids, None) is ids


@pytest.mark.parametrize(
    ("ids", "are_valid"), [([100, 1], True), ([100], False), ([0, 1], False), ([259, 1], False)]
)
def test_ids_are_of_the_vocabulary_and_have_an_end(ids: list[int], are_valid: bool) -> None:
    assert bool(ONE.are_valid(tf.constant(ids))) is are_valid


def test_a_person_gives_one_text() -> None:
    for kind in (ONE, SEVERAL):
        assert kind.prepare_input("ab").tolist() == [100, 101, 1]
        with pytest.raises(UserError, match="wrong type"):
            kind.prepare_input(3)


def test_a_person_sees_text_ids_and_what_they_decode_to() -> None:
    assert ONE.describe(np.array([100, 1]), "a") == {"text": "a", "ids": [100, 1], "decoded": "a"}
    assert SEVERAL.describe(np.array([100, 1, 101, 1]), "a\nb") == {
        "text": ["a", "b"],
        "ids": [[100, 1], [101, 1]],
        "decoded": ["a", "b"],
    }


@pytest.mark.parametrize("text", ["ab", " é\n", "a\nb\r\n", "\u2581 x"])
def test_in_a_graph_a_text_has_the_same_ids(text: str) -> None:
    np.testing.assert_array_equal(read_in_graph(ONE, {"inputs": text}), ONE.prepare_input(text))


def test_in_a_graph_a_blank_text_is_padding_alone() -> None:
    blanks = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
    for text in ("", " ", "\r\n", blanks):
        assert not text.strip() and not read_in_graph(ONE, {"inputs": text}).any()
    for text in ("\0", "\u200b", "."):
        assert text.strip() and read_in_graph(ONE, {"inputs": text}).all()


def test_in_a_graph_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid formatting"):
        read_in_graph(ONE, {"inputs": b"a\xff"})
