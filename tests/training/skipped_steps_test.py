"""A batch that is no number changes nothing but seeds, on both backends; the next one counts."""

from pathlib import Path

import faulty_steps
import numpy as np
import pytest
from both_backends import load_arrays, run_on_jax

from t2t_mm.training.on_tensorflow import tensorflow_backend


def list_changed(before: Path, after: Path, seeds: bool = False) -> set[str]:
    """Names what changed, of seeds or of all else; all of it is a number."""
    changed = set()
    for part in ("weights.npz", "optimizer.npz"):
        old, new = load_arrays(before / part), load_arrays(after / part)
        assert old.keys() == new.keys()
        assert all(np.isfinite(array).all() for array in new.values())
        changed |= {name for name, array in new.items() if (array != old[name]).any()}
    return {name for name in changed if ("seed_generator" in name) == seeds}


def check_steps(folder: Path) -> None:
    assert np.isfinite(np.load(folder / "norms.npy")).tolist() == [True, False, True]
    assert list_changed(folder / "good", folder / "faulty") == set()
    assert list_changed(folder / "good", folder / "faulty", seeds=True)
    moved = list_changed(folder / "faulty", folder / "again")
    for part in ("gate/bias", "/mean", "first_moment/", "count/"):
        assert any(part in name for name in moved), part


def check_parts(folder: Path) -> None:
    finite = np.isfinite(np.load(folder / "norms.npy")).tolist()
    assert finite == [False, False, True, False, True, True]
    assert list_changed(folder / "start", folder / "none") == set()
    assert list_changed(folder / "start", folder / "none", seeds=True)
    moved = list_changed(folder / "none", folder / "one")
    counts = load_arrays(folder / "one" / "optimizer.npz")
    reached = [name for name in counts if name.startswith("count/") and counts[name] > 0]
    assert len(reached) > 20 and set(reached) <= moved


@pytest.mark.slow
def test_tensorflow_skips_a_faulty_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates that wait and those made at once: of the body, and of the net that reads."""
    monkeypatch.setattr(tensorflow_backend, "LEAST_POSTPONED", 1)
    faulty_steps.skip_a_step(tmp_path)
    check_steps(tmp_path)


@pytest.mark.slow
def test_tensorflow_leaves_a_faulty_batch_out_of_a_sum(tmp_path: Path) -> None:
    faulty_steps.skip_a_part(tmp_path)
    check_parts(tmp_path)


@pytest.mark.slow
@pytest.mark.long
def test_jax_does_the_same(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    steps, parts = tmp_path / "steps", tmp_path / "parts"
    run_on_jax(f"skip_a_step({steps!r})", f"skip_a_part({parts!r})", module="faulty_steps")
    check_steps(steps)
    check_parts(parts)
