"""What docs/security.md says of runs and data from elsewhere, where no other test shows it."""

import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.features import BatchSpec
from t2t_mm.settings.gin_overlay import read_gin


@pytest.mark.slow
def test_scoring_decoding_and_reporting_connect_to_nobody(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise AssertionError(f"a connection: {given}")

    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    t2t_mm.evaluate(run, data_dir=tiny_run.data_dir, options=EvaluationOptions(limit=2))
    assert isinstance(t2t_mm.load(run)[PROBLEMS[0]]("1 2"), str)
    assert t2t_mm.report(run).is_file()


def test_classes_that_data_names_are_not_looked_at(tiny_run: TinyRun, tmp_path: Path) -> None:
    def read(data_dir: Path) -> Any:
        problem = registry.problem(PROBLEMS[0], data_dir=data_dir)
        how = {"data_dir": data_dir, "batch": BatchSpec(examples=4)}
        return next(iter(make_evaluation_dataset(problem, "test", **how)))

    shutil.copytree(tiny_run.data_dir, tmp_path / "data")
    descriptions = [*(tmp_path / "data" / PROBLEMS[0]).glob("*/features.json")]
    assert descriptions
    for path in descriptions:
        path.write_text('{"pythonClassName": "nobody.has_this.Feature", "content": {}}')
    before, after = read(tiny_run.data_dir), read(tmp_path / "data")
    assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("statement", ["import this", "from this import s", "include 'other.gin'"])
def test_a_gin_file_imports_nothing(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    Path("own.gin").write_text(f"{statement}\nmodel.width = 8\n")
    Path("other.gin").write_text("import this\n")
    with pytest.raises(UserError, match=r"^A gin file.*import='this.*--t2t_usr_dir"):
        read_gin(["own.gin"], [])
    assert "this" not in sys.modules
    Path("other.gin").write_text("model.num_heads = 2\n")
    if statement.startswith("include"):
        assert read_gin(["own.gin"], []) == {"model.width": 8, "model.num_heads": 2}
