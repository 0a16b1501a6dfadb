"""What runs of one study have in common."""

import dataclasses
import json
from pathlib import Path

import pytest

from t2t_mm.settings import DecodeHParams, HParams
from t2t_mm.study.comparable_runs import (
    choose_common_backend,
    identify_weights,
    list_setting_differences,
)


@pytest.mark.parametrize(
    ("field", "value", "counts"),
    [("beam_size", 4, True), ("extra_length", 3, True), ("batch_size", 1, False)],
)
def test_settings_of_decoding_count_where_outputs_were_decoded(
    field: str, value: int, counts: bool
) -> None:
    asked = HParams(decode=DecodeHParams(**{field: value}))  # type: ignore[arg-type]
    found = list_setting_differences(HParams(), asked, is_decoded=True)
    assert [f"decode.{field}" in one for one in found] == [True] * counts
    assert list_setting_differences(HParams(), asked, is_decoded=False) == []


def test_settings_of_training_always_count() -> None:
    changed = dataclasses.replace(HParams().model, dropout=0.3)
    asked = dataclasses.replace(HParams(), model=changed)
    (found,) = list_setting_differences(HParams(), asked, is_decoded=False)
    assert found.startswith("model.dropout: run has ")


def test_the_backend_is_that_asked_for_else_that_of_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert choose_common_backend(tmp_path) == ""
    for name, record in {"a": {}, "b": {"backend": "jax"}}.items():
        folder = tmp_path / "cells" / name / "seed_1"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record))
    assert choose_common_backend(tmp_path) == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert choose_common_backend(tmp_path) == "tensorflow"
    assert choose_common_backend(tmp_path, "jax") == "jax"


def test_weights_are_known_by_the_manifest_of_the_last_checkpoint(tmp_path: Path) -> None:
    assert identify_weights(tmp_path) == ""
    found = []
    for step, text in ((2, "a"), (4, "b"), (6, "b")):
        folder = tmp_path / "checkpoints" / f"{step:08d}"
        folder.mkdir(parents=True)
        assert identify_weights(tmp_path) == ""  # of an earlier version, without one
        (folder / "manifest.json").write_text(text)
        found.append(identify_weights(tmp_path))
        (folder / "manifest.json").rename(folder / "kept")
    assert found[0] != found[1] == found[2] != ""
