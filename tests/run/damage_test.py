"""A run goes on from its newest whole checkpoint, and says which it passed over."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.damage import find_whole, set_aside


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    store = CheckpointStore(tmp_path)
    for step in (1, 2, 3):
        store.save(
            step,
            weights={"a": np.full(99, step, np.float32)},
            optimizer={"first_moment/a": np.full(99, step, np.float32)},
            input_checkpoint=tf.train.Checkpoint(position=tf.Variable(step)),
            state={"step": step, "best_step": 1},
        )
    return store


@pytest.mark.parametrize(
    "name", ["weights.npz", "optimizer.npz", "input.index", "state.json", "manifest.json"]
)
def test_a_damaged_checkpoint_is_passed_over_and_set_aside(
    store: CheckpointStore, name: str
) -> None:
    path = store.directory / "00000003" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 2
    path.write_bytes(content)
    told: list[str] = []
    whole = find_whole(store, told.append)
    assert whole is not None and whole.step == 2
    (line,) = told
    assert f"00000003/{name} is damaged" in line and "before it is taken" in line
    set_aside(store, whole)
    assert [one.step for one in store.list_checkpoints()] == [1, 2]
    assert (store.directory / "00000003.damaged" / name).exists()


def test_without_damage_the_newest_is_taken_and_nothing_is_told(store: CheckpointStore) -> None:
    told: list[str] = []
    whole = find_whole(store, told.append)
    assert whole is not None and (whole.step, told) == (3, [])
    set_aside(store, whole)
    assert [one.step for one in store.list_checkpoints()] == [1, 2, 3]


def test_where_none_is_whole_nothing_begins_anew(store: CheckpointStore) -> None:
    for one in store.list_checkpoints():
        (one.path / "weights.npz").unlink()
    with pytest.raises(UserError, match=r"00000001/weights.npz is damaged or missing"):
        find_whole(store, lambda line: None)
    assert len(store.list_checkpoints()) == 3


def test_a_run_without_checkpoints_has_none(tmp_path: Path) -> None:
    assert find_whole(CheckpointStore(tmp_path), print) is None
