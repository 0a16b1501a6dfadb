"""Which backends there are, and that each has what is asked of it."""

import importlib
import inspect

import keras
import pytest

from t2t_mm.errors import UserError
from t2t_mm.training.backend import BACKENDS, Backend, find_backend


@pytest.mark.parametrize("name", BACKENDS)
def test_each_backend_takes_what_is_asked_of_it(name: str) -> None:
    pytest.importorskip(name)
    module, class_name = BACKENDS[name].split(":")
    backend = getattr(importlib.import_module(module), class_name)
    asked = {name: one for name, one in vars(Backend).items() if not name.startswith("_")}
    assert {"compile_update", "state", "settle"} <= asked.keys()
    for method in asked:
        wanted, found = inspect.getattr_static(Backend, method), getattr(backend, method)
        if not isinstance(wanted, property):
            assert list(inspect.signature(getattr(Backend, method)).parameters) == list(
                inspect.signature(found).parameters
            ), method


def test_that_of_keras_is_found() -> None:
    assert find_backend().__name__ == BACKENDS[keras.backend.backend()].partition(":")[2]


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match=r"does not run on Keras's backend 'torch'.*tensorflow"):
        find_backend()
