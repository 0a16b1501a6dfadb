"""What holds for every test: a quiet TensorFlow, real data only if at hand, a tiny run."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun

# Before any test imports TensorFlow; commands run as subprocesses inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# The key that runs are signed with, apart from that of whoever runs the tests.
os.environ["XDG_CONFIG_HOME"] = f"{tempfile.gettempdir()}/t2t_mm_tests_{os.getuid()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no process is left alone with one at the end.

    Tests marked `real_data` are skipped where T2T_MM_REAL_DATA names no folder.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    if os.path.isdir(os.environ.get("T2T_MM_REAL_DATA", "")):
        return
    skip = pytest.mark.skip(reason="T2T_MM_REAL_DATA names no folder")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names bytes by their argument: some files hold the time of their making, and the processes
    of one run of the tests must agree on names.
    """
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test has seen the warnings that are given once in a process."""
    monkeypatch.setattr("t2t_mm.data.declaring.reading_warnings._told", set())


@pytest.fixture
def sums_in_order() -> Iterator[None]:
    """On TensorFlow gradients of one batch have the same bits, as by `train.deterministic`."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    yield
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": True})


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A few steps on two problems of few examples, made through the public functions."""
    import t2t_mm
    from t2t_mm.registry import load_hparams

    root = tmp_path_factory.mktemp("tiny")
    t2t_mm.datagen(
        list(PROBLEMS),
        data_dir=root / "data",
        tmp_dir=None,
        options=t2t_mm.GenerationOptions(max_cases=200, progress=False),
    )
    t2t_mm.train(
        list(PROBLEMS),
        hparams=load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps={STEPS}"),
        data_dir=root / "data",
        output_dir=root / "run",
        options=t2t_mm.TrainingOptions(eval_steps=4),
    )
    return TinyRun(root / "run", root / "data")
