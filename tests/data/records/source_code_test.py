import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from t2t_mm import Problem, UserError, registry
from t2t_mm.data.records.source_code import source_hash
from t2t_mm.problems.parallel_text import warn_once

SOURCE = '''
from t2t_mm import Language, Problem

LENGTH = 3
WORDS = {}
WORDS["a"] = "b"

class Noun:
    source = "lexicon"

def helper(text):
    return text * LENGTH + Noun.source

def unused(text):
    return text

class Base(Problem):
    factor = 2

class Written(Base):
    """What it is."""
    modalities = {"inputs": Language(), "targets": Language()}
    licence = "free"

    def generate(self, split):
        yield {"inputs": helper("a"), "targets": WORDS["a"]}

class Another(Base):
    pass
'''


def load_class(folder: Path, source: str, name: str = "Written") -> type[Problem]:
    path = folder / f"module_{len(list(folder.iterdir()))}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found: type[Problem] = getattr(module, name)
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""What it is."""', '"""What it is, said better."""'),
        ('licence = "free"', 'licence = "free"  # and open\n    batch = None'),
        ("        yield", "\n        # a remark\n        yield"),
        ("return text\n", "return 2 * text\n"),
        ("factor = 2", "factor = 2\n    licence = 'free'"),
        ("class Another(Base):", "class Third(Written):\n    pass\n\nclass Another(Base):"),
    ],
)
def test_what_does_not_change_the_data_leaves_the_hash(tmp_path: Path, old: str, new: str) -> None:
    before = source_hash(load_class(tmp_path, SOURCE))
    assert source_hash(load_class(tmp_path, SOURCE.replace(old, new))) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('helper("a")', 'helper("c")'),
        ("factor = 2", "factor = 3"),
        ("text * LENGTH", "text + text"),
        ("LENGTH = 3", "LENGTH = 4"),
        ('WORDS["a"] = "b"', 'WORDS["a"] = "c"'),
        ('source = "lexicon"', 'source = "text"'),
    ],
)
def test_a_change_of_the_class_or_of_what_it_uses_changes_the_hash(
    tmp_path: Path, old: str, new: str
) -> None:
    before = source_hash(load_class(tmp_path, SOURCE))
    assert source_hash(load_class(tmp_path, SOURCE.replace(old, new))) != before


def test_a_change_of_a_source_module_changes_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "grammar_for_tests"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "problems").mkdir()
    declared = "factor = 2\n    source_modules = ('grammar_for_tests',)"
    cls = load_class(tmp_path / "problems", SOURCE.replace("factor = 2", declared))
    hashes = []
    for text in ("ENDING = 'e'", "ENDING = 'e'  # of nouns", "ENDING = 'er'"):
        (package / "nouns.py").write_text(text)
        hashes.append(source_hash(cls))
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("class Noun:\n    size = {}", True),
        ("class Texts(Problem):\n    size = {}", False),
        ("@registry.register_problem('n')\nclass Texts(Lines):\n    size = {}", False),
        ("class Lines(data.Problem):\n    pass\nclass Texts(Lines):\n    size = {}", False),
    ],
)
def test_of_a_source_module_what_is_no_data_are_attributes_of_problems_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, counts: bool
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    cls = type("MadeAtRunTime", (Problem,), {"source_modules": ("sizes_for_tests",)})
    hashes = set()
    for size in ("1", "2"):
        path = tmp_path / "sizes_for_tests.py"
        path.write_text(text.format(size))
        os.utime(path, (int(size), int(size)))  # in one tick of the clock it would be the same file
        importlib.invalidate_caches()
        hashes.add(source_hash(cls))
    assert len(hashes) == 1 + counts


def test_a_source_module_that_does_not_exist_is_an_error() -> None:
    cls = type("MadeAtRunTime", (Problem,), {"source_modules": ("no.such.module",)})
    with pytest.raises(UserError, match=r"source_modules='no\.such\.module'"):
        source_hash(cls)


@pytest.mark.parametrize("name", registry.problem_names())
def test_built_in_problems_name_the_modules_that_they_use(name: str) -> None:
    """Every module below `problems` that decides about the data is in the fingerprint.

    Also those that one of these uses; what only logs decides about nothing.
    """
    cls = registry.problem_class(name)
    if not cls.__module__.startswith("t2t_mm.problems"):
        return  # of another test file
    declared = (cls.__module__, *cls.source_modules)
    used = {
        value.__module__
        for module in declared
        if module.startswith("t2t_mm.problems")
        for value in vars(importlib.import_module(module)).values()
        if str(getattr(value, "__module__", "")).startswith("t2t_mm.problems")
        and value is not warn_once
    }
    assert {one for one in used if not one.startswith(declared)} == set()


def test_a_class_without_source_counts_with_its_attributes() -> None:
    first, same, other = (
        source_hash(type("MadeAtRunTime", (Problem,), {"pair": pair}))
        for pair in ("en-de", "en-de", "en-fr")
    )
    assert first == same != other


NOTEBOOK_CELL = """
def ending(): return "e"

class Cell(Problem):
    table = {"a": [1]}

    def generate(self, split):
        "Yields one."
        def inner(): return "x" if split in {"train", "test"} else ending()
        yield {"inputs": inner(), "targets": "y"}

    @property
    def splits(self): return ("train",)
"""


def run_cell(old: str = "", new: str = "") -> type[Problem]:
    """Runs the cell with a change; its code has no file, as in a notebook."""
    namespace: dict[str, Any] = {"Problem": Problem, "__name__": "__main__"}
    exec(NOTEBOOK_CELL.replace(old, new) if old else NOTEBOOK_CELL, namespace)
    cls: type[Problem] = namespace["Cell"]
    cls.__module__ = "no_such_module_for_tests"
    return cls


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"x"', '"z"'),
        ("[1]", "[2]"),
        ('return "e"', 'return "er"'),
        ('("train",)', '("train", "test")'),
        ('{"train", "test"}', '{"train"}'),
    ],
)
def test_of_a_class_without_source_every_function_and_value_counts(old: str, new: str) -> None:
    assert source_hash(run_cell()) == source_hash(run_cell())
    assert source_hash(run_cell(old, new)) != source_hash(run_cell())


def test_of_a_class_without_source_docstrings_do_not_count() -> None:
    assert source_hash(run_cell("Yields one.", "Yields two.")) == source_hash(run_cell())
