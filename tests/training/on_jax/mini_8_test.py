"""Fifty steps over the eight problems of the miniature: JAX gives TensorFlow's numbers."""

import json
from pathlib import Path

import mini_8_steps
import numpy as np
import pytest
from both_backends import list_gradients, run_on_jax

pytest.importorskip("jax")

MOST_ROUTED_OTHERWISE = 1e-3


@pytest.mark.slow
@pytest.mark.long
def test_fifty_steps_of_eight_problems(tmp_path: Path) -> None:
    batches, data, starts = tmp_path / "batches", tmp_path / "data", tmp_path / "starts"
    mini_8_steps.write_batches(batches, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.random.normal", None)  # and back again
        mini_8_steps.take_mini_8_steps(tmp_path / "tensorflow", starts, batches, data)
    call = f"take_mini_8_steps({tmp_path / 'jax'!r}, {starts!r}, {batches!r}, {data!r})"
    run_on_jax(call, module="mini_8_steps")

    ours, theirs = (
        json.loads((tmp_path / one / "metrics.json").read_text()) for one in ("tensorflow", "jax")
    )
    routed = otherwise = 0.0
    for index, (one, other) in enumerate(zip(ours["single"], theirs["single"], strict=True)):
        assert other["loss"] == pytest.approx(one["loss"], rel=1e-5)
        moved = [np.abs(np.subtract(one["loads"][m], other["loads"][m])) for m in one["loads"]]
        routed += sum(sum(load) for load in one["loads"].values())
        otherwise += sum(float(difference.sum()) / 2 for difference in moved)
        if any(difference.any() for difference in moved):
            continue  # those that went elsewhere have other gradients
        for name, (expected, found, rounding) in list_gradients(tmp_path, index).items():
            allowed = 1e-3 * np.linalg.norm(expected) + rounding
            assert np.linalg.norm(found - expected) <= allowed, (index, name)
    assert otherwise <= MOST_ROUTED_OTHERWISE * routed
    losses = [[step["loss"] for step in one["free"]] for one in (ours, theirs)]
    assert len(losses[0]) == mini_8_steps.STEPS
    np.testing.assert_allclose(losses[1][:10], losses[0][:10], rtol=1e-4)
    np.testing.assert_allclose(losses[1], losses[0], rtol=2e-2)
    print(f"{otherwise:.0f} of {routed:.0f} slots routed otherwise")
