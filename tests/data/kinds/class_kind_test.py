from typing import Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf
from served_values import read_in_graph

from t2t_mm import Categorical, Problem, UserError
from t2t_mm.data.kinds.class_kind import ClassKind
from t2t_mm.data.vocabulary.labels import LabelVocabulary

PETS = LabelVocabulary("pets", ["cat", "dog"])
NAMED = ClassKind(Categorical(vocabulary="pets"), PETS)
NUMBERED = ClassKind(Categorical(num_classes=10))


class Pets(Problem):
    modalities: ClassVar = {"pet": Categorical(vocabulary="pets")}

    def class_names(self, feature: str) -> list[str]:
        return ["cat", "dog"]


def test_a_batch_of_classes_has_one_axis() -> None:
    assert NAMED.find_batch_shape(1) == () and NAMED.count_read_positions(()) == 1


@pytest.mark.parametrize("value", ["dog", 1, np.int64(1), np.uint8(1)])
def test_a_class_is_its_name_or_its_index(value: Any) -> None:
    assert NAMED.check(value) == "dog"
    assert NAMED.prepare_input(value) == 1 and NAMED.prepare_input(value).shape == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("dogg", r"no class of that name\. Did you mean 'dog'\?.*2 names such as 'cat'"),
        (2, "an index from 0 to 1. Received: value=2"),
        (-1, "Received: value=-1"),
        (True, "Received: value='bool'"),
        (1.0, "Received: value='float'"),
    ],
)
def test_what_is_no_class_is_refused(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        NAMED.check(value)


def test_classes_without_names_are_numbers() -> None:
    labels = NUMBERED.make_labels(Problem(), "digit")
    kind = ClassKind(NUMBERED.spec, labels)
    assert labels.name == NUMBERED.vocabulary_name == "classes_10"
    assert kind.check(7) == kind.check("7") == "7"
    assert kind.encode("7") == [7]
    assert kind.most_positions == 1
    assert kind.measure(b"7", [7]) == int(kind.count_positions(tf.constant([7]))) == 1


def test_labels_of_a_list_are_those_of_the_problem() -> None:
    assert NAMED.make_labels(Pets(), "pet").hash == PETS.hash
    assert (NAMED.class_list, NUMBERED.class_list) == ("pets", "")
    assert NAMED.vocabulary_name == "pets" and NAMED.text_vocabulary == ""


@pytest.mark.parametrize(("ids", "are_valid"), [([0], True), ([2], False), ([0, 1], False)])
def test_there_is_one_id_of_the_list(ids: list[int], are_valid: bool) -> None:
    assert bool(NAMED.are_valid(tf.constant(ids))) is are_valid
    assert int(NAMED.prepare(tf.constant(ids), None)) == ids[0]


def test_a_person_sees_name_and_id() -> None:
    assert NAMED.describe(np.array([1]), "dog") == {"class": "dog", "id": 1}


def test_in_a_graph_a_name_is_its_id_and_another_is_refused() -> None:
    assert read_in_graph(NAMED, {"inputs": "dog"}) == 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="pets has no class of that name"):
        read_in_graph(NAMED, {"inputs": "dogg"})
