from typing import Any, ClassVar

import numpy as np
import pytest

from t2t_mm import Audio, Categorical, Image, Language, Problem, UserError
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.records.codecs import choose_codec, make_feature_labels
from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary


class Mixed(Problem):
    modalities: ClassVar = {
        "texts": Language("bytes", alternatives=True),
        "pet": Categorical(vocabulary="pets"),
        "digit": Categorical(num_classes=10),
        "picture": Image(),
        "sound": Audio(),
    }

    def class_names(self, feature: str) -> list[str]:
        return ["cat", "dog"]


def check(name: str, value: Any) -> Any:
    return choose_codec(name, Mixed()).check(value)


def test_alternatives_are_lines_of_one_text_and_their_ids_follow_each_other() -> None:
    codec = choose_codec("texts", Mixed())
    checked = codec.check(["ab\n", "c"])
    ids = codec.encode(checked, ByteVocabulary())
    assert (checked, ids) == ("ab\nc", [100, 101, 1, 102, 1])
    assert codec.count_positions(b"", ids) == 3


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
        check("texts", value)


@pytest.mark.parametrize("value", ["dog", 1, np.int64(1), np.uint8(1)])
def test_a_class_is_its_name_or_its_index(value: Any) -> None:
    assert check("pet", value) == "dog"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("dogg", r"no known class\. Did you mean 'dog'\?.*2 names such as 'cat'"),
        (2, "an index from 0 to 1. Received: value=2"),
        (-1, "Received: value=-1"),
        (True, "Received: value='bool'"),
        (1.0, "Received: value='float'"),
    ],
)
def test_what_is_no_class_is_refused(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check("pet", value)


def test_classes_without_names_are_numbers() -> None:
    codec = choose_codec("digit", Mixed())
    labels = make_feature_labels("digit", Mixed())
    assert labels.name == "classes_10"
    assert codec.check(7) == codec.check("7") == "7"
    assert codec.encode("7", labels) == [7]
    assert codec.count_positions(b"7", [7]) == 1


def test_a_problem_that_names_no_classes_is_told_to() -> None:
    class Nameless(Mixed):
        class_names = Problem.class_names

    with pytest.raises(NotImplementedError, match=r"must override class_names\(feature\)"):
        choose_codec("pet", Nameless())


def test_pictures_and_sounds_are_bytes_without_ids() -> None:
    picture = check("picture", np.zeros((17, 16, 3), np.uint8))
    sound = check("sound", np.zeros(700, np.float32))
    assert picture.startswith(b"\x89PNG") and sound == bytes(1400)
    assert choose_codec("picture", Mixed()).count_positions(picture, ()) == 2
    assert choose_codec("sound", Mixed()).count_positions(sound, ()) == 2
    assert not choose_codec("sound", Mixed()).has_ids


@pytest.mark.parametrize(("name", "value"), [("picture", b""), ("sound", np.zeros(0, np.int16))])
def test_broken_data_is_told_from_values_of_a_wrong_kind(name: str, value: Any) -> None:
    with pytest.raises(BadExampleError):
        check(name, value)


def test_labels_of_a_list_are_those_of_the_problem() -> None:
    expected = LabelVocabulary("pets", ["cat", "dog"])
    assert make_feature_labels("pet", Mixed()).hash == expected.hash
