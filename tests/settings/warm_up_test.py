"""Warm-ups are as short as the training asks for, unless the command says otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest

from t2t_mm.registry import load_hparams
from t2t_mm.settings import HParams, OptimizerHParams, TrainHParams
from t2t_mm.settings.warm_up import keep_warm_up


def settings(steps: int, warmup_steps: int) -> HParams:
    return HParams(
        train=TrainHParams(steps=steps), optimizer=OptimizerHParams(warmup_steps=warmup_steps)
    )


@pytest.mark.parametrize(
    ("given", "warmup_steps"),
    [
        ({}, 1000),  # multimodel_tiny, 10,000 steps
        ({"fields": {"train.steps": 100}}, 20),
        ({"overrides": "train.steps=100"}, 20),
        ({"gin_params": ["train.steps = 100"]}, 20),
        ({"fields": {"train.steps": 6000}}, 1000),
        ({"fields": {"train.steps": 100}, "gin_files": ["small_corpus.gin"]}, 20),
        ({"fields": {"train.steps": 2500}, "gin_files": ["small_corpus.gin"]}, 500),
        ({"fields": {"train.steps": 100}, "overrides": "optimizer.warmup_steps=80"}, 80),
        ({"fields": {"train.steps": 100}, "gin_params": ["optimizer.warmup_steps = 80"]}, 80),
        ({"gin_files": ["multimodel_laptop.gin"]}, 400),  # sets 2,000 steps
    ],
)
def test_a_set_has_a_shorter_warm_up_for_fewer_steps(given: dict, warmup_steps: int) -> None:
    assert load_hparams("multimodel_tiny", **given).optimizer.warmup_steps == warmup_steps


def test_a_file_that_gives_both_has_its_way(tmp_path: Path) -> None:
    file = tmp_path / "own.gin"
    file.write_text("train.steps = 100\noptimizer.warmup_steps = 50\n")
    assert load_hparams("multimodel_tiny", gin_files=[file]).optimizer.warmup_steps == 50
    fewer = load_hparams("multimodel_tiny", gin_files=[file], overrides="train.steps=50")
    assert fewer.optimizer.warmup_steps == 10


def test_a_run_that_goes_on_keeps_a_warm_up_that_was_shortened() -> None:
    short, longer = settings(100, 20), settings(300, 60)
    assert keep_warm_up(longer, short) == settings(300, 20)
    assert keep_warm_up(settings(6, 1), settings(4, 1000)) == settings(6, 1000)  # of 0.1.0
    asked = settings(300, 7)
    assert keep_warm_up(asked, settings(100, 10)) is asked
    assert keep_warm_up(asked, short) is asked  # a set would not have fewer
    assert keep_warm_up(settings(10_000, 1000), short) == settings(10_000, 20)
    assert keep_warm_up(replace(short), short) == short
    gone_on = settings(10_000, 20)  # and the same is asked again
    assert keep_warm_up(settings(10_000, 1000), gone_on) == gone_on


def test_a_run_that_went_on_with_fewer_steps_and_then_with_more_keeps_its_warm_up() -> None:
    fewer = keep_warm_up(settings(500, 100), settings(1000, 200))
    assert fewer == settings(500, 200)
    assert keep_warm_up(settings(30_000, 4000), fewer) == settings(30_000, 200)
