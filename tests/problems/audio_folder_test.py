"""audio_folder: own sounds in class folders, without code."""

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.features import Audio


def test_sounds_are_read_at_the_declared_rate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sounds = {"train/low/1.wav": 16_000, "train/low/2.flac": 8_000, "train/high/3.ogg": 16_000}
    for name, rate in {**sounds, "dev/low/4.wav": 16_000}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(rate // 2), rate)
    problem: Problem = registry.problem("audio_folder", tmp_dir=tmp_path)
    with caplog.at_level(logging.WARNING):
        found = sorted((one["targets"], len(one["inputs"]())) for one in problem.generate("train"))
    assert found == [("high", 8_000), ("low", 8_000), ("low", 8_000)]
    assert problem.features["inputs"] == Audio()
    assert "train: 1 of 3 sounds were resampled" in caplog.text
