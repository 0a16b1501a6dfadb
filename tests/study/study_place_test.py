"""All commands of a study are told the same."""

from pathlib import Path

from small_study import STUDY

from t2t_mm.study.cell_run import CellRun
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.study_place import Workplace


def test_all_commands_are_told_where_things_are(tmp_path: Path) -> None:
    place = Workplace(tmp_path, Path("data"), ["mine", "yours"], "jax")
    told = ["--data_dir=data", "--t2t_usr_dir=mine", "--t2t_usr_dir=yours", "--backend=jax"]
    assert place.list_flags() == told
    assert CellRun(check_study(STUDY), "both", 1, place).folder == tmp_path / "cells/both/seed_1"
