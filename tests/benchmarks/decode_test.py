"""The benchmark of decoding runs, and its figures are of what was decoded."""

import importlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_model import HPARAMS, make_model

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.long
def test_searches_copies_and_prefixes_are_timed(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    flags = ["--sets=multimodel_tiny", "--rows=2", "--steps=65", "--quick", f"--json={file}"]
    result = subprocess.run(
        [sys.executable, str(BENCHMARKS / "decode.py"), *flags],  # as documented: from anywhere
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    (found,) = json.loads(file.read_text())
    assert 0 < found["copy_ms"] < found["step_ms"]
    assert found["tokens_per_s"] * found["step_ms"] == pytest.approx(2e3)
    assert found["beam_ratio"] > 1 and found["rerun_ratio"] > 1


def test_steps_are_summed_up_over_all_lengths_of_the_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    integrate = importlib.import_module("decode").integrate
    assert integrate([1, 5, 9], [2.0, 10.0, 18.0]) == pytest.approx(sum(range(2, 19, 2)))
    assert integrate([1], [3.0]) == 3.0


def test_a_step_uses_the_decoder_and_those_of_its_experts_that_are_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    count_used_bytes = importlib.import_module("decode").count_used_bytes
    model = make_model()
    one, many = (count_used_bytes(model, HPARAMS, rows) for rows in (1, 1000))
    # One row chooses two of the decoder's four experts of two 8 x 16 matrices, 1,000 choose all.
    assert many - one == pytest.approx(4 * 2 * 2 * 8 * 16)
    decoder = [*model.mixer.trainable_variables, *model.decoder.trainable_variables]
    assert 0.5 < many / sum(4 * math.prod(variable.shape) for variable in decoder) < 1.0
