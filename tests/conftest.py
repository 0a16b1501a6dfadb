"""What holds for every test: a quiet TensorFlow, real data only if at hand, a tiny run."""

import os

import pytest
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun

# Before any test imports TensorFlow; commands run as subprocesses inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips tests marked `real_data` where T2T_MM_REAL_DATA names no folder."""
    if os.path.isdir(os.environ.get("T2T_MM_REAL_DATA", "")):
        return
    skip = pytest.mark.skip(reason="T2T_MM_REAL_DATA names no folder")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


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
