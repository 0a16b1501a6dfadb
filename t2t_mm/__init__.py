"""t2t_mm: one MultiModel that learns many problems of many modalities at once.

The public names below are imported when they are first used, so that `import t2t_mm` is quick,
silent and free of TensorFlow.
"""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from t2t_mm import registry as registry
    from t2t_mm.data.declaring.problem import Problem as Problem
    from t2t_mm.data.generation.datagen import generate_data as datagen
    from t2t_mm.data.generation.generation_options import GenerationOptions as GenerationOptions
    from t2t_mm.data.kinds.feature_kind import FeatureKind as FeatureKind
    from t2t_mm.data.kinds.feature_kind import Medium as Medium
    from t2t_mm.errors import UserError as UserError
    from t2t_mm.evaluation.comparison import compare as compare
    from t2t_mm.evaluation.continuous import evaluate_continuously as evaluate_continuously
    from t2t_mm.evaluation.evaluation import evaluate as evaluate
    from t2t_mm.evaluation.evaluation_options import EvaluationOptions as EvaluationOptions
    from t2t_mm.features import Audio as Audio
    from t2t_mm.features import BatchSpec as BatchSpec
    from t2t_mm.features import Categorical as Categorical
    from t2t_mm.features import Feature as Feature
    from t2t_mm.features import Image as Image
    from t2t_mm.features import Language as Language
    from t2t_mm.inference.decode import decode as decode
    from t2t_mm.inference.decoding_options import DecodingOptions as DecodingOptions
    from t2t_mm.inference.export import export as export
    from t2t_mm.inference.loaded_run import load as load
    from t2t_mm.modalities.base import Modality as Modality
    from t2t_mm.modalities.base import Positions as Positions
    from t2t_mm.playground.play import play as play
    from t2t_mm.registry.description import describe as describe
    from t2t_mm.registry.hparams_sets import load_hparams as load_hparams
    from t2t_mm.report.page import report as report
    from t2t_mm.run.averaging import average_checkpoints as average_checkpoints
    from t2t_mm.scoring.translation import score_translation as score_translation
    from t2t_mm.settings.sections import HParams as HParams
    from t2t_mm.study.study_runner import run_study as run_study
    from t2t_mm.training.add_problem import add_problem as add_problem
    from t2t_mm.training.problem_check import check_problem as check
    from t2t_mm.training.train import train as train
    from t2t_mm.training.training_options import TrainingOptions as TrainingOptions

__version__ = "0.2.0.dev0"

__all__ = [
    "Audio",
    "BatchSpec",
    "Categorical",
    "DecodingOptions",
    "EvaluationOptions",
    "Feature",
    "FeatureKind",
    "GenerationOptions",
    "HParams",
    "Image",
    "Language",
    "Medium",
    "Modality",
    "Positions",
    "Problem",
    "TrainingOptions",
    "UserError",
    "__version__",
    "add_problem",
    "average_checkpoints",
    "check",
    "compare",
    "datagen",
    "decode",
    "describe",
    "evaluate",
    "evaluate_continuously",
    "export",
    "load",
    "load_hparams",
    "play",
    "registry",
    "report",
    "run_study",
    "score_translation",
    "train",
]

# Public name -> "module" or "module:attribute".
_LAZY_NAMES = {
    "Audio": "t2t_mm.features:Audio",
    "BatchSpec": "t2t_mm.features:BatchSpec",
    "Categorical": "t2t_mm.features:Categorical",
    "DecodingOptions": "t2t_mm.inference.decoding_options:DecodingOptions",
    "EvaluationOptions": "t2t_mm.evaluation.evaluation_options:EvaluationOptions",
    "Feature": "t2t_mm.features:Feature",
    "FeatureKind": "t2t_mm.data.kinds.feature_kind:FeatureKind",
    "GenerationOptions": "t2t_mm.data.generation.generation_options:GenerationOptions",
    "HParams": "t2t_mm.settings.sections:HParams",
    "Image": "t2t_mm.features:Image",
    "Language": "t2t_mm.features:Language",
    "Medium": "t2t_mm.data.kinds.feature_kind:Medium",
    "Modality": "t2t_mm.modalities.base:Modality",
    "Positions": "t2t_mm.modalities.base:Positions",
    "Problem": "t2t_mm.data.declaring.problem:Problem",
    "TrainingOptions": "t2t_mm.training.training_options:TrainingOptions",
    "UserError": "t2t_mm.errors:UserError",
    "add_problem": "t2t_mm.training.add_problem:add_problem",
    "check": "t2t_mm.training.problem_check:check_problem",
    "average_checkpoints": "t2t_mm.run.averaging:average_checkpoints",
    "compare": "t2t_mm.evaluation.comparison:compare",
    "datagen": "t2t_mm.data.generation.datagen:generate_data",
    "decode": "t2t_mm.inference.decode:decode",
    "describe": "t2t_mm.registry.description:describe",
    "evaluate": "t2t_mm.evaluation.evaluation:evaluate",
    "evaluate_continuously": "t2t_mm.evaluation.continuous:evaluate_continuously",
    "export": "t2t_mm.inference.export:export",
    "load": "t2t_mm.inference.loaded_run:load",
    "load_hparams": "t2t_mm.registry.hparams_sets:load_hparams",
    "play": "t2t_mm.playground.play:play",
    "registry": "t2t_mm.registry",
    "report": "t2t_mm.report.page:report",
    "run_study": "t2t_mm.study.study_runner:run_study",
    "score_translation": "t2t_mm.scoring.translation:score_translation",
    "train": "t2t_mm.training.train:train",
}

# Those whose modules import TensorFlow, which then starts as quietly as in the commands.
_ON_TENSORFLOW = frozenset(
    {"datagen", "decode", "evaluate", "evaluate_continuously", "export", "load", "play"}
)


def _bridge_checkout() -> None:
    """Let `t2t_mm.problems`, `.hparams` and `.bin` be found in a checkout that is not installed.

    There the three folders lie beside this one, at the root of the repository.
    """
    root = Path(__file__).resolve().parent.parent
    is_checkout = (root / "setup.py").is_file() and (root / "problems/__init__.py").is_file()
    if is_checkout and str(root) not in __path__:
        __path__.append(str(root))


def __getattr__(name: str) -> object:
    target = _LAZY_NAMES.get(name)
    if target is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _ON_TENSORFLOW:
        from t2t_mm.files.quiet_start import import_tensorflow

        import_tensorflow()
    module_name, _, attribute = target.partition(":")
    from t2t_mm.lent_backend import lend_backend

    with lend_backend():
        module = importlib.import_module(module_name)
    value: object = getattr(module, attribute) if attribute else module
    if isinstance(value, types.FunctionType):
        from t2t_mm.argument_types import check_argument_types

        value = check_argument_types(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_LAZY_NAMES))


_bridge_checkout()
