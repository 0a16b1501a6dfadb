"""A file within a file: what it is called, and what it belongs to."""

from pathlib import Path

import pytest

from t2t_mm.files.packed_files import PackedFile


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("7.jpg", "7"),
        ("a/7.seg.png", "a/7"),
        ("a.b/7", "a.b/7"),
        ("../x.jpg", "../x"),
        (".jpg", "."),
    ],
)
def test_what_belongs_together_has_one_key(name: str, key: str) -> None:
    assert PackedFile(Path("0.tar"), name).key == key


def test_it_says_where_it_lies_and_is_read_by_a_subclass() -> None:
    one = PackedFile(Path("0.tar"), "7.jpg")
    assert f"{one}" == "7.jpg in 0.tar" and one.order == (0, 0)
    with pytest.raises(NotImplementedError):
        one()
