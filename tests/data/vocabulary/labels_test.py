from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from t2t_mm import UserError
from t2t_mm.data.vocabulary.labels import (
    LabelVocabulary,
    load_labels,
    locate_labels,
    make_numbered_labels,
    save_labels,
)

PETS = LabelVocabulary("pets", ["cat", "dog", "guinea pig"])


def test_a_name_is_its_place_in_the_list() -> None:
    assert (PETS.size, PETS.encode("guinea pig"), PETS.decode([1])) == (3, [2], "dog")


def test_tensors_are_named_and_names_are_found() -> None:
    assert PETS.encode_tensor(tf.constant("guinea pig")).numpy().tolist() == [2]
    assert PETS.decode_tensor(tf.constant([[1], [0]])).numpy().tolist() == [b"dog", b"cat"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="no class of that name"):
        PETS.encode_tensor(tf.constant("dgo"))


def test_an_unknown_name_is_refused_with_one_that_looks_alike() -> None:
    with pytest.raises(
        UserError, match=r"no class of that name\. Did you mean 'dog'\?.*name='dgo'"
    ):
        PETS.encode("dgo")


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_beyond_the_list_is_refused(index: int) -> None:
    with pytest.raises(UserError, match=f"ids from 0 to 2. Received: id={index}"):
        PETS.decode([index])


@pytest.mark.parametrize(
    "names",
    [["a", "a"], ["a", ""], ["a", " b"], ["a", "caf\udce9"], ["a", "b\nc"], ["a", 3], ["a"], []],
)
def test_names_that_could_not_be_told_apart_are_refused(names: Any) -> None:
    with pytest.raises(UserError, match="class names of vocabulary 'bad' do not fit"):
        LabelVocabulary("bad", names)


def test_the_hash_is_of_names_and_order() -> None:
    hashes = {LabelVocabulary("v", n).hash for n in (["a", "b"], ["b", "a"], ["a", "b", "c"])}
    assert len(hashes) == 3
    assert LabelVocabulary("w", ["a", "b"]).hash in hashes


def test_numbered_classes_need_no_file() -> None:
    numbered = make_numbered_labels("classes_12")
    assert numbered and numbered.names == tuple(map(str, range(12)))
    assert make_numbered_labels("classes") is make_numbered_labels("my_classes_3") is None


def test_a_list_survives_saving_one_name_per_line(tmp_path: Path) -> None:
    labels = LabelVocabulary("odd", ["#sha256 x", "a\u2028b", "été", "a\tb"])
    save_labels(tmp_path, labels)
    assert load_labels(tmp_path, "odd").names == labels.names
    lines = locate_labels(tmp_path, "odd").read_text(encoding="utf-8").split("\n")
    assert lines == [f"#sha256 {labels.hash}", *labels.names, ""]
    assert [path.name for path in (tmp_path / "vocab").iterdir()] == ["odd.labels"]


def test_a_changed_list_is_noticed(tmp_path: Path) -> None:
    save_labels(tmp_path, PETS)
    path = locate_labels(tmp_path, "pets")
    path.write_text(path.read_text().replace("dog", "hog"))
    with pytest.raises(UserError, match=r"damaged or exchanged.*--overwrite_vocab"):
        load_labels(tmp_path, "pets")


def test_a_list_that_is_no_utf_8_is_told(tmp_path: Path) -> None:
    save_labels(tmp_path, PETS)
    path = locate_labels(tmp_path, "pets")
    path.write_bytes(path.read_bytes().replace(b"dog", b"d\xffg"))
    with pytest.raises(UserError, match="damaged or exchanged"):
        load_labels(tmp_path, "pets")
