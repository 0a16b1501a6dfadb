"""`train`: the Python form of `t2t-trainer`; it chooses the backend before Keras is imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from t2t_mm.files.quiet_start import import_tensorflow
from t2t_mm.random_state import keep_random_state
from t2t_mm.run.keras_backend import take_backend
from t2t_mm.settings import HParams
from t2t_mm.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from t2t_mm.run.run_directory import Run
    from t2t_mm.training.dry_run import TrainingPlan


def train(
    problems: str | Sequence[str],
    *,
    hparams: HParams,
    data_dir: str | Path,
    output_dir: str | Path,
    tmp_dir: str | Path = "",
    backend: str = "",
    options: TrainingOptions | None = None,
) -> Run:
    """Train one MultiModel on `problems`; the same call goes on with an unfinished run.

    The Python form of `t2t-trainer`.

    Args:
        problems: Names, globs or groups, as `--problems` takes them.
        hparams: The settings, as `registry.hparams(name)` or `load_hparams` give them.
        data_dir: Generated data and vocabularies.
        output_dir: The run's folder; made if need be.
        tmp_dir: Raw files, where data is generated.
        backend: "tensorflow" or "jax", see `choose_backend`; a run may go on on the other.
        options: What belongs to this call only; by default as `TrainingOptions()`.

    Returns:
        The run, as its folder describes it.

    Raises:
        UserError: Bad names, settings, data or folders, or Keras is loaded already with another
            backend; nothing was lost.
        KeyboardInterrupt: Ctrl-C, after a checkpoint.

    Example:
        >>> from t2t_mm.registry import load_hparams
        >>> small = "width=8,encoder_blocks=1,mixer_blocks=0,decoder_blocks=1,steps=1"
        >>> hparams = load_hparams("multimodel_tiny", overrides=small)
        >>> options = TrainingOptions(generate=True, evaluate=False)
        >>> run = train("mini_ende", hparams=hparams, data_dir="demo/data", output_dir="short",
        ...             options=options)
        >>> run.task("mini_ende").command
        'de'
    """
    with take_backend(backend, output_dir):
        import_tensorflow()
        from t2t_mm.training.trainer import train_run  # imports Keras

        with keep_random_state():
            return train_run(
                problems,
                hparams,
                data_dir=Path(data_dir),
                output_dir=Path(output_dir),
                tmp_dir=tmp_dir,
                options=options or TrainingOptions(),
            )


def plan(
    problems: str | Sequence[str],
    *,
    hparams: HParams,
    data_dir: str | Path,
    output_dir: str | Path,
    tmp_dir: str | Path = "",
    backend: str = "",
    options: TrainingOptions | None = None,
) -> TrainingPlan:
    """Say what `train` with the same arguments would give each problem; nothing is trained.

    Batches are read, and a few steps of each problem are made and forgotten. Of a run that is there
    it is what is left; its folder stays as it is.

    Args:
        problems: As for `train`.
        hparams: As for `train`.
        data_dir: As for `train`.
        output_dir: As for `train`; it need not exist.
        tmp_dir: As for `train`.
        backend: As for `train`.
        options: As for `train`; nothing is evaluated.

    Raises:
        UserError: As `train`.

    Example:
        >>> from t2t_mm.registry import load_hparams
        >>> small = "width=8,encoder_blocks=1,mixer_blocks=0,decoder_blocks=1,steps=10"
        >>> hparams = load_hparams("multimodel_tiny", overrides=small)
        >>> found = plan("mini_ende", hparams=hparams, data_dir="demo/data", output_dir="planned")
        >>> found.problems["mini_ende"].batches
        10
    """
    with take_backend(backend, output_dir):
        import_tensorflow()
        from t2t_mm.training.trainer import plan_run  # imports Keras

        with keep_random_state():
            return plan_run(
                problems,
                hparams,
                data_dir=Path(data_dir),
                output_dir=Path(output_dir),
                tmp_dir=tmp_dir,
                options=options or TrainingOptions(),
            )
