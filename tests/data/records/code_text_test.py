import ast
import os
from pathlib import Path

import pytest

from t2t_mm.data.records.code_text import (
    describe_code,
    drop_what_is_no_data,
    find_made_names,
    find_mentioned_names,
    parse_file,
)


def describe(text: str) -> list[str]:
    return [describe_code(node) for node in drop_what_is_no_data(ast.parse(text)).body]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a = 1", "a  =  1  # one", True),
        ("a = 1", "a = 1.0", False),
        ("a = None", "a = False", False),
        ("def f():\n    'Twice.'\n    return 2", "def f():\n    return 2", True),
        ("def f():\n    'Twice.'", "def f():\n    pass", True),
        ("def f():\n    from a import b", "def f():\n    from x.y import b", True),
        ("def f():\n    from a import b", "def f():\n    from a import c", False),
        ("def f():\n    import a.b", "def f():\n    import x.b", True),
        ("f'{a}'", "f'{b}'", False),
    ],
)
def test_layout_docstrings_and_places_say_nothing(one: str, other: str, is_same: bool) -> None:
    assert (describe(one) == describe(other)) is is_same


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a, b = 1, 2", {"a", "b"}),
        ("import a.b", {"a"}),
        ("from a import b as c", {"c"}),
        ("WORDS['a'] = 1", {"WORDS"}),
        ("if x:\n    def f(): pass\nelse:\n    f = None", {"f"}),
        ("def f():\n    inner = 1", {"f"}),
    ],
)
def test_a_statement_makes_the_names_that_it_defines_or_changes(text: str, names: set[str]) -> None:
    (node,) = ast.parse(text).body
    assert set(find_made_names(node)) == names


def test_names_are_mentioned_wherever_they_stand() -> None:
    assert find_mentioned_names(ast.parse("a.b(c[d])")) == {"a", "c", "d"}


def test_what_is_no_data_is_taken_out_of_problems_only() -> None:
    text = "class Size:\n    size = '1 MB'\nclass Words(Size):\n    size = '1 MB'"
    (size, words) = drop_what_is_no_data(ast.parse(text), also="Words").body
    assert isinstance(size, ast.ClassDef) and isinstance(words, ast.ClassDef)
    assert isinstance(size.body[0], ast.Assign)
    assert isinstance(words.body[0], ast.Pass)


@pytest.mark.parametrize("text", ["size = 1000", "size: int = 10 * 1000", "source = -0.5"])
def test_a_number_is_data_whatever_it_is_called(text: str) -> None:
    (words,) = drop_what_is_no_data(ast.parse(f"class Words:\n    {text}"), also="Words").body
    assert isinstance(words, ast.ClassDef) and not isinstance(words.body[0], ast.Pass)


def test_a_changed_file_is_parsed_again(tmp_path: Path) -> None:
    path = tmp_path / "words.py"
    path.write_text("a = 1")
    os.utime(path, (1, 1))
    before = parse_file(path, path.stat().st_mtime_ns)
    assert parse_file(path, path.stat().st_mtime_ns) is before
    path.write_text("a = 2")
    assert ast.dump(parse_file(path, path.stat().st_mtime_ns)) != ast.dump(before)
