"""Mixtures in a run: kept, logged, refused, and found again in the middle of an update."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seals import change_sealed
from small_mixtures import COPY, REVERSE, STEPS, drawn, run_small
from tiny_run import PROBLEMS, TinyRun

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.mixing.mixture import Mixture
from t2t_mm.registry import load_hparams
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings import HParams, MixtureHParams
from t2t_mm.training.run_mixture import describe_mixture, make_mixture
from t2t_mm.training.step import TrainStep
from t2t_mm.training.training_inputs import open_inputs

EVEN = dict.fromkeys(PROBLEMS, 0.5)


def replay(output_dir: Path) -> list[str]:
    mixture = Mixture(**json.loads((output_dir / "run.json").read_text())["mixture"])
    return [name for step in range(STEPS) for name in mixture.choose_problems(step)]


def weights(output_dir: Path) -> dict[str, Any]:
    latest = CheckpointStore(output_dir).find_latest()
    assert latest is not None and latest.step == STEPS
    with np.load(latest.path / "weights.npz") as arrays:
        return dict(arrays)


def make_weak(monkeypatch: pytest.MonkeyPatch, method: str, calls: int) -> Callable[[], None]:
    """Lets a training step die at one of its calls; returns what makes it well again."""
    count, whole = iter(range(1, 1000)), getattr(TrainStep, method)

    def die(*args: Any) -> Any:
        if next(count) == calls:
            raise RuntimeError("killed")
        return whole(*args)

    monkeypatch.setattr(TrainStep, method, die)
    return lambda: monkeypatch.setattr(TrainStep, method, whole)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.usefixtures("sums_in_order")
def test_a_run_killed_within_an_update_goes_on_bit_for_bit(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = (
        f"accumulate_steps=2,loss_temperature=0.01,loss_weights={{{COPY}:0.5}},"
        f"schedules={{{REVERSE}:{{step:{{0:1,3:0,6:1}}}}}}"
    )
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    run_small(tiny_run.data_dir, undisturbed, settings)
    heal = make_weak(monkeypatch, "accumulate", calls=14)  # the second batch of the seventh update
    with pytest.raises(RuntimeError, match="killed"):
        run_small(tiny_run.data_dir, killed, settings)
    heal()
    latest = CheckpointStore(killed).find_latest()
    assert latest is not None and latest.step == 4
    run_small(tiny_run.data_dir, killed, settings)
    ours, theirs = weights(killed), weights(undisturbed)
    assert [name for name, array in ours.items() if not np.array_equal(array, theirs[name])] == []
    assert drawn(killed) == drawn(undisturbed)
    # The first update knows no losses yet; later ones draw one problem more than the other.
    assert drawn(killed)[:2] == replay(killed)[:2] and drawn(killed) != replay(killed)
    assert set(drawn(killed)[6:12]) == {COPY}


def test_a_run_that_keeps_no_mixture_goes_on(tiny_run: TinyRun, tmp_path: Path) -> None:
    directory = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, directory)
    for name, key in (("run.json", "mixture"), ("hparams.json", "mixture")):
        change_sealed(directory / name, lambda record, key=key: record.pop(key))
    before = registry.hparams("multimodel_tiny").train.seed

    run = open_run(directory)
    assert run.mixture == {} and run.hparams.mixture == MixtureHParams()
    assert make_mixture(EVEN, run.hparams).record == {
        "rates": EVEN,
        "seed": before,
        "schedules": {},
        "problems_per_update": 0,
        "batches_each": 1,
    }


def with_mixture(**fields: Any) -> HParams:
    hparams = HParams(mixture=MixtureHParams(**fields))
    return dataclasses.replace(hparams, train=dataclasses.replace(hparams.train, steps=100))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schedules": {"algorithmic_kopy": {"step": {0: 1}}}}, "Did you mean 'algorithmic_copy'"),
        ({"loss_weights": {"algorithmic_kopy": 1}}, "Did you mean 'algorithmic_copy'"),
        ({"loss_weights": {COPY: 0}}, "weight of a loss must be positive"),
        ({"schedules": {COPY: {"step": {0: 0, 100: 1}}}}, "gives it no step of the 100"),
        ({"problems_per_update": 3}, "at most 2, or -1 for all"),
    ],
)
def test_what_makes_no_mixture_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_mixture(EVEN, with_mixture(**fields))


def test_schedules_of_problems_that_are_not_trained_are_left_aside() -> None:
    hparams = with_mixture(
        schedules={"mini_ende": {"step": {0: 0}}}, loss_weights={"mini_ende": 2, COPY: 0.5}
    )
    mixture = make_mixture(EVEN, hparams)
    assert mixture.schedules == {}
    assert describe_mixture(mixture, hparams) == [f"the loss of {COPY} times 0.5"]


def test_what_stands_over_the_rates_is_told() -> None:
    hparams = with_mixture(problems_per_update=-1, loss_temperature=2.0)
    assert describe_mixture(make_mixture(EVEN, hparams), hparams) == [
        "rates times exp(mean loss / 2.0)",
        "an update by up to 2 batches, of all problems",
    ]


def test_a_function_of_the_problem_gives_rates(tiny_run: TinyRun) -> None:
    @registry.register_rate_function("four_times_reversed")
    def rate(problem: Any, num_examples: int) -> float:
        return num_examples * (4.0 if problem.name == REVERSE else 1.0)

    hparams = load_hparams("multimodel_tiny", overrides="rate_function=four_times_reversed")
    inputs = open_inputs(
        list(PROBLEMS),
        hparams.data,
        data_dir=tiny_run.data_dir,
        rate_function=hparams.mixture.rate_function,
    )
    assert inputs.rates == pytest.approx({COPY: 0.2, REVERSE: 0.8})
