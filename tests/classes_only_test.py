"""A run in which every target is a class: no mixer, no decoder, nothing to tell one."""

from pathlib import Path

import numpy as np
import pytest
from senses_run import parts_that_differ, records, train, weights
from tiny_senses import hparams, seed_of_draws

import t2t_mm
from t2t_mm.errors import UserError

pytestmark = pytest.mark.slow

PICTURES, TOPICS = CLASSES = ("pictures_for_tests", "topics_for_tests")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three updates of two batches each: of both problems, of pictures alone, of both."""
    root = tmp_path_factory.mktemp("classes")
    t2t_mm.datagen(
        list(CLASSES), data_dir=root / "data", options=t2t_mm.GenerationOptions(progress=False)
    )
    seed = seed_of_draws(CLASSES, (2, CLASSES), (2, [PICTURES]), (2, CLASSES))
    settings = hparams(steps=3, accumulate_steps=2, checkpoint_every=1, seed=seed)
    train(CLASSES, root / "data", root / "run", settings, evaluate=True)
    return root / "run"


def test_an_update_of_different_pairs_reaches_the_nets_of_each(run: Path) -> None:
    batches = {(r["step"], r["problem"]): r["batches"] for r in records(run) if "batches" in r}
    both = {PICTURES: 1, TOPICS: 1}
    drawn = [both, {PICTURES: 2}, both]
    assert batches == {
        (step, name): number
        for step, one in enumerate(drawn, start=1)
        for name, number in one.items()
    }
    updates = [r for r in records(run) if "problem" not in r]
    norms = [r["gradient_norm"] for r in updates if "gradient_norm" in r]
    assert len(norms) == 3 and all(np.isfinite(norm) and norm > 0 for norm in norms)
    first, second, third = (weights(run, step) for step in (1, 2, 3))
    of_pictures = {"image", "categorical_kinds", "encoder"}
    assert parts_that_differ(first, second) == of_pictures
    of_topics = {"language_bytes", "categorical_topics_for_tests.targets"}
    assert parts_that_differ(second, third) == of_pictures | of_topics


def test_there_is_nothing_to_decode_with(run: Path) -> None:
    parts = {path.split("/")[1] for path in weights(run, 3)}
    assert "encoder" in parts
    assert not [part for part in parts if part.startswith(("decoder", "mixer", "command"))]


def test_it_is_evaluated_loaded_and_asked(run: Path) -> None:
    evaluated = [r for r in records(run) if r["kind"] == "eval"]
    assert {r["problem"] for r in evaluated if "problem" in r} == set(CLASSES)
    assert 0 < evaluated[-1]["best"] < 20
    assert sorted(t2t_mm.load(run)[TOPICS].rank("2 of a disc")) == ["0", "1", "2"]
    for ask in (t2t_mm.load, decode_topics, evaluate):
        with pytest.raises(UserError, match=r"Of classes nothing is searched for.*no_repeat=2"):
            ask(run, decode_hparams="no_repeat=2")


def decode_topics(run: Path, decode_hparams: str) -> None:
    options = t2t_mm.DecodingOptions(decode_hparams=decode_hparams)
    t2t_mm.decode(run, TOPICS, split="validation", options=options)


def evaluate(run: Path, decode_hparams: str) -> None:
    t2t_mm.evaluate(run, options=t2t_mm.EvaluationOptions(decode_hparams=decode_hparams))
