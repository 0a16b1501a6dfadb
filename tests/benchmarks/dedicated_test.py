"""The plain nets see what they are to see, and the program trains and scores one."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest
from tiny_run import TinyRun

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = ("--width=16", "--hidden_width=32", "--num_heads=2", "--num_layers=1")


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("dedicated_nets")


def test_padding_and_later_symbols_change_nothing(nets: ModuleType) -> None:
    sizes = nets.NetSizes(16, 32, 2, 1, 1)
    draw = np.random.default_rng(0)
    sound = draw.normal(size=(1, 9, 20)).astype("float32")
    text = draw.integers(2, 30, (1, 6))
    targets = np.array([[5, 7, 9, 1]])
    for reads, inputs in (("language", text), ("audio", sound)):
        net = nets.DedicatedNet(reads, 30, 0, sizes)
        sized = {"inputs_size": np.array([[inputs.shape[1]]], "int32")}
        pad = [(0, 0), (0, 7)] + [(0, 0)] * (inputs.ndim - 2)
        net({"inputs": inputs, "targets": targets, **sized})
        for variable in net.trainable_variables:  # as after training: no bias is 0
            variable.assign_add(draw.normal(0.0, 0.1, variable.shape))
        alone = np.array(net({"inputs": inputs, "targets": targets, **sized}))
        padded = np.array(net({"inputs": np.pad(inputs, pad), "targets": targets, **sized}))
        assert alone.shape == (1, 4, 30)
        np.testing.assert_allclose(alone[:, 0], padded[:, 0], atol=1e-5)
        changed = np.array([[5, 7, 8, 1]])
        other = np.array(net({"inputs": inputs, "targets": changed, **sized}))
        np.testing.assert_allclose(alone[:, :3], other[:, :3], atol=1e-5)
        assert np.abs(alone[:, 3] - other[:, 3]).max() > 1e-3


def test_a_picture_has_a_class_or_a_caption(nets: ModuleType) -> None:
    sizes = nets.NetSizes(16, 32, 2, 1, 1)
    batch = {"inputs": np.ones((2, 32, 32, 3), "float32"), "targets": np.ones((2, 3), "int32")}
    assert nets.DedicatedNet("image", 0, 7, sizes)(batch).shape == (2, 7)
    assert nets.DedicatedNet("image", 30, 0, sizes)(batch).shape == (2, 3, 30)


def test_a_net_of_a_text_has_a_class(nets: ModuleType) -> None:
    net = nets.DedicatedNet("language", 30, 3, nets.NetSizes(16, 32, 2, 1, 1))
    short, long = np.array([[4, 5]]), np.array([[4, 5, 0, 0]])
    np.testing.assert_allclose(net({"inputs": short}), net({"inputs": long}), atol=1e-5)


def test_the_decay_is_of_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    make_optimizer = importlib.import_module("dedicated").make_optimizer
    for decay, left in ((0.5, 0.95), (0.0, 1.0)):
        matrix, vector = (keras.Variable(np.ones(shape, "float32")) for shape in ((2, 2), (2,)))
        make_optimizer([matrix, vector], 0.1, decay).apply([0.0 * matrix, 0.0 * vector])
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(matrix), np.full((2, 2), left), rtol=1e-6
        )
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(vector), np.ones(2))


@pytest.mark.slow
@pytest.mark.long
def test_it_learns_and_is_scored(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    main = importlib.import_module("dedicated").main
    data = ("--problem=algorithmic_copy", f"--data_dir={tiny_run.data_dir}")
    found = []
    for steps in (1, 200):
        file = tmp_path / f"{steps}.json"
        how = (f"--train_steps={steps}", "--learning_rate=5e-3", "--limit=20", f"--json={file}")
        assert main([*data, *SMALL, *how]) == 0
        found.append(json.loads(file.read_text()))
    before, after = (one["teacher_forced"]["accuracy"] for one in found)
    assert before < 15 and after > before + 10
    assert found[1]["steps"] == 200 and found[1]["parameters"] == found[0]["parameters"]
    assert len(found[1]["intervals"]) >= 1
