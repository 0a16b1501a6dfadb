from typing import Literal

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings.field_values import convert_value, describe_type, parse_value, split_top_level


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (tuple[int, ...], "[1,2]", (1, 2)),
        (tuple[float, ...], "[1, 2.5]", (1.0, 2.5)),
        (tuple[str, ...], "['a,b', c]", ("a,b", "c")),
        (tuple[tuple[int, ...], ...], "[[1],[2,3]]", ((1,), (2, 3))),
        (tuple[int, ...], "[]", ()),
        (dict[str, tuple[int, ...]], "{a:[1,2]}", {"a": (1, 2)}),
        (str, "a b", "a b"),
        (int, "-3", -3),
    ],
)
def test_parse(hint: object, text: str, value: object) -> None:
    assert parse_value("x", hint, text) == value


def test_a_key_that_is_given_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"mini_ende is given twice.*'mini_ende':5"):
        parse_value("data.rates", dict[str, float], "{mini_ende:1,'mini_ende':5}")


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, True),
        (int, 1.0),
        (bool, 1),
        (float, "1"),
        (float, float("inf")),
        (str, 1),
        (tuple[int, ...], "12"),
        (tuple[int, ...], [1, "2"]),
        (dict[str, int], {1: 1}),
        (Literal["a", "b"], "c"),
    ],
)
def test_convert_refuses_the_wrong_type(hint: object, value: object) -> None:
    with pytest.raises(UserError, match="x has the wrong type"):
        convert_value("x", hint, value)


def test_convert_copies_containers() -> None:
    given = {"a": 1}
    kept = convert_value("x", dict[str, float], given)
    given["a"] = 2
    assert kept == {"a": 1.0}


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int, "int"),
        (tuple[int, ...], "a list of int"),
        (dict[str, float], "a mapping from str to float"),
        (Literal["a", "b"], "one of 'a', 'b'"),
    ],
)
def test_types_in_words(hint: object, words: str) -> None:
    assert describe_type(hint) == words


def test_split_respects_brackets_and_quotes() -> None:
    assert split_top_level("a=(1,2),b='x,y',,c={d:[1,2],e:3}") == [
        "a=(1,2)",
        "b='x,y'",
        "c={d:[1,2],e:3}",
    ]
