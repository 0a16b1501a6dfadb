"""Studies: runs that differ in one thing, tables over them, and what they show."""

from t2t_mm.study.definition import Cell as Cell
from t2t_mm.study.definition import Claim as Claim
from t2t_mm.study.definition import Row as Row
from t2t_mm.study.definition import Study as Study
from t2t_mm.study.definition import Table as Table
from t2t_mm.study.loading import load_study as load_study
from t2t_mm.study.study_runner import run_study as run_study
