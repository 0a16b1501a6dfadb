"""t2t-trainer: train one MultiModel on one or more problems; repeat the command to go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    from t2t_mm.training.training_options import TrainingOptions

_SCHEDULES = ("train", "train_and_evaluate", "evaluate", "test")


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_string("problems", "", "Problems to train on: names, globs, groups, by commas.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("model", "multimodel", "The model; there is one: multimodel.")
    flags.DEFINE_string("hparams_set", "multimodel_base", "Registered set of settings.")
    flags.DEFINE_string("hparams", "", "Overrides: 'model.width=256,train.steps=1000'.")
    flags.DEFINE_multi_path("gin_file", [], "Gin overlay; may be repeated.")
    flags.DEFINE_multi_string("gin_param", [], "Gin binding; may be repeated.")
    flags.DEFINE_path("data_dir", "", "Generated data and vocabularies.")
    flags.DEFINE_path("output_dir", "", "The run: settings, logs, checkpoints.")
    flags.DEFINE_path("tmp_dir", "", "Raw files, for --generate_data.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Folder, file or package of your own problems.")
    flags.DEFINE_bool("generate_data", False, "Generate the data that is not there yet.")
    flags.DEFINE_integer(
        "train_steps",
        None,
        "Updates; beats train.steps. The warm-up of a set is then at most a fifth of them.",
        lower_bound=1,
    )
    flags.DEFINE_integer(
        "eval_steps", 0, "Batches per evaluation; 0 for the whole split.", lower_bound=0
    )
    flags.DEFINE_integer("eval_every", None, "Steps between evaluations.", lower_bound=1)
    _define_saving(flags)
    flags.DEFINE_integer("random_seed", None, "Seed of weights, data order and mixture.")
    flags.DEFINE_bool("deterministic", None, "Same numbers to the last bit at every run.")
    flags.DEFINE_bool("jit_compile", None, "Compile TensorFlow's step by XLA, as for GPUs.")
    command.define_backend(flags)
    flags.DEFINE_path(
        "compile_cache", "", "JAX's compiled programs; default: ~/.cache/t2t_mm/jax; or none."
    )
    flags.DEFINE_string("dtype_policy", None, "model.precision as Keras calls it: mixed_bfloat16.")
    flags.DEFINE_bool("compile_only", False, "Only compile JAX's programs, for a later start.")
    flags.DEFINE_bool("dry_run", False, "Only print what each problem would get, and its cost.")
    flags.DEFINE_bool("json", False, "Print that of --dry_run as JSON and nothing else.")
    flags.DEFINE_enum(
        "schedule",
        "train_and_evaluate",
        _SCHEDULES,
        "What to do; evaluate and test score a trained run on its validation or test split.",
    )
    _define_warm_start(flags)
    flags.DEFINE_bool("profile", False, "Record five steps for TensorBoard's profiler.")
    flags.DEFINE_bool("registry_help", False, "List what is registered and leave.")


def _define_warm_start(flags: Any) -> None:
    flags.DEFINE_path(
        "warm_start_from",
        "",
        "A trained run, or one of its checkpoints, whose weights a new run begins with; and its "
        "settings, unless --hparams_set is given.",
    )
    flags.DEFINE_string(
        "freeze", None, "Regular expression of names of variables that stay as they are."
    )


def _define_saving(flags: Any) -> None:
    """Declare when checkpoints are written, how, and when training ends before its last step."""
    flags.DEFINE_integer("checkpoint_every", None, "Steps between checkpoints.", lower_bound=1)
    flags.DEFINE_integer("keep_checkpoint_max", None, "Checkpoints to keep.", lower_bound=1)
    flags.DEFINE_bool("verify", False, "Compare the checksums of all data first, changed or not.")
    flags.DEFINE_bool("verify_checkpoints", False, "Read each checkpoint back from the disk.")
    flags.DEFINE_bool(
        "save_in_background", False, "JAX: write checkpoints from a copy while training goes on."
    )
    flags.DEFINE_integer(
        "early_stopping_steps",
        0,
        "Stop when the metric has not got better by the delta within so many steps; 0: never.",
        lower_bound=0,
    )
    flags.DEFINE_string(
        "early_stopping_metric",
        "log_perplexity",
        "log_perplexity, accuracy or sequence_accuracy: the mean, or PROBLEM/METRIC.",
    )
    flags.DEFINE_float("early_stopping_delta", 0.1, "What counts as better.", lower_bound=0)


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if flags.registry_help:
        from t2t_mm.bin.t2t_registry import print_names

        command.import_user_modules(flags.t2t_usr_dir)
        print_names()
        return 0
    _require_flags(flags, "output_dir")
    if flags.model != "multimodel":
        raise UserError("Unknown model", expected="multimodel", received={"model": flags.model})
    if flags.schedule in ("evaluate", "test"):
        return _evaluate_run(flags)
    _require_flags(flags, "problems", "data_dir")
    return _train_run(flags)


def _train_run(flags: Any) -> int:
    from t2t_mm import registry
    from t2t_mm.data.declaring.own_folders import find_own_problems
    from t2t_mm.registry import load_hparams

    command.choose_backend(flags)
    command.import_user_modules(flags.t2t_usr_dir)  # they may register hparams sets, too
    own = find_own_problems(flags.data_dir, flags.tmp_dir if flags.generate_data else "")
    problems = registry.expand_problems(flags.problems, own=own)
    hparams = load_hparams(
        _choose_base(flags),
        gin_files=flags.gin_file,
        gin_params=flags.gin_param,
        overrides=flags.hparams,
        fields=_collect_fields(flags),
        problems=problems,
    )
    command.import_tensorflow()
    from t2t_mm.training.train import plan, train

    call = plan if flags.dry_run else train
    found = call(
        flags.problems,
        hparams=hparams,
        data_dir=flags.data_dir,
        output_dir=flags.output_dir,
        tmp_dir=flags.tmp_dir,
        backend=flags.backend,
        options=_collect_options(flags),
    )
    if flags.dry_run:
        _print_plan(found, flags.json)
    return 0


def _collect_options(flags: Any) -> TrainingOptions:
    """Return what belongs to this call only."""
    from t2t_mm.training.early_stopping import EarlyStopping
    from t2t_mm.training.training_options import TrainingOptions

    return TrainingOptions(
        generate=flags.generate_data,
        t2t_usr_dir=flags.t2t_usr_dir,
        eval_steps=flags.eval_steps,
        evaluate=flags.schedule == "train_and_evaluate",
        compile_cache=flags.compile_cache,
        compile_only=flags.compile_only,
        warm_start_from=flags.warm_start_from,
        profile=flags.profile,
        verify=flags.verify,
        verify_checkpoints=flags.verify_checkpoints,
        save_in_background=flags.save_in_background,
        early_stopping=EarlyStopping(
            flags.early_stopping_steps,
            flags.early_stopping_metric,
            flags.early_stopping_delta,
        ),
    )


def _choose_base(flags: Any) -> Any:
    """Return the set of settings; of a warm start the run's own, or those of the run it is from."""
    if not flags.warm_start_from or flags.gives("hparams_set"):
        return flags.hparams_set
    from t2t_mm.run.checkpoint import CheckpointStore
    from t2t_mm.run.run_settings import read_settings

    has_begun = CheckpointStore(Path(flags.output_dir)).find_latest() is not None
    return read_settings(flags.output_dir if has_begun else flags.warm_start_from)


