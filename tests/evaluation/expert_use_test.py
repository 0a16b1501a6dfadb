"""A few numbers for how evenly experts are used."""

import numpy as np
import pytest

from t2t_mm.evaluation.expert_use import count_used, describe_expert_use


@pytest.mark.parametrize(
    ("shares", "expected"),
    [([1.0, 0.0], 1.0), ([0.25] * 4, 4.0), ([0.5, 0.25, 0.25], 2.0**1.5)],
)
def test_how_many_are_used(shares: list[float], expected: float) -> None:
    assert count_used(shares) == pytest.approx(expected)


def test_loads_of_all_batches_are_added_up_by_mixture() -> None:
    loads = [
        {"encoder": np.array([6.0, 2.0, 0.0, 0.0])},
        {"encoder": np.array([0.0, 4.0, 2.0, 2.0]), "decoder": np.array([3.0, 0.0])},
    ]
    found = describe_expert_use(loads)
    assert found["encoder_expert_shares"] == [0.375, 0.375, 0.125, 0.125]
    assert found["encoder_expert_peak"] == pytest.approx(6 / 4)
    assert found["decoder_expert_peak"] == pytest.approx(2.0)
    assert found["decoder_experts_in_use"] == pytest.approx(1.0)


def test_of_many_experts_no_shares_are_logged() -> None:
    assert len(describe_expert_use([{"encoder": np.ones(64)}])["encoder_expert_shares"]) == 64
    many = describe_expert_use([{"encoder": np.ones(65)}])
    assert set(many) == {"encoder_expert_peak", "encoder_experts_in_use"}


def test_without_experts_or_positions_nothing_is_logged() -> None:
    assert describe_expert_use([{}]) == {}
    assert describe_expert_use([{"decoder": np.zeros(4)}]) == {}
