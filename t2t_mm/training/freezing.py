"""Parts of a model that training leaves as they are, by the names that checkpoints show."""

from __future__ import annotations

import re

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.named_variables import name_variables


def freeze_variables(model: MultiModel, pattern: str) -> list[str]:
    """Freeze the variables, and rows of tables, in whose names a pattern is found.

    A layer all of whose variables are frozen keeps its running statistics as well, and normalizes
    by them; so a frozen net computes in training what it computes afterwards.

    Args:
        model: Built; its optimizer is made later, and knows nothing of what is frozen.
        pattern: A regular expression; empty: nothing is frozen.

    Returns:
        The names of what is frozen.

    Raises:
        UserError: The pattern is found in none of the names, or in all.

    Example:
        >>> from t2t_mm.run.restore import restore_model
        >>> from t2t_mm.run.run_directory import open_run
        >>> model = restore_model(open_run("demo/run")).model
        >>> freeze_variables(model, "command|language.*softmax")
        ['multimodel/command.de', 'multimodel/language_shared/softmax']
    """
    if not pattern:
        return []
    trained = name_variables(model.trainable_variables, model.row_names)
    frozen = {name: one for name, one in trained.items() if re.search(pattern, name)}
    if not frozen or len(frozen) == len(trained):
        raise UserError(
            "The pattern of what is frozen is found in "
            + ("all variables: nothing is left to train" if frozen else "no variable"),
            expected="part of names such as " + ", ".join([*trained][:: max(1, len(trained) // 4)]),
            received={"optimizer.freeze": pattern},
        )
    for variable in model.trainable_variables:
        names = [name for name in model.row_names.get(variable.path, [variable.path]) if name]
        is_free = np.array([name not in frozen for name in names])
        if not is_free.any():
            variable.trainable = False
            model.frozen_paths.add(variable.path)
        elif not is_free.all():
            rows = model.row_names[variable.path]
            model.free_rows[variable.path] = np.array([name not in frozen for name in rows])
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and not layer.trainable_weights and not layer._layers:
            layer.trainable = False
            model.frozen_paths.update(weight.path for weight in layer.weights)
    return list(frozen)
