"""Experts on a mesh against the same experts on one device, and a run that changes its mesh."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mesh_run import MESHES
from seals import change_sealed
from tiny_run import PROBLEMS, TINY

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.layers.experts.mixture_of_experts import Experts
from t2t_mm.registry import load_hparams

pytestmark = pytest.mark.slow  # a program of its own that trains and evaluates


@dataclass(frozen=True)
class MeshRun:
    """What `mesh_run.py` left."""

    output_dir: Path
    told: str
    numbers: dict[str, np.ndarray]
    places: dict
    scores: dict
    accumulated_dir: Path


@pytest.fixture(scope="module")
def mesh_run(tiny_run, tmp_path_factory):
    results = tmp_path_factory.mktemp("mesh")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, root / "mesh_run.py", tiny_run.data_dir, results / "run", results],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(root.parent), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with np.load(results / "numbers.npz") as numbers:
        return MeshRun(
            results / "run",
            done.stderr,
            dict(numbers),
            json.loads((results / "places.json").read_text()),
            json.loads((results / "scores.json").read_text()),
            results / "accumulated",
        )


@pytest.mark.parametrize("dispatch", ["ragged", "dense"])
@pytest.mark.parametrize("mesh", ["two", "four"])
def test_outputs_and_gradients_are_those_of_one_device(mesh_run, mesh, dispatch):
    alone = {
        name.removeprefix(f"none/{dispatch}/"): value
        for name, value in mesh_run.numbers.items()
        if name.startswith(f"none/{dispatch}/")
    }
    assert len(alone) == 3 + 2 * 8  # y, x and gates, and two matrices of each expert
    for name, value in alone.items():
        assert np.abs(value).max() > 0
        laid_out = mesh_run.numbers[f"{mesh}/{dispatch}/{name}"]
        np.testing.assert_allclose(laid_out, value, rtol=1e-4, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(
        mesh_run.numbers[f"{mesh}/eager"], mesh_run.numbers["none/eager"], rtol=1e-4, atol=1e-4
    )


def test_weights_their_moments_and_the_work_are_on_the_devices_of_their_slices(mesh_run):
    for mesh, devices in MESHES.items():
        places = mesh_run.places[mesh]
        homes = [device for device in devices or ["CPU:0"] for _ in range(8 // len(devices or [1]))]
        assert places["variables"] == [*homes, *homes]
        assert places["moments"] == homes
        if devices:  # an expert has two products forward and four backward
            assert places["matmuls"] == {device: 6 * 8 // len(devices) for device in devices}


def test_traffic_by_hand(mesh_run):
    # Three slices receive 6 floats, 3 numbers of experts and 3 gates; four slices sum 6 floats.
    assert mesh_run.places["traffic"] == [3 * 12 * 4, 4 * 6 * 4]
    # The tiny model: width 32 and 2 of 4 experts.
    assert "experts on CPU:0, CPU:1, CPU:2, CPU:3" in mesh_run.told
    assert f"copies {3 * (32 + 2 + 2) * 4} bytes and all-reduces {4 * 32 * 4}" in mesh_run.told


def weights(output_dir, step):
    with np.load(output_dir / "checkpoints" / f"{step:08d}" / "weights.npz") as arrays:
        return dict(arrays)


def test_a_run_on_four_slices_goes_on_on_one_device(mesh_run, tiny_run, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(mesh_run.output_dir, moved)
    t2t_mm.train(
        list(PROBLEMS),
        hparams=load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps=10"),
        data_dir=tiny_run.data_dir,
        output_dir=moved,
        options=t2t_mm.TrainingOptions(evaluate=False),
    )
    ours, theirs = weights(moved, 10), weights(tiny_run.output_dir, 10)  # never on a mesh
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-3, atol=1e-4, err_msg=name)
    assert json.loads((moved / "hparams.json").read_text())["experts"]["mesh_shape"] == ""


def test_a_run_on_four_slices_is_begun_with_on_one_device(mesh_run, tiny_run, tmp_path, capsys):
    t2t_mm.train(
        list(PROBLEMS),
        hparams=load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps=1"),
        data_dir=tiny_run.data_dir,
        output_dir=tmp_path / "run",
        options=t2t_mm.TrainingOptions(evaluate=False, warm_start_from=mesh_run.output_dir),
    )
    assert f"comparing the outputs of {PROBLEMS[0]}" in capsys.readouterr().err
    begun, source = weights(tmp_path / "run", 0), weights(mesh_run.output_dir, 2)
    for name, value in source.items():
        np.testing.assert_array_equal(begun[name], value, err_msg=name)


def test_a_run_on_four_slices_is_scored_there_as_on_one_device(mesh_run, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(mesh_run.output_dir, moved)
    change_sealed(moved / "hparams.json", lambda s: s["experts"].update(mesh_shape=""))
    alone = t2t_mm.evaluate(moved, options=t2t_mm.EvaluationOptions(limit=4))
    for problem in PROBLEMS:
        ours, theirs = mesh_run.scores[problem], alone[problem]
        assert ours["teacher_forced"] == pytest.approx(theirs["teacher_forced"], rel=1e-3)
        assert ours["experts"] == theirs["experts"]
        assert [row["decoded"] for row in ours["samples"]] == [
            row["decoded"] for row in theirs["samples"]
        ]


def test_updates_of_two_batches_are_those_of_one_device(mesh_run, tiny_run, tmp_path):
    t2t_mm.train(
        list(PROBLEMS),
        hparams=load_hparams(
            "multimodel_tiny", overrides=f"{TINY},train.steps=2,train.accumulate_steps=2"
        ),
        data_dir=tiny_run.data_dir,
        output_dir=tmp_path / "run",
        options=t2t_mm.TrainingOptions(evaluate=False),
    )
    ours, theirs = weights(mesh_run.accumulated_dir, 2), weights(tmp_path / "run", 2)
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-3, atol=1e-4, err_msg=name)


def test_a_mesh_that_comes_too_late_is_refused(mesh_run, tiny_run):
    with pytest.raises(UserError, match=r"TensorFlow has run in this process.*CPU devices=1"):
        t2t_mm.load(mesh_run.output_dir)


def test_slices_of_unequal_size_are_refused():
    with pytest.raises(ValueError, match=r"Received: num_experts=5, devices=\('CPU:0', 'CPU:1'\)"):
        Experts(5, 8, devices=("CPU:0", "CPU:1"))
