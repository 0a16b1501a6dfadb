"""What an evaluation leaves on disk."""

import json
import threading
import wave
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.evaluation import decoded_files
from t2t_mm.evaluation.decoded_files import (
    describe_samples,
    keep_results,
    write_decoded,
    write_scores,
)
from t2t_mm.features import Audio, Language
from t2t_mm.files.disk import lock_folder
from t2t_mm.files.sealed_json import seal_json, unseal_json
from t2t_mm.scoring.decoded import Decoded


class Spoken(Problem):
    modalities: ClassVar = {"inputs": Audio(sample_rate_hz=8000), "targets": Language("bytes")}


def test_lines_stay_aligned(tmp_path: Path) -> None:
    decoded = Decoded(["a", "b\nc"], [["x", "y"], ["z"]], inputs=["", ""])
    write_decoded(tmp_path, "speech_files/own", decoded)
    assert (tmp_path / "speech_files_own.decoded.txt").read_text() == "a\nb c\n"
    assert (tmp_path / "speech_files_own.references.txt").read_text() == "x\ty\nz\n"
    assert not (tmp_path / "speech_files_own.inputs.txt").exists()


def test_a_sample_keeps_its_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {0: np.array([4], "<i2").tobytes(), 1: np.array([1, -2, 3], "<i2").tobytes()}
    monkeypatch.setattr(
        decoded_files, "read_stored_bytes", lambda *a, indices, **k: {i: stored[i] for i in indices}
    )
    decoded = Decoded(["a", "b"], [["z"], ["x", "y"]], inputs=["", ""])
    folder = tmp_path / "decoded" / "test-7"
    samples = describe_samples(
        Spoken(), "test", decoded, folder=folder, data_dir=tmp_path, limits={}, indices=[1]
    )
    path = "decoded/test-7/spoken.sample1.wav"
    expected = {"index": 1, "input": "", "reference": "x", "references": ["x", "y"], "decoded": "b"}
    assert samples == {1: {**expected, "sound": path}}
    with wave.open(str(tmp_path / path)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 3)
        assert file.readframes(3) == stored[1]


def test_scores_are_written_without_outputs(tmp_path: Path) -> None:
    write_scores(
        tmp_path / "s.json", {"a": {"bleu": 1.5, "outputs": "p", "worst": [{}], "experts": {}}}
    )
    assert json.loads((tmp_path / "s.json").read_text()) == {"a": {"bleu": 1.5}}
    with pytest.raises(UserError, match="could not be written"):
        write_scores(tmp_path / "s.json" / "below", {"a": {}})


def test_a_folder_in_the_place_of_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is to be a file, and is a folder"):
        keep_results(tmp_path, {"copy": {"bleu": 1.5}}, ["copy"])


def test_results_that_another_evaluation_is_writing_are_waited_for(tmp_path: Path) -> None:
    path, given = tmp_path / "results.json", {"b": {"wer": 1.0}}
    writing = threading.Thread(target=keep_results, args=(path, given, ["a", "b"]))
    with lock_folder(tmp_path):
        writing.start()
        writing.join(0.3)
        path.write_text(seal_json({"a": {"wer": 2.0}}))
    writing.join()
    assert unseal_json(path.read_text()) == {"a": {"wer": 2.0}, **given}
