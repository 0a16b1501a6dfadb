"""What a large model will take without an accelerator is said, and a set that fits named."""

import keras
import pytest

from t2t_mm.registry import hparams
from t2t_mm.training.cost import describe_cost


def test_a_large_model_on_a_cpu_is_told_with_its_time_and_a_set_that_fits() -> None:
    said = describe_cost(155_000_000, 250_000)
    for part in ("155,000,000 parameters and no GPU", "0.9 s a step", "2 days 11 h", "2 GiB"):
        assert part in said
    for name in ("multimodel_tiny", "multimodel_small"):
        assert name in said and hparams(name)


def test_a_small_model_is_not_told() -> None:
    assert describe_cost(9_000_000, 250_000) == ""


def test_an_accelerator_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    assert describe_cost(155_000_000, 250_000) == ""
