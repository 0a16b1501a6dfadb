"""Small enough to hold in the head: files, bodies, signatures, records. And where tests lie."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_modules import MODULES, ROOT

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_BODY = 45
MOST_PARAMETERS = 8
MOST_FIELDS = 15

SOURCES = [*MODULES.values(), *sorted((ROOT / "benchmarks").glob("*.py"))]

# Modules without a test of their own name, and why.
TESTED_ELSEWHERE = {
    "t2t_mm/training/trainer.py": "what train hands over: train_test",
    "t2t_mm/training/add_problem.py": "what the command hands over: t2t_add_problem_test",
    "t2t_mm/training/grafted_problems.py": "the same: t2t_add_problem_test",
    "t2t_mm/inference/decoding_options.py": "fields without checks: decode_test",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=SOURCES, ids=name_of)
def source(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def nodes_of(source: Path, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def test_no_file_is_too_long(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_FILE


def body_lines(function: ast.FunctionDef) -> int:
    """The lines of a function's body, without its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_body_is_too_long(source: Path) -> None:
    functions = nodes_of(source, ast.FunctionDef, ast.AsyncFunctionDef)
    long = {node.name: body_lines(node) for node in functions}
    assert {name for name, lines in long.items() if lines > MOST_LINES_OF_A_BODY} == set()


def count_parameters(function: ast.FunctionDef) -> int:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_no_signature_is_too_long(source: Path) -> None:
    functions = nodes_of(source, ast.FunctionDef, ast.AsyncFunctionDef)
    long = {node.name: count_parameters(node) for node in functions}
    assert {name for name, number in long.items() if number > MOST_PARAMETERS} == set()


def count_fields(record: ast.ClassDef) -> int:
    """The annotated fields of a record; those of the class itself do not count."""
    fields = (node for node in record.body if isinstance(node, ast.AnnAssign))
    return sum("ClassVar" not in ast.unparse(node.annotation) for node in fields)


def test_no_record_has_too_many_fields(source: Path) -> None:
    long = {node.name: count_fields(node) for node in nodes_of(source, ast.ClassDef)}
    assert {name for name, number in long.items() if number > MOST_FIELDS} == set()


def test_what_is_counted_is_counted_right() -> None:
    text = '''
class Record:
    kind: ClassVar[str]
    width: int
    depth: int = 2
    def stretch(self, by, *, to=None):
        """Longer.

        Than it was.
        """
        width = by

        return width
'''
    (record,) = ast.parse(text).body
    assert isinstance(record, ast.ClassDef) and count_fields(record) == 2
    function = record.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert (body_lines(function), count_parameters(function)) == (3, 2)


def test_file_names_are_unique_in_the_engine() -> None:
    engine = [path for path in SOURCES if name_of(path).startswith("t2t_mm/")]
    times = Counter(path.name for path in engine if path.name != "__init__.py")
    assert {name for name, number in times.items() if number > 1} == set()


def place_of_test(path: Path) -> Path:
    """Where the test of a source lies: `t2t_mm/a/x.py` at `tests/a/x_test.py`."""
    inside = path.relative_to(ROOT)
    parts = inside.parts[1:] if inside.parts[0] == "t2t_mm" else inside.parts
    return ROOT.joinpath("tests", *parts).with_name(f"{path.stem}_test.py")


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES.values() if path.name != "__init__.py"],
    ids=name_of,
)
def test_every_module_has_its_test_where_one_looks_for_it(path: Path) -> None:
    assert place_of_test(path).is_file() or TESTED_ELSEWHERE.get(name_of(path))


def test_no_reason_is_given_for_a_module_that_has_a_test_or_is_gone() -> None:
    stale = [
        name
        for name in TESTED_ELSEWHERE
        if not (ROOT / name).is_file() or place_of_test(ROOT / name).is_file()
    ]
    assert stale == []
