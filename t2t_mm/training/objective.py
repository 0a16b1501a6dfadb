"""What a step makes smaller: the loss of a batch, and what else is measured on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import ExpertReport

Tensor = Any
Batch = Mapping[str, Any]
Signature = tuple[str, str]
"""Share keys of the nets that read and write."""
StepMetrics = dict[str, Any]


def compute_objective(
    model: MultiModel, signature: Signature, batch: Batch, label_smoothing: float
) -> tuple[Tensor, StepMetrics]:
    """Compute what is differentiated, within what a backend compiles.

    Args:
        model: Its noise is on.
        signature: Share keys of the nets that read and write.
        batch: Inputs, their sizes if they have any, targets, and what tells the problem; and
            "loss_weight" where losses have some.
        label_smoothing: Probability mass spread over the wrong classes.

    Returns:
        A scalar, the mean loss of the real targets and the experts' balance loss, times the weight
        of the problem's loss; where it is not finite its gradients are not, either. And the batch's
        metrics: "loss" and "balance_loss", "target_tokens", "examples" and "padded_tokens",
        "expert_load" by mixture, and "dropped_slots_percent" where experts have limits.
    """
    input_modality, target_modality = signature
    losses = model.training_loss(
        batch,
        input_modality=input_modality,
        target_modality=target_modality,
        label_smoothing=label_smoothing,
    )
    loss = losses.loss_sum / ops.maximum(losses.weight, 1.0)
    metrics: StepMetrics = {
        "loss": loss,
        "balance_loss": losses.balance_loss,
        "target_tokens": losses.weight,
        "examples": ops.shape(batch["targets"])[0],
        "padded_tokens": ops.size(batch["targets"]) + _count_padded_tokens(batch["inputs"]),
        "expert_load": {report.name: report.load for report in losses.reports},
    }
    objective = loss + losses.balance_loss
    if "loss_weight" in batch:  # only there: without it nothing is rounded otherwise
        objective = objective * ops.cast(batch["loss_weight"], objective.dtype)
    return _spread_fault(objective), metrics | _measure_dropped_slots(losses.reports)


def _spread_fault(objective: Tensor) -> Tensor:
    """Let an objective that is not finite make its gradients so: then their norm tells it all."""
    return objective * ops.where(ops.isfinite(objective), 1.0, float("nan"))


def _measure_dropped_slots(reports: Sequence[ExpertReport]) -> StepMetrics:
    """Return the slots that found no room, in percent; nothing where experts take all they get."""
    shares = [report.dropped_share for report in reports if report.dropped_share is not None]
    return {"dropped_slots_percent": 100.0 * ops.mean(ops.stack(shares))} if shares else {}


def _count_padded_tokens(inputs: Tensor) -> Tensor | int:
    """Return the places of a batch of texts; pictures and sounds have no tokens."""
    dtype = keras.backend.standardize_dtype(inputs.dtype)
    return ops.size(inputs) if keras.backend.is_int_dtype(dtype) else 0
