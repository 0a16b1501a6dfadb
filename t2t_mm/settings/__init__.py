"""The records of settings, and what may stand over them: gin, `--hparams`, JSON.

A set of settings is written as a difference from another:

    from dataclasses import replace
    from t2t_mm import registry

    @registry.register_hparams
    def multimodel_mine():
        base = registry.hparams("multimodel_tiny")
        return replace(base, model=replace(base.model, width=64))
"""

from t2t_mm.settings.decode_section import DecodeHParams as DecodeHParams
from t2t_mm.settings.model_sections import ExpertHParams as ExpertHParams
from t2t_mm.settings.model_sections import ModalityHParams as ModalityHParams
from t2t_mm.settings.model_sections import ModelHParams as ModelHParams
from t2t_mm.settings.sections import SECTIONS as SECTIONS
from t2t_mm.settings.sections import DataHParams as DataHParams
from t2t_mm.settings.sections import HParams as HParams
from t2t_mm.settings.sections import MixtureHParams as MixtureHParams
from t2t_mm.settings.sections import OptimizerHParams as OptimizerHParams
from t2t_mm.settings.sections import TrainHParams as TrainHParams
