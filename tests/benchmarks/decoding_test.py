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
def test_tokens_and_the_reading_of_weights_are_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    flags = ["--sets=multimodel_tiny", "--rows=2", "--steps=65", "--quick", f"--json={file}"]
    result = subprocess.run(
        [sys.executable, str(BENCHMARKS / "decoding.py"), *flags],  # as documented: from anywhere
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    step = json.loads(file.read_text())["multimodel_tiny"]["steps"]["65"]
    assert 0 < step["reading_ms"] < step["step_ms"]
    assert step["tokens_per_s"] * step["step_ms"] == pytest.approx(2e3)


def test_a_step_uses_the_decoder_and_those_of_its_experts_that_are_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    count_used_bytes = importlib.import_module("decoding").count_used_bytes
    model = make_model()
    one, many = (count_used_bytes(model, HPARAMS.experts, rows) for rows in (1, 1000))
    # One row chooses two of the decoder's four experts of two 8 x 16 matrices, 1,000 choose all.
    assert many - one == pytest.approx(4 * 2 * 2 * 8 * 16)
    decoder = [*model.mixer.trainable_variables, *model.decoder.trainable_variables]
    assert 0.5 < many / sum(4 * math.prod(variable.shape) for variable in decoder) < 1.0
