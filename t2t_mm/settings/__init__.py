"""The records of settings, and what may stand over them: gin, `--hparams`, JSON.

A set of settings is written as a difference from another:

    from dataclasses import replace
    from t2t_mm import registry

    @registry.register_hparams
    def multimodel_mine():
        base = registry.hparams("multimodel_tiny")
        return replace(base, model=replace(base.model, width=64))
"""

from t2t_mm.settings.model_sections import ExpertHParams, ModalityHParams, ModelHParams
from t2t_mm.settings.sections import (
    SECTIONS,
    DataHParams,
    DecodeHParams,
    HParams,
    OptimizerHParams,
    TrainHParams,
)

__all__ = [
    "SECTIONS",
    "DataHParams",
    "DecodeHParams",
    "ExpertHParams",
    "HParams",
    "ModalityHParams",
    "ModelHParams",
    "OptimizerHParams",
    "TrainHParams",
]
