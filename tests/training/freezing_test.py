"""What is frozen stays to the bit on both backends, statistics too, and all else is trained."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import both_backends
import numpy as np
import pytest
from both_backends import load_arrays
from every_pair import make_model

from t2t_mm.errors import UserError
from t2t_mm.training.freezing import freeze_variables

PARTS = r"encoder/experts/experts/w_in\.[01]|decoder/block0"
PATTERN = rf"/image/|command\.tell|{PARTS}"


def load_both(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = (load_arrays(folder / when / "weights.npz") for when in ("before", "after"))
    return before, after


def list_moved(folder: Path) -> set[str]:
    before, after = load_both(folder)
    return {name for name in before if not np.array_equal(before[name], after[name])}


def check(folder: Path) -> None:
    moved = list_moved(folder)
    frozen = json.loads((folder / "frozen.json").read_text())
    assert any("/image/" in name for name in frozen)
    assert not moved.intersection(frozen)
    assert not [name for name in moved if re.search(PATTERN, name)]  # running statistics, too
    asked = {name for name in load_both(folder)[0] if re.search(PARTS, name)}
    assert len(asked) > 2 and asked <= set(frozen)
    experts = "multimodel/encoder/experts/experts"
    assert {f"{experts}/w_in.2", f"{experts}/w_out.0"} <= moved
    assert "multimodel/language_shared/softmax" in moved
    counts = load_arrays(folder / "after" / "optimizer.npz")
    assert counts.get("count/multimodel/command.tell", 0) == 0


@pytest.fixture
def stepped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("keras.random.normal", None)  # and back again
    both_backends.train_partly_frozen(tmp_path / "tensorflow", PATTERN)
    return tmp_path


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="needs JAX")
def test_both_backends_leave_the_same_and_train_the_rest_alike(stepped: Path) -> None:
    check(stepped / "tensorflow")
    both_backends.run_on_jax(
        f"train_partly_frozen({stepped / 'jax'!r}, {PATTERN!r})",
        f"train_partly_frozen({stepped / 'added_up'!r}, {PATTERN!r}, accumulate_steps=2)",
    )
    check(stepped / "jax")
    check(stepped / "added_up")
    ours, theirs = (list_moved(stepped / one) for one in ("tensorflow", "jax"))
    assert ours == theirs


@pytest.mark.slow
def test_what_is_frozen_stays_where_batches_are_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.random.normal", None)  # and back again
    both_backends.train_partly_frozen(tmp_path, PATTERN, accumulate_steps=2)
    check(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("no_such_net", "found in no variable"), ("multimodel", "nothing is left to train")],
)
def test_a_pattern_that_freezes_nothing_or_all_is_an_error(pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"{message}.*Expected: part of names such as multimodel/"):
        freeze_variables(make_model(), pattern)


def test_no_pattern_freezes_nothing() -> None:
    model = make_model()
    number = len(model.trainable_variables)
    assert freeze_variables(model, "") == [] and len(model.trainable_variables) == number
