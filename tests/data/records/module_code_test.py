import ast
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from t2t_mm.data.records.code_text import describe_code
from t2t_mm.data.records.module_code import collect_module, collect_name, collect_statements

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes modules into a folder from which they can be imported, and imports them anew."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    ticks = iter(range(1, 1000))

    def write_modules(**texts: str) -> None:
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            tick = next(ticks)
            os.utime(path, (tick, tick))
        importlib.invalidate_caches()
        for name in set(sys.modules) - before:
            del sys.modules[name]

    yield write_modules
    for name in set(sys.modules) - before:
        del sys.modules[name]


def said(name: str, *names: str) -> set[str]:
    importlib.import_module(name)
    return set().union(*(collect_name(name, one) for one in names))


def test_a_name_brings_what_it_uses_and_nothing_else(write: Write) -> None:
    used = "LIMIT = 3\ndef cut(text):\n    return text[:LIMIT]\n"
    write(lines_a=used + "OTHER = 4\n")
    assert said("lines_a", "cut") == {describe_code(node) for node in ast.parse(used).body}


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("from helpers_b import cut", "cut"),
        ("from helpers_b import cut as shorten", "shorten"),
        ("import helpers_b", "helpers_b.cut"),
        ("import helpers_b as own", "own.cut"),
    ],
)
def test_a_function_of_a_module_in_the_same_folder_counts(
    write: Write, text: str, calls: str
) -> None:
    main = f"{text}\ndef read(line):\n    return {calls}(line)\n"
    write(main_b=main, helpers_b="def cut(text):\n    return text[:3]\n")
    before = said("main_b", "read")
    write(main_b=main, helpers_b="def cut(text):\n    return text[:4]\n")
    assert said("main_b", "read") != before


def test_an_import_within_a_function_counts(write: Write) -> None:
    main = "def read(line):\n    from helpers_c import cut\n    return cut(line)\n"
    write(main_c=main, helpers_c="def cut(text):\n    return text[:3]\n")
    before = said("main_c", "read")
    write(main_c=main, helpers_c="def cut(text):\n    return text[:4]\n")
    assert said("main_c", "read") != before


def test_a_package_is_one_folder_and_relative_imports_are_followed(write: Write) -> None:
    texts = {
        "corpora_d____init__": "",
        "corpora_d__lines": "from .tools.cutting import cut\n"
        "def read(line):\n    return cut(line)\n",
        "corpora_d__tools____init__": "",
    }
    write(**texts, corpora_d__tools__cutting="def cut(text):\n    return text[:3]\n")
    before = said("corpora_d.lines", "read")
    write(**texts, corpora_d__tools__cutting="def cut(text):\n    return text[:4]\n")
    assert said("corpora_d.lines", "read") != before


def test_where_a_function_lies_does_not_count(write: Write) -> None:
    cut, read = "def cut(text):\n    return text[:3]\n", "def read(line):\n    return cut(line)\n"
    write(main_e=cut + read)
    together = said("main_e", "read")
    write(main_f="from helpers_f import cut\n" + read, helpers_f=cut)
    assert said("main_f", "read") == together


def test_what_is_installed_or_of_the_engine_is_not_followed(write: Write) -> None:
    imports = "import numpy\nfrom t2t_mm.errors import suggest_closest\n"
    write(main_g=imports + "def read(line):\n    return suggest_closest(numpy.array(line))\n")
    assert len(said("main_g", "read")) == 1


def test_the_rooms_that_make_stored_bytes_are_followed(write: Write) -> None:
    imports = "from t2t_mm.data.trees.linearization import linearize\n"
    write(main_h=imports + "def read(tree):\n    return linearize(tree)\n")
    assert any("name='linearize'" in text for text in said("main_h", "read"))


def test_modules_that_import_each_other_come_to_an_end(write: Write) -> None:
    write(
        main_i="import helpers_i\ndef read(line):\n    return helpers_i.cut(line)\n",
        helpers_i="import main_i\ndef cut(text):\n    return text[: main_i.read]\n",
    )
    assert len(said("main_i", "read")) == 2


def test_a_module_counts_as_a_whole_without_docstrings_and_imports(write: Write) -> None:
    write(main_j='"""Lines."""\nimport os\nLIMIT = 3\n')
    assert collect_module("main_j") == {describe_code(ast.parse("LIMIT = 3").body[0])}


def test_a_statement_counts_even_if_its_module_has_no_source() -> None:
    node = ast.parse("LIMIT = 3").body[0]
    assert collect_statements(node, "no_such_module") == {describe_code(node)}
