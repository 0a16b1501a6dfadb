"""t2t-avg-all: average the last checkpoints of a run; what comes out is a run that decodes."""

from __future__ import annotations

from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.run import keras_backend


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("model_dir", "", "The run whose checkpoints are averaged.")
    flags.DEFINE_path("output_dir", "", "Where the averages go, as a run of their own.")
    flags.DEFINE_integer(
        "n",
        8,
        "Checkpoints in an average; of a run that kept fewer, all but a best one of long before.",
        lower_bound=1,
    )
    flags.DEFINE_integer("min_steps", 0, "Leave out checkpoints before this step.", lower_bound=0)
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Your own kinds of features; default: the run's.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    missing = [f"--{name}" for name in ("model_dir", "output_dir") if not getattr(flags, name)]
    if missing:
        raise UserError(f"{' and '.join(missing)} must be given", fix="See t2t-avg-all --help.")
    keras_backend.choose_backend()
    command.import_tensorflow()
    from t2t_mm.run.averaging import average_checkpoints

    command.import_user_modules(flags.t2t_usr_dir)
    written = average_checkpoints(
        flags.model_dir, flags.output_dir, n=flags.n, min_steps=flags.min_steps
    )
    for one in written:
        print(f"{one.path}: the mean of steps {', '.join(map(str, one.steps))}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-avg-all", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
