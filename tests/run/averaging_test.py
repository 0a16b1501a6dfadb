"""Averages of checkpoints: by hand, as a run that loads, and what is refused."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tiny_run import TinyRun

from t2t_mm.errors import UserError
from t2t_mm.run import averaging
from t2t_mm.run.averaging import AveragedCheckpoint, average_checkpoints, list_last
from t2t_mm.run.checkpoint import Checkpoint, CheckpointStore, find_checkpoint
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.written_arrays import write_arrays


def read_weights(run_dir: Path, step: int) -> dict[str, np.ndarray]:
    with np.load(run_dir / "checkpoints" / f"{step:08d}" / "weights.npz") as arrays:
        return dict(arrays)


def test_an_average_is_a_run_with_the_mean_of_the_weights(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    output_dir = tmp_path / "averaged"
    written = average_checkpoints(tiny_run.output_dir, output_dir, n=2)
    assert [one.step for one in written] == [15, 20]  # the run keeps 10, 15 and 20
    assert [one.steps for one in written] == [(10, 15), (15, 20)]
    ours = read_weights(output_dir, 20)
    parts = [read_weights(tiny_run.output_dir, step) for step in (15, 20)]
    assert ours.keys() == parts[1].keys()
    for name, array in ours.items():
        assert array.dtype == parts[1][name].dtype
        is_float = np.issubdtype(array.dtype, np.floating)
        mean = (parts[0][name].astype("f8") + parts[1][name]) / 2
        np.testing.assert_array_equal(array, mean.astype("f4") if is_float else parts[1][name])
    restored = restore_model(open_run(output_dir))
    assert restored.step == 20
    names = {path.name for path in (output_dir / "checkpoints" / "00000020").iterdir()}
    assert {"optimizer.npz", "state.json", "input.index"} <= names


def test_of_fewer_checkpoints_all_are_averaged_and_what_is_there_is_kept(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    (one,) = average_checkpoints(tiny_run.output_dir, tmp_path / "a", n=8)
    assert one.step == 20
    (two,) = average_checkpoints(tiny_run.output_dir, tmp_path / "a", n=8, min_steps=20)
    np.testing.assert_equal(read_weights(tmp_path / "a", 20), read_weights(tiny_run.output_dir, 20))
    assert two.path == find_checkpoint(tmp_path / "a").path and two.steps == (20,)
    assert not list(CheckpointStore(tmp_path / "a").directory.glob("*.incomplete"))


def make_run(folder: Path, name: str, steps: tuple[int, ...] = ()) -> Path:
    run = folder / name
    run.mkdir()
    (run / "hparams.json").write_text("{}")
    record = {"tasks": [], "user_modules": [], "data_dir": "", "vocabulary_hashes": {name: "0"}}
    (run / "run.json").write_text(json.dumps(record | {"data_digests": {}}))
    for step in steps:
        add_checkpoint(run, step)
    return run


def add_checkpoint(run: Path, step: int) -> None:
    path = run / "checkpoints" / f"{step:08d}"
    path.mkdir(parents=True)
    (path / "state.json").write_text("{}")
    write_arrays(path / "weights.npz", {"w": np.array([float(step)])})


def test_a_best_checkpoint_of_long_before_is_none_of_the_last(tmp_path: Path) -> None:
    run = make_run(tmp_path, "run", (100, 8000, 9000, 10000))
    (run / "hparams.json").write_text('{"train": {"keep_checkpoint_max": 3}}')
    newest = run / "checkpoints" / "00010000"
    (newest / "state.json").write_text('{"best_step": 8000}')
    assert [one.step for one in list_last(run)] == [100, 8000, 9000, 10000]
    (newest / "state.json").write_text('{"best_step": 100}')
    assert [one.step for one in list_last(run, 9000)] == [9000, 10000]
    (newest / "state.json").write_text('{"best_step": 9000}')
    assert [one.step for one in average_checkpoints(run, tmp_path / "averages", n=2)][-2:] == [
        9000,
        10000,
    ]
    assert find_checkpoint(tmp_path / "averages").step == 10000  # no average has been scored
    (newest / "state.json").write_text('{"best_step": 100}')
    (mean,) = average_checkpoints(run, tmp_path / "averaged")
    assert read_weights(tmp_path / "averaged", mean.step)["w"] == [9000.0]


@pytest.mark.parametrize(
    ("steps", "best", "expected"),
    [
        ((2000, 9000, 9500, 10000, 10500), 2000, [9000, 9500, 10000, 10500]),
        ((9000, 9500, 10000, 10500), 9000, [9000, 9500, 10000, 10500]),
        ((9000, 9500, 10000, 10100), 9000, [9000, 9500, 10000, 10100]),
        ((1000, 2000, 2500), 1000, [1000, 2000, 2500]),  # the last step ends the run
    ],
)
def test_the_best_of_long_ago_is_left_out_though_more_are_kept_now(
    tmp_path: Path, steps: tuple[int, ...], best: int, expected: list[int]
) -> None:
    run = make_run(tmp_path, "run", steps)
    (run / "hparams.json").write_text('{"train": {"keep_checkpoint_max": 8}}')
    newest = run / "checkpoints" / f"{steps[-1]:08d}"
    (newest / "state.json").write_text(json.dumps({"best_step": best}))
    assert [one.step for one in list_last(run)] == expected


def test_a_run_that_went_on_elsewhere_is_the_same_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, "run", (1, 2))
    average_checkpoints(run, tmp_path / "averaged")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"data_dir": "moved", "backend": "jax"}))
    average_checkpoints(run, tmp_path / "averaged")
    assert open_run(tmp_path / "averaged").backend == "jax"


def test_a_run_of_other_settings_is_another_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, "run", (1, 2))
    average_checkpoints(run, tmp_path / "averaged")
    (run / "hparams.json").write_text('{"train": {"log_every": 7}}')
    average_checkpoints(run, tmp_path / "averaged")
    (run / "hparams.json").write_text('{"model": {"width": 256}}')
    with pytest.raises(UserError, match="holds another run"):
        average_checkpoints(run, tmp_path / "averaged")
    assert open_run(tmp_path / "averaged").hparams.train.log_every == 7


def test_what_makes_no_average_is_refused(tmp_path: Path) -> None:
    empty, run = make_run(tmp_path, "empty"), make_run(tmp_path, "run", (1, 2))
    with pytest.raises(UserError, match="no checkpoint to average"):
        average_checkpoints(empty, tmp_path / "out")
    with pytest.raises(UserError, match=r"no checkpoint to average.*min_steps=3"):
        average_checkpoints(run, tmp_path / "out", min_steps=3)
    with pytest.raises(UserError, match=r"one checkpoint at least.*n=0"):
        average_checkpoints(run, tmp_path / "out", n=0)
    with pytest.raises(UserError, match="folder of their own"):
        average_checkpoints(run, run)
    with pytest.raises(UserError, match="holds another run"):
        average_checkpoints(run, empty)
    with pytest.raises(UserError, match="No run in"):
        average_checkpoints(tmp_path, tmp_path / "out")


def test_what_a_trainer_removes_meanwhile_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "run", (1, 2, 3, 4))
    write = averaging._write_average

    def train_on(averaged: Sequence[Checkpoint], directory: Path) -> AveragedCheckpoint:
        if averaged[-1].step == 3:
            for step in (1, 2):
                shutil.rmtree(run / "checkpoints" / f"{step:08d}")
            add_checkpoint(run, 5)
        return write(averaged, directory)

    monkeypatch.setattr(averaging, "_write_average", train_on)
    written = average_checkpoints(run, tmp_path / "averaged", n=2)
    assert [one.steps for one in written] == [(1, 2), (3, 4), (4, 5)]
    assert read_weights(tmp_path / "averaged", 4)["w"] == [3.5]
    assert not list((tmp_path / "averaged" / "checkpoints").glob("*.incomplete"))


def test_damage_is_not_averaged_into_what_is_whole(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    path = run / "checkpoints" / "00000020" / "optimizer.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"optimizer\.npz is damaged"):
        average_checkpoints(run, tmp_path / "averaged", n=2)


@pytest.mark.parametrize("name", ["manifest.json", "notes.txt"])
def test_a_link_to_nowhere_is_not_copied(tiny_run: TinyRun, tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    path = run / "checkpoints" / "00000020" / name
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path / "nowhere")
    mean = average_checkpoints(run, tmp_path / "averaged", n=2)[-1]
    assert (mean.path / "manifest.json").is_file() and not (mean.path / "notes.txt").exists()
    mean.check()


def test_an_environment_that_is_no_text_is_copied_as_it_is(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    (run / "environment.json").write_bytes(b"\xff")
    average_checkpoints(run, tmp_path / "averaged", n=1)
    assert (tmp_path / "averaged" / "environment.json").read_bytes() == b"\xff"


@pytest.mark.parametrize("is_link", [True, False])
def test_a_vocabulary_that_is_not_there_is_one_error(
    is_link: bool, tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    path = run / "vocab" / "lost.model"
    path.symlink_to("nowhere") if is_link else path.mkdir()
    with pytest.raises(UserError, match=r"lost\.model is damaged: "):
        average_checkpoints(run, tmp_path / "averaged")
