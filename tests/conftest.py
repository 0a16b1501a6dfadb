"""Fixtures of many tests."""

import pytest
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A few steps on two problems of few examples, made through the public functions."""
    import t2t_mm
    from t2t_mm.config import load_hparams

    root = tmp_path_factory.mktemp("tiny")
    t2t_mm.datagen(
        list(PROBLEMS), data_dir=root / "data", tmp_dir=None, max_cases=200, progress=False
    )
    t2t_mm.train(
        list(PROBLEMS),
        hparams=load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps={STEPS}"),
        data_dir=root / "data",
        output_dir=root / "run",
        eval_steps=4,
    )
    return TinyRun(root / "run", root / "data")
