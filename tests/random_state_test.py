"""What a program draws from the global generators is the same with and without our calls."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf

import t2t_mm
from t2t_mm import Language, Problem, registry
from t2t_mm.random_state import keep_random_state
from t2t_mm.training import grafted_problems, trainer
from t2t_mm.training.add_problem import add_problem
from t2t_mm.training.train import plan, train
from t2t_mm.training.training_options import TrainingOptions

DRAWS: dict[str, Callable[[], Any]] = {
    "python": random.random,
    "numpy": np.random.rand,
    "keras": lambda: keras.random.uniform(()).numpy(),
    "tensorflow": lambda: tf.random.uniform(()).numpy(),
}
every_generator = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    with keep_random_state():
        yield


def draw_twice(draw: Callable[[], Any], between: Callable[[], Any]) -> list[float]:
    keras.utils.set_random_seed(7)
    first = draw()
    between()
    return [float(first), float(draw())]


def seed_within() -> None:
    with keep_random_state():
        keras.utils.set_random_seed(1)
        for draw in DRAWS.values():
            draw()


@every_generator
def test_what_is_seeded_within_changes_nothing_after(draw: Callable[[], Any]) -> None:
    one, two = draw_twice(draw, lambda: None)
    assert one != two
    assert draw_twice(draw, seed_within) == [one, two]


@every_generator
def test_no_two_draws_are_alike_where_nobody_has_seeded(draw: Callable[[], Any]) -> None:
    tf.random.set_seed(None)
    drawn = []
    for _ in range(3):
        seed_within()
        drawn.append(float(draw()))
    assert len(set(drawn)) == 3


def test_an_error_within_changes_nothing_either() -> None:
    state = random.getstate()
    with pytest.raises(KeyError), keep_random_state():
        random.seed(1)
        raise KeyError
    assert random.getstate() == state


class DrawnAtRandomForTests(Problem):
    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for _ in range(3):
            yield {"inputs": f"{random.random()} {np.random.rand()}", "targets": ""}


def test_generation_leaves_the_generators_as_they_were(tmp_path: Path) -> None:
    registry.register_problem(DrawnAtRandomForTests)
    options = t2t_mm.GenerationOptions(progress=False)
    drawn = []
    for name in ("first", "second"):
        t2t_mm.datagen("drawn_at_random_for_tests", data_dir=tmp_path / name, options=options)
        drawn.append((random.random(), np.random.rand()))
    assert drawn[0][0] != drawn[1][0] and drawn[0][1] != drawn[1][1]
    first, second = ((tmp_path / name).rglob("*train*-of-*") for name in ("first", "second"))
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]


@pytest.mark.parametrize(
    ("call", "module", "inner"),
    [
        (train, trainer, "train_run"),
        (plan, trainer, "plan_run"),
        (add_problem, grafted_problems, "graft_problems"),
    ],
)
def test_no_public_call_leaves_its_seed(
    call: Any, module: Any, inner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, inner, lambda *_, **__: keras.utils.set_random_seed(1))
    folders = {"data_dir": "", "output_dir": tmp_path, "hparams": t2t_mm.HParams()}
    options = TrainingOptions(warm_start_from=tmp_path)
    state = random.getstate()
    call("mini_ende", **folders, options=options)
    assert random.getstate() == state
