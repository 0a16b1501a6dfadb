"""What the paper's problems ask for at most can be trained on: a step of each within 24 GiB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def full_size(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import full_size

    return full_size


@pytest.mark.parametrize(
    ("problem", "size", "shape", "target_length"),
    [
        ("imagenet", 32, (299, 299, 3), 0),
        ("coco_caption", 32, (299, 299, 3), 256),
        ("librispeech", 16, (2998, 80), 256),
        ("wmt_ende", 8, (256,), 256),
    ],
)
def test_a_batch_is_the_largest_that_is_declared(full_size, problem, size, shape, target_length):
    case = full_size.make_case("multimodel_base", problem)
    assert (case.batch_size, case.input_shape, case.target_length) == (size, shape, target_length)


@pytest.mark.slow
@pytest.mark.long
def test_a_step_of_each_problem_at_full_size_fits_into_24_gibibytes(tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks/full_size.py"), "--sets=multimodel_small"]
    done = subprocess.run([*command, f"--json={figures}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    measured = json.loads(figures.read_text())
    assert len(measured) == 4
    for values in measured.values():
        assert 1 < values["gibibytes"] < 24
        assert 6 < values["loss"] < 10  # about the logarithm of 1,000 classes or 8,192 pieces
