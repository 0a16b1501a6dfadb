"""Names for problems, kinds of features, modalities, hparams sets and groups of problems.

A problem's name is `NAME`, `NAME/ARGUMENT` where the class takes an argument (as in
`text2text_files/en-de`), and either with `_rev` at the end: the same text-to-text problem with
inputs and targets exchanged, reading the same generated data.
"""

from t2t_mm.registry.hparams_sets import hparams as hparams
from t2t_mm.registry.hparams_sets import load_hparams as load_hparams
from t2t_mm.registry.lookup import group_names as group_names
from t2t_mm.registry.lookup import hparams_names as hparams_names
from t2t_mm.registry.lookup import import_user_modules as import_user_modules
from t2t_mm.registry.lookup import is_problem_name as is_problem_name
from t2t_mm.registry.lookup import modality as modality
from t2t_mm.registry.lookup import problem as problem
from t2t_mm.registry.lookup import problem_class as problem_class
from t2t_mm.registry.lookup import problem_names as problem_names
from t2t_mm.registry.problem_lists import expand_problems as expand_problems
from t2t_mm.registry.registration import GROUPS as GROUPS
from t2t_mm.registry.registration import HPARAMS as HPARAMS
from t2t_mm.registry.registration import KINDS as KINDS
from t2t_mm.registry.registration import MODALITIES as MODALITIES
from t2t_mm.registry.registration import PROBLEMS as PROBLEMS
from t2t_mm.registry.registration import RATE_FUNCTIONS as RATE_FUNCTIONS
from t2t_mm.registry.registration import STUDIES as STUDIES
from t2t_mm.registry.registration import Group as Group
from t2t_mm.registry.registration import register_feature_kind as register_feature_kind
from t2t_mm.registry.registration import register_group as register_group
from t2t_mm.registry.registration import register_hparams as register_hparams
from t2t_mm.registry.registration import register_modality as register_modality
from t2t_mm.registry.registration import register_problem as register_problem
from t2t_mm.registry.registration import register_rate_function as register_rate_function
from t2t_mm.registry.registration import register_study as register_study
from t2t_mm.registry.registration import snake_case as snake_case
from t2t_mm.registry.tables import Registry as Registry
