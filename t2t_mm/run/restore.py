"""From a run's folder to the trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Semaphore
from typing import Any

from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.checkpoint import WEIGHTS, Checkpoint, find_checkpoint
from t2t_mm.run.jax_process import prepare_jax
from t2t_mm.run.named_variables import name_variables, restore_variables
from t2t_mm.run.run_directory import Run, check_vocabularies
from t2t_mm.run.side_by_side import count_at_once
from t2t_mm.run.task import Task, build_model, load_task_vocabularies


@dataclass(frozen=True)
class RestoredModel:
    """A model with the weights of one checkpoint.

    Args:
        model: Built and restored.
        vocabularies: By name, from the run's own folder.
        step: Updates that the weights have seen.
        turns: To hold while the model computes: by as many threads as there are cores for.
    """

    model: MultiModel
    vocabularies: Mapping[str, Vocabulary]
    step: int
    turns: Any = field(
        default_factory=lambda: Semaphore(count_at_once()), repr=False, compare=False
    )

    def read_again(self, checkpoint: Checkpoint) -> RestoredModel:
        """Read another checkpoint of the run into the same model, whose traces stay.

        Raises:
            UserError: It is damaged or gone; the weights are then of no checkpoint.
        """
        _read_weights(self.model, checkpoint)
        return replace(self, step=checkpoint.step)


def restore_model(
    run: Run, checkpoint_path: str | Path = "", tasks: Sequence[Task] = ()
) -> RestoredModel:
    """Build the run's model and read its best checkpoint, or the one named.

    Args:
        run: As its folder describes it.
        checkpoint_path: A checkpoint's folder; empty: the best, else the newest.
        tasks: Those that the model is for; it has no nets that only others use. Empty: all of the
            run.

    Raises:
        UserError: No checkpoint, or it does not fit the settings or vocabularies; or too few
            devices for its experts.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> restored = restore_model(open_run("demo/run"))
        >>> restored.step, sorted(restored.vocabularies)
        (4, ['mini_kinds', 'shared'])
    """
    prepare_expert_devices(run.hparams.experts.mesh_shape)  # before TensorFlow starts
    if not is_on_tensorflow():
        prepare_jax(apart_from=[run.directory])
    checkpoint = find_checkpoint(run.directory, checkpoint_path)
    tasks = tasks or run.tasks
    vocabularies = load_task_vocabularies(tasks, run.directory)
    check_vocabularies(run, vocabularies, run.directory)
    model = build_model(tasks, vocabularies, run.hparams, len(run.tasks))
    _read_weights(model, checkpoint)
    return RestoredModel(model, vocabularies, checkpoint.step)


def _read_weights(model: MultiModel, checkpoint: Checkpoint) -> None:
    restore_variables(checkpoint.path / WEIGHTS, name_variables(model.variables, model.row_names))
