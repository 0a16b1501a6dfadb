"""`add_problem`: the Python form of `t2t-add-problem`; it chooses the backend before Keras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from t2t_mm.files.quiet_start import import_tensorflow
from t2t_mm.random_state import keep_random_state
from t2t_mm.run.keras_backend import take_backend
from t2t_mm.run.run_settings import find_run_folder
from t2t_mm.settings import HParams
from t2t_mm.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from t2t_mm.training.warm_start import WarmStart


def add_problem(
    problems: str | Sequence[str],
    *,
    output_dir: str | Path,
    options: TrainingOptions,
    data_dir: str | Path = "",
    tmp_dir: str | Path = "",
    hparams: HParams | None = None,
    backend: str = "",
) -> WarmStart:
    """Make a run of a trained one that can learn more problems; train it as any other.

    The Python form of `t2t-add-problem`.

    Args:
        problems: The new ones: names, globs or groups, as `--problems` takes them.
        output_dir: The new run's folder.
        options: `warm_start_from` names the trained run, which stays as it is.
        data_dir: Generated data; by default where the trained run has its own.
        tmp_dir: Raw files, where data is generated.
        hparams: The new run's settings; by default those of the trained one.
        backend: "tensorflow" or "jax", see `choose_backend`.

    Returns:
        What was loaded, what is new, and whether the old problems' outputs are what they were.

    Raises:
        UserError: A problem is there already, something does not fit, or data is missing; nothing
            was written.

    Example:
        >>> options = TrainingOptions(warm_start_from="demo/run")
        >>> made = add_problem("mini_deen", output_dir="grafted", options=options)
        >>> made.graft.new, made.is_unmoved
        (['multimodel/command.en'], True)
    """
    with take_backend(backend, find_run_folder(options.warm_start_from)):
        import_tensorflow()
        from t2t_mm.training.grafted_problems import graft_problems  # imports Keras

        with keep_random_state():
            return graft_problems(
                problems,
                data_dir=data_dir,
                output_dir=Path(output_dir),
                tmp_dir=tmp_dir,
                hparams=hparams,
                options=options,
            )