def _print_plan(plan: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(plan.to_json()))
        return
    from t2t_mm.bin.plan_table import print_plan

    print_plan(plan)


def _evaluate_run(flags: Any) -> int:
    command.choose_backend(flags)
    command.import_tensorflow()
    from t2t_mm.bin.score_table import print_scores
    from t2t_mm.evaluation.evaluation import evaluate
    from t2t_mm.evaluation.evaluation_options import EvaluationOptions

    scores = evaluate(
        flags.output_dir,
        problems=flags.problems,
        split="test" if flags.schedule == "test" else "validation",
        data_dir=flags.data_dir,
        options=EvaluationOptions(t2t_usr_dir=flags.t2t_usr_dir),
    )
    print_scores(scores, flags.output_dir)
    return 0


def _collect_fields(flags: Any) -> dict[str, Any]:
    """Return the fields whose own flags are given; they beat --hparams."""
    fields = {
        "train.steps": flags.train_steps,
        "train.eval_every": flags.eval_every,
        "train.checkpoint_every": flags.checkpoint_every,
        "train.keep_checkpoint_max": flags.keep_checkpoint_max,
        "train.seed": flags.random_seed,
        "train.deterministic": flags.deterministic,
        "train.jit_compile": flags.jit_compile,
        "model.precision": flags.dtype_policy,
        "optimizer.freeze": flags.freeze,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _require_flags(flags: Any, *names: str) -> None:
    missing = [f"--{name}" for name in names if not getattr(flags, name)]
    if missing:
        raise UserError(f"{' and '.join(missing)} must be given", fix="See t2t-trainer --help.")


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-trainer", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
