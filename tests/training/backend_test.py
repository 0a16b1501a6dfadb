"""Which backends there are, and that each has what is asked of it."""

import keras
import pytest

from t2t_mm.errors import UserError
from t2t_mm.training.backend import BACKENDS, Backend, find_backend


@pytest.mark.parametrize("name", [name for name in BACKENDS if name == keras.backend.backend()])
def test_each_backend_has_what_is_asked_of_it(name: str) -> None:
    asked = {name for name in vars(Backend) if not name.startswith("_")}
    assert {"compile_update", "state", "settle"} <= asked
    assert asked <= set(dir(find_backend()))


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match=r"does not run on Keras's backend 'torch'.*tensorflow"):
        find_backend()
