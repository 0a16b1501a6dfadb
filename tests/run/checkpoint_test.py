"""Checkpoints appear whole or not at all; a full disk leaves the last good one."""

import errno
import subprocess
import sys
import threading
import weakref
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.run import checkpoint
from t2t_mm.run.checkpoint import CheckpointStore, find_checkpoint
from t2t_mm.run.named_variables import restore_variables
from t2t_mm.run.written_arrays import write_arrays


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


class CountedVariable:
    """Counts how many variables are arrays at the same time."""

    alive = most = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        array = np.full(3, self.value, np.float32)
        CountedVariable.alive += 1
        CountedVariable.most = max(CountedVariable.most, CountedVariable.alive)
        weakref.finalize(array, self.forget)
        return array

    @staticmethod
    def forget() -> None:
        CountedVariable.alive -= 1


def test_no_two_variables_are_copied_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    write_arrays(path, {f"layer/{i}": CountedVariable(i) for i in range(4)})
    assert CountedVariable.most == 1
    with np.load(path) as arrays:
        assert {name: array.tolist() for name, array in arrays.items()} == {
            f"layer/{i}": [i] * 3 for i in range(4)
        }


def test_a_file_is_what_numpy_itself_writes(tmp_path: Path) -> None:
    arrays = {
        "a/b": np.arange(6, dtype=np.float32).reshape(2, 3),
        "count": np.array(7, np.int64),
        "sideways": np.asfortranarray(np.ones((2, 3), np.float32)),
        "nothing": np.zeros((0, 4), np.float32),
    }
    write_arrays(tmp_path / "ours.npz", arrays)
    np.savez(tmp_path / "theirs.npz", **arrays)
    members = []
    for name in ("ours.npz", "theirs.npz"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            members.append({info.filename: archive.read(info) for info in archive.infolist()})
    assert members[0] == members[1]


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep=2)
    for step in (1, 2, 3, 4, 5):
        save(store, step, best_step=2 if step >= 2 else None)
    assert [c.step for c in store.list_checkpoints()] == [2, 4, 5]
    assert find_checkpoint(tmp_path).step == 2


