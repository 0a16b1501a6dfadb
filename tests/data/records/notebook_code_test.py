import linecache
from typing import Any

import pytest

from t2t_mm import Problem
from t2t_mm.data.records.source_code import hash_source

CELL = """
def ending(): return "e"

class Cell(Problem):
    table = {"a": [1]}
    licence = "free"

    def generate(self, split):
        "Yields one."
        def inner(): return "x" if split in {"train", "test"} else ending()
        yield {"inputs": inner(), "targets": SHARED}

    @property
    def splits(self): return ("train",)
"""


def run_cell(old: str = "", new: str = "", *, is_kept: bool = True) -> type[Problem]:
    """Run the cell with a change; a notebook keeps the text of its cells, `exec` does not."""
    text = CELL.replace(old, new) if old else CELL
    name = f"<cell {hash(text)}>" if is_kept else "<text>"
    if is_kept:
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"Problem": Problem, "__name__": "__cells__", "SHARED": "y"}
    exec(compile(text, name, "exec"), namespace)
    cls: type[Problem] = namespace["Cell"]
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
def test_of_a_notebooks_class_every_function_and_value_counts(old: str, new: str) -> None:
    assert hash_source(run_cell()) == hash_source(run_cell())
    assert hash_source(run_cell(old, new)) != hash_source(run_cell())


@pytest.mark.parametrize(("old", "new"), [("Yields one.", "Yields two."), ("free", "CC0")])
def test_of_a_notebooks_class_what_is_no_data_does_not_count(old: str, new: str) -> None:
    assert hash_source(run_cell(old, new)) == hash_source(run_cell())


def test_a_value_of_another_cell_counts() -> None:
    before, after = run_cell(), run_cell()
    after.generate.__globals__["SHARED"] = "z"
    assert hash_source(before) != hash_source(after)


def test_a_class_without_source_counts_with_its_attributes() -> None:
    first, same, other = (
        hash_source(type("MadeAtRunTime", (Problem,), {"pair": pair}))
        for pair in ("en-de", "en-de", "en-fr")
    )
    assert first == same != other


def test_where_no_text_is_kept_values_count_and_functions_do_not() -> None:
    plain = hash_source(run_cell(is_kept=False))
    assert hash_source(run_cell('"x"', '"z"', is_kept=False)) == plain
    assert hash_source(run_cell("[1]", "[2]", is_kept=False)) != plain
