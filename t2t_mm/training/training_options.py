"""What belongs to one call of `train` and not to the run: where problems are, what is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from t2t_mm.errors import UserError, check_count
from t2t_mm.training.early_stopping import EarlyStopping


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """What `train` may be told; `t2t-trainer` has a flag for each.

    Args:
        generate: Generate the data that is not there yet.
        t2t_usr_dir: Folders, files or packages that register problems.
        eval_steps: Batches of an evaluation during training; 0 for the whole validation split.
        evaluate: Score the validation splits every `train.eval_every` steps.
        compile_cache: Where JAX keeps compiled programs: a folder, or "none"; by default
            `t2t_mm/jax` in the user's own cache folder.
        compile_only: Only compile what training runs on JAX, so that it starts quickly later.
        warm_start_from: A trained run, or one of its checkpoints, whose weights a new run begins
            with; of a run that has begun already it is not read.
        profile: Record a few steps for TensorBoard's profiler, in the run's `tensorboard` folder.
        verify_checkpoints: Read each checkpoint back before it takes its place.
        verify: Compare the checksums of all data before training, changed or not.
        save_in_background: On JAX, write checkpoints from a copy on the host while training goes
            on.
        early_stopping: Training ends when it no longer gets better.

    Raises:
        UserError: Batches of an evaluation are given, but nothing is evaluated; or programs are
            compiled only, but not kept, or for a run that would begin with them.

    Example:
        >>> TrainingOptions(generate=True).evaluate
        True
    """

    generate: bool = False
    t2t_usr_dir: str | Sequence[str] = ()
    eval_steps: int = 0
    evaluate: bool = True
    compile_cache: str = ""
    compile_only: bool = False
    warm_start_from: str = ""
    profile: bool = False
    verify_checkpoints: bool = False
    verify: bool = False
    save_in_background: bool = False
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)

    def __post_init__(self) -> None:
        check_count("eval_steps", self.eval_steps)
        if self.eval_steps and not self.evaluate:
            raise UserError(
                "eval_steps counts for nothing where nothing is evaluated",
                received={"eval_steps": self.eval_steps, "evaluate": False},
            )
        if self.early_stopping.steps and not self.evaluate:
            raise UserError(
                "Early stopping looks at evaluations, and there are none",
                received={"early_stopping_steps": self.early_stopping.steps, "evaluate": False},
                fix="Give --schedule=train_and_evaluate.",
            )
        if self.compile_only and self.compile_cache == "none":
            raise UserError(
                "Programs that are not kept are compiled for nothing",
                received={"compile_only": True, "compile_cache": self.compile_cache},
            )
        if self.compile_only and self.warm_start_from:
            raise UserError(
                "A warm start begins a run, and compile_only begins none",
                received={"compile_only": True, "warm_start_from": self.warm_start_from},
                fix="Compile with the settings of that run, without warm_start_from.",
            )
