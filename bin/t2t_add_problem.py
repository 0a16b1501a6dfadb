"""t2t-add-problem: graft new problems onto a trained run; the new run then trains as any other.

The trained run stays as it is. Before training, the new one answers every old problem as that does,
which is shown on held-out examples. The exit code is 1 where an answer has changed.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.run import keras_backend
from t2t_mm.run.run_settings import find_run_folder

if TYPE_CHECKING:
    from t2t_mm.run.run_directory import Run
    from t2t_mm.settings import HParams

_ENTRY_STEPS = 1000


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("warm_start_from", "", "The trained run, or one of its checkpoints.")
    flags.DEFINE_string("problems", "", "The new problems: names, globs, groups, by commas.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_path("output_dir", "", "The new run.")
    flags.DEFINE_path("data_dir", "", "Generated data; default: where the trained run has its.")
    flags.DEFINE_path("tmp_dir", "", "Raw files, for --generate_data.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Folder, file or package of your own problems.")
    flags.DEFINE_bool("generate_data", False, "Generate the data that is not there yet.")
    flags.DEFINE_integer(
        "num_experts",
        None,
        "Experts of each mixture, more than there are; the new ones come in over the batches of "
        f"experts.entry_steps ({_ENTRY_STEPS}, unless --hparams says otherwise).",
        lower_bound=1,
    )
    flags.DEFINE_string("hparams", "", "What to change of the run's settings: 'train.steps=500'.")
    command.define_backend(flags)
    flags.DEFINE_bool("json", False, "Print the report as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    needed = ("warm_start_from", "problems", "output_dir")
    if missing := [f"--{name}" for name in needed if not getattr(flags, name)]:
        raise UserError(f"{' and '.join(missing)} must be given", fix="See t2t-add-problem --help.")
    keras_backend.choose_backend(flags.backend, find_run_folder(flags.warm_start_from))
    command.import_user_modules(flags.t2t_usr_dir)
    hparams = _change_settings(flags)
    from t2t_mm.training.add_problem import add_problem
    from t2t_mm.training.training_options import TrainingOptions

    made = add_problem(
        flags.problems,
        output_dir=flags.output_dir,
        data_dir=flags.data_dir,
        tmp_dir=flags.tmp_dir,
        hparams=hparams,
        backend=flags.backend,
        options=TrainingOptions(
            generate=flags.generate_data,
            t2t_usr_dir=flags.t2t_usr_dir,
            warm_start_from=flags.warm_start_from,
        ),
    )
    if flags.json:
        print(json.dumps(made.to_json()))
    else:
        print("\n".join(made.describe()))
        print(f"train it: {compose_command(made.run)}")
    return 0 if made.is_unmoved else 1


def _change_settings(flags: Any) -> HParams:
    """Return the settings of the trained run with what the flags change of them."""
    from t2t_mm.registry import load_hparams
    from t2t_mm.run.run_settings import read_settings

    base = read_settings(flags.warm_start_from)
    fields: dict[str, int] = {}
    if flags.num_experts is not None:
        fields = {"experts.num_experts": flags.num_experts}
        if not base.experts.entry_steps and "entry_steps" not in flags.hparams:
            fields["experts.entry_steps"] = _ENTRY_STEPS
    return load_hparams(base, overrides=flags.hparams, fields=fields)


def compose_command(run: Run) -> str:
    """Return the line that trains a run that was made of another."""
    words = {
        "warm_start_from": run.warm_start["run"],
        "problems": ",".join(task.name for task in run.tasks),
        "data_dir": run.data_dir,
        "output_dir": run.directory,
    }
    own = [("t2t_usr_dir", module) for module in run.user_modules]
    given = (f"--{name}={shlex.quote(str(value))}" for name, value in [*words.items(), *own])
    return " ".join(["t2t-trainer", *given])


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-add-problem", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
