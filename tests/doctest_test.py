"""Every `Example` in a docstring runs, beside a small run in `demo/` as `make demo` leaves it."""

import doctest
import importlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from seals import change_sealed
from source_modules import MODULES

from t2t_mm.registry import GROUPS, HPARAMS, MODALITIES, PROBLEMS, RATE_FUNCTIONS, STUDIES
from t2t_mm.run.own_runs import sign_places

RUN = Path(__file__).parent / "fixtures" / "run_of_0_1_0.tar.xz"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = [
    name for name, path in MODULES.items() if ">>> " in path.read_text(encoding="utf-8")
]

SLOW = {
    "t2t_mm.evaluation.continuous",
    "t2t_mm.inference.decode",
    "t2t_mm.inference.export",
    "t2t_mm.inference.loaded_run",
    "t2t_mm.inference.score_file",
    "t2t_mm.inference.served_graphs",
    "t2t_mm.playground.answers",
    "t2t_mm.search.greedy_search",
    "t2t_mm.training.add_problem",
    "t2t_mm.training.train",
}
"""Whose examples train or decode, for seconds."""


def find_examples(module_name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(module_name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [found for found in finder.find(module, module_name) if found.examples]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    with tarfile.open(RUN) as archive:
        archive.extractall(folder / "demo", filter="data")
    data_dir = str(folder / "demo" / "data")
    places = {"data_dir": data_dir, "signature": sign_places(data_dir, [])}
    change_sealed(folder / "demo" / "run" / "run.json", lambda record: record.update(places))
    return folder


@pytest.fixture(autouse=True)
def tables_as_before() -> Iterator[None]:
    tables = (PROBLEMS, MODALITIES, HPARAMS, GROUPS, RATE_FUNCTIONS, STUDIES)
    before = [dict(table._entries) for table in tables]
    yield
    for table, entries in zip(tables, before, strict=True):
        for name in set(table._entries) - set(entries):
            if not table.places()[name].module.startswith("t2t_mm."):
                del table._entries[name]


@pytest.mark.parametrize(
    "module_name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name in WITH_EXAMPLES
    ],
)
def test_examples_run(module_name: str, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for example in find_examples(module_name):
        runner.run(example, out=said.append)
    assert not runner.summarize(verbose=False).failed, "".join(said)


def test_no_example_is_skipped() -> None:
    skipped = [
        name
        for name in WITH_EXAMPLES
        for found in find_examples(name)
        for example in found.examples
        if example.options.get(doctest.SKIP)
    ]
    assert not skipped
