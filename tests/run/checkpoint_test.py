"""Checkpoints appear whole or not at all; a full disk leaves the last good one."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.run.checkpoint import CheckpointStore, find_checkpoint, restore_variables


def save(
    store: CheckpointStore, step: int, value: float = 0.0, best_step: int | None = None
) -> None:
    store.save(
        step,
        weights={"body/kernel": tf.Variable([value, value])},
        optimizer={"counts": tf.Variable([step])},
        input_checkpoint=tf.train.Checkpoint(position=tf.Variable(step)),
        state={"step": step, "best_step": best_step},
    )


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    save(store, 7, value=3.5)
    latest = store.find_latest()
    assert latest is not None
    assert (latest.step, latest.read_state()) == (7, {"step": 7, "best_step": None})
    variable = tf.Variable([0.0, 0.0])
    restore_variables(latest.path / "weights.npz", {"body/kernel": variable})
    assert variable.numpy().tolist() == [3.5, 3.5]


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep=2)
    for step in (1, 2, 3, 4, 5):
        save(store, step, best_step=2 if step >= 2 else None)
    assert [c.step for c in store.list_checkpoints()] == [2, 4, 5]
    assert find_checkpoint(tmp_path).step == 2


def test_a_half_written_checkpoint_is_not_seen_and_not_in_the_way(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    save(store, 1)
    half = tmp_path / "checkpoints" / "00000002.incomplete"
    half.mkdir()
    (half / "weights.npz").write_bytes(b"half")
    latest = store.find_latest()
    assert latest is not None and latest.step == 1
    save(store, 2)
    assert [c.step for c in store.list_checkpoints()] == [1, 2]
    assert not half.exists()


def test_other_shapes_and_missing_variables_are_named(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    save(store, 1)
    path = tmp_path / "checkpoints" / "00000001" / "weights.npz"
    with pytest.raises(UserError, match=r"'body/kernel' has shape \(2,\).* expects \(3,\)"):
        restore_variables(path, {"body/kernel": tf.Variable(np.zeros(3, np.float32))})
    with pytest.raises(UserError, match="'body/gain'"):
        restore_variables(path, {"body/gain": tf.Variable([0.0])})


def test_no_checkpoint_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="t2t-trainer --output_dir"):
        find_checkpoint(tmp_path)
    with pytest.raises(UserError, match="checkpoint_path"):
        find_checkpoint(tmp_path, tmp_path / "nowhere")


FULL_DISK = """
import resource, sys
from pathlib import Path
import tensorflow as tf
from t2t_mm.errors import UserError
from t2t_mm.run.checkpoint import CheckpointStore

store = CheckpointStore(Path(sys.argv[1]))
small, large = tf.Variable(tf.zeros([4])), tf.Variable(tf.zeros([500_000]))
inputs = tf.train.Checkpoint(position=tf.Variable(0))
store.save(1, weights={"w": small}, optimizer={}, input_checkpoint=inputs, state={"step": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    store.save(2, weights={"w": large}, optimizer={}, input_checkpoint=inputs, state={"step": 2})
except UserError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "step 2 could not be written" in done.stdout
    assert "00000001" in done.stdout
    left = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert left == ["00000001"]
    state = tmp_path / "checkpoints" / "00000001" / "state.json"
    assert json.loads(state.read_text()) == {"step": 1}
