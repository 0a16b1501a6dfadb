"""The backend of JAX takes the steps that TensorFlow's takes, where TensorFlow is not there."""

import json
from pathlib import Path
from typing import Any

import both_backends
import numpy as np
import pytest
from both_backends import list_gradients, load_arrays

from t2t_mm.errors import UserError
from t2t_mm.settings.sections import TrainHParams
from t2t_mm.training.training_options import TrainingOptions

pytest.importorskip("jax")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each step on both backends, from the same states."""
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.random.normal", None)  # and back again
        both_backends.take_small_steps(folder / "tensorflow", folder / "starts")
        both_backends.score(folder / "tensorflow.json", folder / "starts")
    both_backends.run_on_jax(
        f"take_small_steps({folder / 'jax'!r}, {folder / 'starts'!r})",
        f"score({folder / 'jax.json'!r}, {folder / 'starts'!r})",
        f"accumulate({folder / 'accumulated'!r})",
        f"train_in_bfloat16({folder / 'bfloat16'!r})",
        f"count_operations({folder / 'operations.json'!r})",
    )
    return folder


def load_metrics(steps: Path, kind: str) -> tuple[Any, Any]:
    both = (steps / backend / "metrics.json" for backend in ("tensorflow", "jax"))
    ours, theirs = (json.loads(path.read_text())[kind] for path in both)
    return ours, theirs


def test_nothing_is_compiled_that_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from t2t_mm.training.on_jax import jax_backend

    monkeypatch.setattr(jax_backend, "prepare_jax", lambda *_: None)
    prepare = jax_backend.JaxBackend.prepare_process
    prepare(TrainHParams(), TrainingOptions(), [])
    with pytest.raises(UserError, match=r"not kept are compiled for nothing.*compile_cache"):
        prepare(TrainHParams(), TrainingOptions(compile_only=True), [])


@pytest.mark.slow
def test_every_step_has_the_loss_of_tensorflow(steps: Path) -> None:
    for ours, theirs in zip(*load_metrics(steps, "single"), strict=True):
        assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-5)
        assert theirs["gradient_norm"] == pytest.approx(ours["gradient_norm"], rel=1e-4)
        assert theirs["balance_loss"] == pytest.approx(ours["balance_loss"], rel=1e-4)
        for name in ours.keys() - {"loss", "gradient_norm", "balance_loss"}:
            assert theirs[name] == ours[name], name


@pytest.mark.slow
def test_running_free_the_losses_stay_together(steps: Path) -> None:
    for ours, theirs in zip(*load_metrics(steps, "free"), strict=True):
        assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-4)


@pytest.mark.slow
def test_every_gradient_is_that_of_tensorflow(steps: Path) -> None:
    compared = 0
    for index in range(both_backends.STEPS):
        for name, (expected, found, rounding) in list_gradients(steps, index).items():
            norm = np.linalg.norm(expected)
            assert np.linalg.norm(found - expected) <= 1e-3 * norm + rounding, (index, name)
            compared += bool(norm)
        paths = [steps / one / str(index) / "optimizer.npz" for one in ("tensorflow", "jax")]
        ours, theirs = map(load_arrays, paths)
        for name in (name for name in ours if name.startswith("count/")):
            np.testing.assert_array_equal(theirs[name], ours[name], err_msg=name)
    assert compared > 20 * both_backends.STEPS


@pytest.mark.slow
def test_what_is_not_reached_stays_to_the_last_bit(steps: Path) -> None:
    """Weights, moments and counts of other nets and of other commands."""
    start, after = (load_arrays(steps / where / "0" / "weights.npz") for where in ("starts", "jax"))
    assert start.keys() == after.keys()
    moved = {name for name, array in after.items() if (array != start[name]).any()}
    assert not [name for name in moved if "image" in name or "audio" in name]
    assert [name for name in moved if "/command." in name] == ["multimodel/command.tell"]
    expected = load_arrays(steps / "tensorflow" / "0" / "weights.npz")
    assert moved == {name for name, array in expected.items() if (array != start[name]).any()}


@pytest.mark.slow
def test_accumulated_batches_equal_one_batch_of_all(steps: Path) -> None:
    """The mean of their gradients, clipped as one; and each row's count."""
    whole, parts = (steps / "accumulated" / name for name in ("whole", "parts"))
    for name in ("weights", "optimizer"):
        ours, theirs = load_arrays(whole / f"{name}.npz"), load_arrays(parts / f"{name}.npz")
        assert ours.keys() == theirs.keys()
        for path, array in ours.items():
            np.testing.assert_allclose(theirs[path], array, atol=2e-4, err_msg=path)
    norms = json.loads((steps / "accumulated" / "norms.json").read_text())
    np.testing.assert_allclose(norms[1::2], norms[::2], rtol=1e-3)
    counts = {name: int(one) for name, one in theirs.items() if name.startswith("count/")}
    assert counts["count/multimodel/command.tell"] == 3
    assert counts["count/multimodel/command.say"] == 0
    assert set(counts.values()) == {0, 3}


@pytest.mark.slow
def test_mixed_precision_learns_and_keeps_float32(steps: Path) -> None:
    losses = json.loads((steps / "bfloat16" / "losses.json").read_text())
    assert losses[-1] < 0.8 * losses[0]
    before, after = (
        load_arrays(steps / "bfloat16" / one / "weights.npz") for one in ("before", "after")
    )
    assert {array.dtype.name for array in after.values()} <= {"float32", "uint32", "int64"}
    noises = [name for name in after if name.endswith("noise") or "seed" in name]
    assert noises and all((after[name] != before[name]).any() for name in noises[:1])


@pytest.mark.slow
def test_operations_are_counted_where_they_are_known_of_compiled_programs_alone(
    steps: Path,
) -> None:
    """As of CUDA's plugin, which does not count those of a program before it is compiled."""
    lowered, compiled = json.loads((steps / "operations.json").read_text())
    assert 0.5 < compiled / lowered < 2.0


@pytest.mark.slow
def test_splits_are_scored_alike_whatever_is_added_to_their_batches(steps: Path) -> None:
    """Rows and lengths are padded on JAX: neither loss, accuracy nor use of experts is of them."""
    ours, theirs = (
        json.loads((steps / f"{one}.json").read_text()) for one in ("tensorflow", "jax")
    )
    for pair, (scores, shares) in ours.items():
        assert theirs[pair][0] == pytest.approx(scores, rel=1e-5)
        assert scores["examples"] == 5
        assert theirs[pair][1].keys() == shares.keys() != set()
        for name, share in shares.items():
            assert theirs[pair][1][name] == pytest.approx(share, abs=1e-5)
