"""Names for problems, kinds of features, modalities, hparams sets and groups of problems.

A problem's name is `NAME`, `NAME/ARGUMENT` where the class takes an argument (as in
`text2text_files/en-de`), and either with `_rev` at the end: the same text-to-text problem with
inputs and targets exchanged, reading the same generated data.
"""

from t2t_mm.registry.hparams_sets import hparams, load_hparams
from t2t_mm.registry.lookup import (
    group_names,
    hparams_names,
    import_user_modules,
    is_problem_name,
    modality,
    problem,
    problem_class,
    problem_names,
)
from t2t_mm.registry.problem_lists import expand_problems
from t2t_mm.registry.registration import (
    GROUPS,
    HPARAMS,
    KINDS,
    MODALITIES,
    PROBLEMS,
    Group,
    register_feature_kind,
    register_group,
    register_hparams,
    register_modality,
    register_problem,
    snake_case,
)
from t2t_mm.registry.tables import Registry

__all__ = [
    "GROUPS",
    "HPARAMS",
    "KINDS",
    "MODALITIES",
    "PROBLEMS",
    "Group",
    "Registry",
    "expand_problems",
    "group_names",
    "hparams",
    "hparams_names",
    "import_user_modules",
    "is_problem_name",
    "load_hparams",
    "modality",
    "problem",
    "problem_class",
    "problem_names",
    "register_feature_kind",
    "register_group",
    "register_hparams",
    "register_modality",
    "register_problem",
    "snake_case",
]
