"""What holds for every test: a quiet TensorFlow, and no real data unless it is at hand."""

import os

import pytest

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
