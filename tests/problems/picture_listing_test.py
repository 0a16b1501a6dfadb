"""Which files of a folder are pictures, and in how many parts they are read."""

from pathlib import PurePath

import pytest

from t2t_mm.problems.picture_listing import (
    count_parts,
    hash_name,
    is_hidden,
    is_picture,
    select_part,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.jpg", True),
        ("1.JPEG", True),
        ("a.b.png", True),
        ("1.webp", True),
        ("1.txt", False),
        ("jpg", False),
        ("1.jpg.gz", False),
    ],
)
def test_a_picture_is_told_by_the_end_of_its_name(name: str, expected: bool) -> None:
    assert is_picture(PurePath("cat", name)) == expected


def test_what_systems_make_for_themselves_is_hidden() -> None:
    assert is_hidden(".git") and is_hidden("._1.jpg") and is_hidden("__MACOSX")
    assert not is_hidden("cat") and not is_hidden("_cat")


def test_a_hash_depends_on_the_name_only_and_takes_any_name() -> None:
    assert hash_name(7) == hash_name("7") != hash_name("07")
    assert 0 <= hash_name("broken\udcff.jpg") < 2**64


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, [0]), (1, [1]), (2000, [2000]), (2001, [2000, 1])]
)
def test_parts_of_two_thousand_make_up_the_split(number: int, sizes: list[int]) -> None:
    pictures = range(number)
    parts = [select_part(pictures, part) for part in range(count_parts(pictures))]
    assert [len(part) for part in parts] == sizes
    assert [picture for part in parts for picture in part] == list(pictures)
