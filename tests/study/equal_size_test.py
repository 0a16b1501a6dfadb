"""Controls of equal size: what is counted is what a model has, and what it computes."""

from typing import Any

import numpy as np
import pytest
from changed_settings import change_settings

from t2t_mm import registry
from t2t_mm.features import Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.settings import HParams
from t2t_mm.study.equal_size import (
    LENGTH,
    Count,
    count_operations,
    count_parameters,
    fit_expert_width,
)
from t2t_mm.training.on_tensorflow import operations

SMALL = {
    "width": 32,
    "num_heads": 4,
    "encoder_blocks": 1,
    "mixer_blocks": 0,
    "decoder_blocks": 1,
    "expert_width": 64,
    "num_experts": 8,
    "experts_per_token": 2,
}
CONTROLS = [
    {"use_attention": False},
    {"use_experts": False},
    {"gate": "problem"},
]
NUM_PROBLEMS = 3
BATCH = 2


def make_hparams(**changes: Any) -> HParams:
    return change_settings(registry.load_hparams("multimodel_study"), **SMALL | changes)


def measure(hparams: HParams) -> tuple[int, float]:
    """All parameters of a model, and its operations for a position of a source and of a target."""
    nets = {"text": ModalitySpec(Language(), 50)}
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=nets,
        targets=nets,
        commands=["copy"],
        num_problems=NUM_PROBLEMS,
        seed=1,
    )
    ids = np.arange(BATCH * LENGTH, dtype=np.int32).reshape(BATCH, LENGTH) % 40 + 3
    batch = {"inputs": ids, "targets": ids, "command": np.int32(0), "problem": np.int32(0)}
    counted = operations.count_operations(
        lambda: model.training_loss(batch, input_modality="text", target_modality="text")
    )
    return model.count_params(), counted / (BATCH * LENGTH)


@pytest.fixture(scope="module", params=["steps", "blocks"])
def whole(request: pytest.FixtureRequest) -> HParams:
    return make_hparams(attention_convolutions=request.param)


@pytest.fixture(scope="module")
def joint(whole: HParams) -> tuple[int, float]:
    return measure(whole)


@pytest.mark.slow
@pytest.mark.parametrize("change", CONTROLS)
def test_what_a_control_lacks_is_what_is_counted(
    change: dict[str, Any], whole: HParams, joint: tuple[int, float]
) -> None:
    control = change_settings(whole, **change)
    parameters, computed = measure(control)
    lacking = [
        count(whole, NUM_PROBLEMS) - count(control, NUM_PROBLEMS)
        for count in (count_parameters, count_operations)
    ]
    assert joint[0] - parameters == lacking[0]
    merging = 4 * 32 * 64 * 8 / (BATCH * LENGTH) * 2  # of both mixtures, once for all positions
    computed -= merging if "gate" in change else 0
    assert joint[1] - computed == pytest.approx(lacking[1], abs=1e-4 * joint[1])


@pytest.mark.parametrize("count", [count_parameters, count_operations])
@pytest.mark.parametrize("change", [*CONTROLS[::2], {"num_experts": 1, "experts_per_token": 1}])
def test_a_fitted_control_counts_as_much(change: dict[str, Any], count: Count) -> None:
    whole, control = make_hparams(), make_hparams(**change)
    width = fit_expert_width(control, whole, NUM_PROBLEMS, count)
    fitted = count(make_hparams(**change, expert_width=width), NUM_PROBLEMS)
    assert fitted == pytest.approx(count(whole, NUM_PROBLEMS), rel=0.03)
    assert width != 64 or change == {"gate": "problem"}


def test_a_control_that_is_as_large_is_left_as_it_is_and_none_has_no_width() -> None:
    whole = make_hparams()
    assert (
        fit_expert_width(make_hparams(gate="problem"), whole, NUM_PROBLEMS, count_parameters) == 64
    )
    small = make_hparams(width=8, num_heads=2, use_attention=False, expert_width=1)
    assert fit_expert_width(whole, small, NUM_PROBLEMS, count_parameters) == 1
