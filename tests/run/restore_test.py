"""A restored model is the trained one; a checkpoint of other shapes is refused."""

import dataclasses
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from seals import change_sealed
from tiny_run import STEPS, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.run.named_variables import name_variables
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run

FIXTURE = Path(__file__).parents[1] / "fixtures" / "run_of_0_1_0.tar.xz"


def test_the_best_checkpoint_is_read(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = Path(shutil.copytree(tiny_run.output_dir, tmp_path / "run"))
    checkpoints = run / "checkpoints"
    change_sealed(checkpoints / f"{STEPS:08d}" / "state.json", lambda s: s.update(best_step=10))
    restored = restore_model(open_run(run))
    assert restored.step == 10
    with np.load(checkpoints / "00000010" / "weights.npz") as arrays:
        named = name_variables(restored.model.variables, restored.model.row_names)
        assert set(arrays.files) == named.keys()
        for name, variable in named.items():
            np.testing.assert_array_equal(variable, arrays[name])


@pytest.mark.parametrize(
    ("problem", "absent"),
    [("mini_ende", {"image", "categorical_mini_kinds"}), ("mini_image", {"mixer", "decoder"})],
)
def test_nets_that_only_other_problems_use_are_left_out(
    problem: str, absent: set[str], tmp_path: Path
) -> None:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    run = open_run(tmp_path / "run")
    whole, some = (restore_model(run, tasks=one).model for one in ([], [run.task(problem)]))
    arrays = {variable.path: np.asarray(variable) for variable in whole.trainable_variables}
    parts = {path.split("/")[1] for path in arrays}
    assert absent <= parts
    left = some.trainable_variables
    assert {variable.path.split("/")[1] for variable in left} <= parts - absent
    for variable in left:
        if variable.shape == arrays[variable.path].shape:  # not the table of commands
            np.testing.assert_array_equal(variable, arrays[variable.path])


def test_settings_that_do_not_fit_the_checkpoint_are_refused(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    wider = dataclasses.replace(run.hparams, model=dataclasses.replace(run.hparams.model, width=64))
    with pytest.raises(UserError, match=r"has shape .*, the model expects"):
        restore_model(dataclasses.replace(run, hparams=wider))