def test_names_are_on_the_disk_before_the_rename_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(checkpoint, "sync_folder", lambda folder: synced.append(names(folder)))
    save(CheckpointStore(tmp_path), 1)
    partial, after = synced
    assert {"weights.npz", "optimizer.npz", "input.index", "state.json"} <= partial
    assert after == {"00000001"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_written_in_the_background_is_what_was_there_when_it_was_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, write = threading.Event(), write_arrays

    def write_later(*given: Any) -> None:
        assert may_write.wait(10)
        write(*given)

    monkeypatch.setattr(checkpoint, "write_arrays", write_later)
    store = CheckpointStore(tmp_path, in_background=True)
    values, position, state = np.array([1.0, 2.0]), tf.Variable(7), {"step": 1, "seen": [1]}
    store.save(
        1,
        weights={"w": values},
        optimizer={},
        input_checkpoint=tf.train.Checkpoint(position=position),
        state=state,
    )
    values += 10.0
    position.assign(8)
    state["seen"].append(2)
    assert store.collect_written() == [] and store.find_latest() is None
    may_write.set()
    store.close()
    ((step, facts),) = store.collect_written()
    assert step == 1 and facts["bytes"] > 100
    latest = store.find_latest()
    assert latest is not None and latest.read_state() == {"step": 1, "seen": [1]}
    with np.load(latest.path / "weights.npz") as arrays:
        assert arrays["w"].tolist() == [1.0, 2.0]
    again = tf.Variable(0)
    tf.train.Checkpoint(position=again).read(str(latest.path / "input"))
    assert int(again) == 7


def test_what_fails_in_the_background_is_told_by_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = CheckpointStore(tmp_path, in_background=True)
    save(store, 1)
    store.close()
    monkeypatch.setattr(checkpoint, "write_arrays", fail)
    save(store, 2)
    with pytest.raises(UserError, match=r"step 2 could not be written.*00000001"):
        store.close()
    assert [step for step, _ in store.collect_written()] == [1]
    assert [path.name for path in store.directory.iterdir()] == ["00000001"]


def test_a_checkpoint_that_reads_back_otherwise_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_wrongly(path: Path, variables: Any, look: Any) -> None:
        write_arrays(path, {name: np.asarray(one) + 1 for name, one in variables.items()})

    store = CheckpointStore(tmp_path, verifies=True)
    save(store, 1)
    monkeypatch.setattr(checkpoint, "write_arrays", write_wrongly)
    with pytest.raises(UserError, match=r"'body/kernel' was read back.*not what was written"):
        save(store, 2)
    assert [path.name for path in store.directory.iterdir()] == ["00000001"]


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


def test_links_among_unfinished_checkpoints_go_and_what_they_point_to_stays(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept.txt").touch()
    for name in ("00000001.incomplete", "00000007.incomplete"):  # of this step, and left by a kill
        store.directory.mkdir(exist_ok=True)
        (store.directory / name).symlink_to(other)
    save(store, 1)
    assert [path.name for path in store.directory.iterdir()] == ["00000001"]
    assert (other / "kept.txt").exists()


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


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "step 2 could not be written" in done.stdout
    assert "00000001" in done.stdout
    left = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert left == ["00000001"]
    latest = CheckpointStore(tmp_path).find_latest()
    assert latest is not None and latest.read_state() == {"step": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("in_background", [False, True])
def test_what_has_diverged_becomes_no_checkpoint(
    tmp_path: Path, value: float, in_background: bool
) -> None:
    store = CheckpointStore(tmp_path, in_background=in_background)
    save(store, 1)
    with pytest.raises(UserError, match=r"diverged: 'body/kernel' is not finite.*00000001"):
        save(store, 2, value=value)
        store.close()
    assert [path.name for path in store.directory.iterdir()] == ["00000001"]


def test_a_state_of_another_step_is_damage(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    save(store, 1, best_step=1)
    save(store, 2, best_step=2)
    first, second = store.list_checkpoints()
    (second.path / "state.json").write_bytes((first.path / "state.json").read_bytes())
    with pytest.raises(UserError, match=r"00000002/state.json is damaged.*it is of step 1"):
        second.read_state()
    assert find_checkpoint(tmp_path).step == 1  # as the one before says


def test_the_best_is_asked_of_the_state_before_a_damaged_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = CheckpointStore(tmp_path)
    for step in (1, 2, 3):
        save(store, step, best_step=1)
    (tmp_path / "checkpoints" / "00000003" / "state.json").write_text("{")
    assert find_checkpoint(tmp_path).step == 1
    assert "00000003/state.json is damaged" in caplog.text


@pytest.mark.parametrize("in_background", [False, True])
def test_an_old_checkpoint_that_cannot_be_removed_is_told_and_ends_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    in_background: bool,
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.ENOTEMPTY, "Directory not empty", str(path))

    store = CheckpointStore(tmp_path, keep=1, in_background=in_background)
    save(store, 1)
    store.close()
    (store.directory / "00000007.incomplete").mkdir()
    monkeypatch.setattr(checkpoint, "remove_folder", lambda path: path.exists() and refuse(path))
    save(store, 2)
    store.close()
    assert [step for step, _ in store.collect_written()] == [1, 2]
    assert "00000001 is not needed any more, and cannot be removed: Directory not" in caplog.text
    assert not (store.directory / "00000007.incomplete").exists()  # what can be removed is
    store.replace_state(2, {"step": 2, "best_step": 2})
    assert find_checkpoint(tmp_path).step == 2
    assert [one.step for one in store.list_checkpoints()] == [1, 2]
    assert caplog.text.count("00000001 is not needed") == 1  # told once
