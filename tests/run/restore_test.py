"""A restored model is the trained one; a checkpoint of other shapes is refused."""

import dataclasses

import numpy as np
import pytest
from tiny_run import TinyRun

from t2t_mm.errors import UserError
from t2t_mm.run.named_variables import name_variables
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run


def test_the_best_checkpoint_is_read(tiny_run: TinyRun) -> None:
    restored = restore_model(open_run(tiny_run.output_dir))
    path = tiny_run.output_dir / "checkpoints" / f"{restored.step:08d}" / "weights.npz"
    with np.load(path) as arrays:
        named = name_variables(restored.model.variables, restored.model.row_names)
        assert set(arrays.files) == named.keys()
        for name, variable in named.items():
            np.testing.assert_array_equal(variable, arrays[name])


def test_settings_that_do_not_fit_the_checkpoint_are_refused(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    wider = dataclasses.replace(run.hparams, model=dataclasses.replace(run.hparams.model, width=64))
    with pytest.raises(UserError, match=r"has shape .*, the model expects"):
        restore_model(dataclasses.replace(run, hparams=wider))
