"""Sets of the MultiModel, each written as a difference from another."""

from __future__ import annotations

from dataclasses import replace

from t2t_mm import registry
from t2t_mm.config import (
    DataHParams,
    HParams,
    ModelHParams,
    OptimizerHParams,
    TrainHParams,
)


@registry.register_hparams
def multimodel_base() -> HParams:
    """The paper's topology at Tensor2Tensor's width: D 512, F 2048, 30 experts of which 2.

    For: full-size translation data on a GPU. Not measured.
    Source: blocks and losses arXiv:1706.05137; widths Tensor2Tensor's `multimodel_base`.
    """
    return HParams()


@registry.register_hparams
def multimodel_small() -> HParams:
    """D 256, F 256, 16 experts of which 4: real data of up to about 100,000 examples on a CPU.

    Chosen: the paper's k, at a width that trains within an hour on two cores. Not measured.
    """
    base = multimodel_base()
    return replace(
        base,
        model=replace(base.model, width=256, expert_width=256, num_experts=16, experts_per_token=4),
        optimizer=OptimizerHParams(warmup_steps=1000),
        train=replace(base.train, steps=20_000),
    )


@registry.register_hparams
def multimodel_tiny() -> HParams:
    """D 128, F 512, 10 experts of which 2: tests and first tries on a CPU.

    Source: widths Tensor2Tensor's `multimodel_tiny`. Not measured.
    """
    base = multimodel_base()
    return replace(
        base,
        model=replace(base.model, width=128, expert_width=512, num_experts=10),
        optimizer=OptimizerHParams(warmup_steps=1000),
        train=replace(base.train, steps=10_000),
    )


@registry.register_hparams
def multimodel_paper() -> HParams:
    """The paper's model: D 1024, F = D, 240 experts of which 4, dropout 0.4.

    For: weeks of training on many accelerators. Not measured.
    Source: arXiv:1706.05137; optimizer Tensor2Tensor's `multimodel1p8` (Adam 0.85/0.997, clip 2,
    learning rate 1e-4), where the paper gives no values.
    """
    base = multimodel_base()
    return replace(
        base,
        model=ModelHParams(
            width=1024,
            expert_width=1024,
            num_experts=240,
            experts_per_token=4,
            dropout=0.4,
        ),
        optimizer=OptimizerHParams(
            learning_rate=1e-4,
            schedule="constant*linear_warmup",
            warmup_steps=3000,
            beta1=0.85,
            beta2=0.997,
        ),
    )


@registry.register_hparams
def multimodel_demo() -> HParams:
    """The set of `make demo`: tiny, with a vocabulary of 1,024 pieces and a larger learning rate.

    For: the four mini_* directions within minutes on two cores.
    """
    base = multimodel_tiny()
    return replace(
        base,
        model=replace(base.model, attention_dropout=0.0),
        data=DataHParams(vocabulary_size=1024),
        optimizer=OptimizerHParams(learning_rate=2e-3, warmup_steps=300),
        train=TrainHParams(steps=3000),
    )
