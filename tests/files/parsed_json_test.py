"""JSON is read, or refused by one kind of error."""

import pytest

from t2t_mm.files.parsed_json import parse_json


def test_a_document_is_read() -> None:
    assert parse_json(b'{"loss": [1.5, null], "word": "d\xc3\xa9"}') == {
        "loss": [1.5, None],
        "word": "dé",
    }


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a":' * 100_000, b"\xff{}", "[" + "1" * 5000 + "]"]
)
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_a_name_that_is_there_twice_is_refused_where_asked() -> None:
    text = '{"cells": {"a": 1, "b": {}, "a": 2}}'
    assert parse_json(text) == {"cells": {"a": 2, "b": {}}}
    with pytest.raises(ValueError, match="'a' is there twice"):
        parse_json(text, names_once=True)
