"""From names and settings to a trained run, on the backend that Keras has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras

from t2t_mm import registry
from t2t_mm.data.declaring.own_folders import find_own_problems
from t2t_mm.errors import UserError
from t2t_mm.files.disk import claim_folder, report_full_disk
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices
from t2t_mm.mixing.loss_averages import LossAverages
from t2t_mm.mixing.mixture import Mixture
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.damage import find_whole, set_aside
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.environment import describe_environment, write_environment
from t2t_mm.run.logs import RunLog
from t2t_mm.run.run_directory import (
    Run,
    check_resumable,
    check_vocabularies,
    keep_nets,
    list_absolute,
    open_run,
    write_run,
)
from t2t_mm.run.task import build_model, differ_in_sharing, load_task_vocabularies, make_tasks
from t2t_mm.settings import HParams
from t2t_mm.settings.mesh_shape import check_compilable
from t2t_mm.settings.warm_up import keep_warm_up
from t2t_mm.training.backend import find_backend
from t2t_mm.training.cost import describe_cost
from t2t_mm.training.dry_run import TrainingPlan, plan_training
from t2t_mm.training.freezing import freeze_variables
from t2t_mm.training.introduction import introduce_run
from t2t_mm.training.loop import run_training
from t2t_mm.training.precompiling import compile_programs
from t2t_mm.training.progress import Progress
from t2t_mm.training.run_mixture import accumulate_mixture, describe_mixture, make_mixture
from t2t_mm.training.step_profile import profile_steps
from t2t_mm.training.train_state import TrainState
from t2t_mm.training.training_evaluations import prepare_evaluations
from t2t_mm.training.training_inputs import TrainingInputs, generate_missing, open_inputs
from t2t_mm.training.training_options import TrainingOptions
from t2t_mm.training.warm_start import begin_run, describe_change, find_earlier, lend_vocabularies


def train_run(
    problems: str | Sequence[str],
    hparams: HParams,
    *,
    data_dir: Path,
    output_dir: Path,
    tmp_dir: str | Path,
    options: TrainingOptions,
) -> Run:
    """Train a run; see `training.train.train`."""
    run, inputs = _declare(problems, hparams, data_dir, output_dir, tmp_dir, options)
    source = _find_warm_start(output_dir, options)
    kept = "the last good checkpoint is kept"
    with claim_folder(output_dir, "this run"), report_full_disk(output_dir, kept):
        _pass_over_damaged(output_dir)
        if source:
            told = begin_run(run, source, lambda line: print(line, file=sys.stderr)).describe()
            print("\n".join(told), file=sys.stderr)
        return _find_finished(run, inputs, options) or _train(run, inputs, options)


def plan_run(
    problems: str | Sequence[str],
    hparams: HParams,
    *,
    data_dir: Path,
    output_dir: Path,
    tmp_dir: str | Path,
    options: TrainingOptions,
) -> TrainingPlan:
    """Plan a run, or what is left of one; see `training.train.plan`. Its folder stays as it is."""
    declared, inputs = _declare(problems, hparams, data_dir, output_dir, tmp_dir, options)
    latest = find_whole(CheckpointStore(output_dir), lambda line: print(line, file=sys.stderr))
    run = declared if latest is None else _continue_run(declared, latest.step)
    mixture, state, _ = _begin(run, inputs)
    if latest is not None:
        state.restore(latest)
    run = replace(run, hparams=_bound_steps(run, declared, state.step))
    return plan_training(state, run, mixture, inputs)


def _pass_over_damaged(output_dir: Path) -> None:
    """Let a run go on from its newest checkpoint that is whole; others are set aside, and told."""
    store = CheckpointStore(output_dir)
    if whole := find_whole(store, lambda line: print(line, file=sys.stderr)):
        set_aside(store, whole)


def _find_warm_start(output_dir: Path, options: TrainingOptions) -> str | Path | None:
    """Return the run that a run is to begin with, unless it has begun."""
    has_begun = CheckpointStore(output_dir).find_latest() is not None
    return None if has_begun or not options.warm_start_from else options.warm_start_from


def _declare(
    problems: str | Sequence[str],
    hparams: HParams,
    data_dir: Path,
    output_dir: Path,
    tmp_dir: str | Path,
    options: TrainingOptions,
) -> tuple[Run, TrainingInputs]:
    """Generate data where that is asked for, open it, and describe the run."""
    registry.import_user_modules(options.t2t_usr_dir)
    own = find_own_problems(data_dir, tmp_dir if options.generate else "")
    names = registry.expand_problems(problems, own=own)
    check_compilable(hparams.experts.mesh_shape, hparams.train.jit_compile, "train.jit_compile")
    prepare_expert_devices(hparams.experts.mesh_shape)  # splits the CPU, before TensorFlow starts
    find_backend().prepare_process(hparams.train, options, [output_dir, data_dir])
    keras.utils.set_random_seed(hparams.train.seed)
    if CheckpointStore(output_dir).find_latest() is None:
        hparams.experts.check_gate_is_taught()
    if source := _find_warm_start(output_dir, options):
        lend_vocabularies(source, data_dir)
    if options.generate:
        earlier = find_earlier(output_dir, source)
        generate_missing(names, hparams.data, data_dir=data_dir, tmp_dir=tmp_dir, earlier=earlier)
    inputs = open_inputs(
        names,
        hparams.data,
        data_dir=data_dir,
        tmp_dir=tmp_dir,
        rate_function=hparams.mixture.rate_function,
        verify=options.verify,
    )
    return _describe(inputs, hparams, output_dir, options.t2t_usr_dir), inputs


def _begin(run: Run, inputs: TrainingInputs) -> tuple[Mixture, TrainState, Sequence[str]]:
    """Build a run's mixture, model and backend, and open its streams; also what is frozen."""
    hparams, mixture = run.hparams, Mixture(**run.mixture)
    model = build_model(run.tasks, load_task_vocabularies(run.tasks, inputs.data_dir), hparams)
    frozen = freeze_variables(model, hparams.optimizer.freeze)
    train = accumulate_mixture(hparams.train, mixture)
    backend = find_backend()(model, hparams.optimizer, train)
    buckets = inputs.choose_buckets(hparams, run.tasks) if backend.pads_batches else {}
    losses = LossAverages(hparams.mixture.loss_temperature)
    return mixture, TrainState(backend, inputs.open_streams(hparams, buckets), losses), frozen


def _find_finished(declared: Run, inputs: TrainingInputs, options: TrainingOptions) -> Run | None:
    """Return the run in the folder if it has made all the steps that are asked for, and say so."""
    latest = CheckpointStore(declared.directory).find_latest()
    asked = declared.hparams.train.steps
    if latest is None or latest.step < asked or options.compile_only:
        return None
    if options.evaluate and latest.read_state().get("awaits_evaluation"):
        return None
    run = _continue_run(declared, latest.step)
    run = replace(run, backend=open_run(run.directory).backend)  # that which trained last
    write_run(run, load_task_vocabularies(run.tasks, inputs.data_dir), inputs.data_dir)
    more, steps = "More --train_steps go on with it.", run.hparams.train.steps
    if run.hparams.optimizer.depends_on_total_steps and latest.step < steps:
        more = f"--train_steps={steps} goes on with it."
    elif run.hparams.optimizer.depends_on_total_steps:
        more = "Its rate ends with them: more steps begin anew, in another --output_dir."
    print(
        f"nothing to do: {run.directory} has made {latest.step:,} steps, and {asked:,} are asked "
        f"for. {more}",
        file=sys.stderr,
    )
    return run


@tell_exhaustion(
    "Lower the batches (data.batch_tokens, data.batch_examples), data.shuffle_megabytes or "
    "model.width, or choose a smaller --hparams_set."
)
def _train(declared: Run, inputs: TrainingInputs, options: TrainingOptions) -> Run:
    store = _open_store(declared, options)
    latest = store.find_latest()
    run = declared if latest is None else _continue_run(declared, latest.step)
    hparams = _bound_steps(run, declared, latest.step if latest else 0)
    mixture, state, frozen = _begin(run, inputs)
    backend, model = state.backend, state.backend.model
    if options.compile_only:
        weights = hparams.mixture.loss_weights
        batches = inputs.make_batches(inputs.choose_buckets(hparams, run.tasks))
        compile_programs(backend, run.tasks, batches, print, mixture.most_batches > 1, weights)
        return run
    begun = [] if latest is None else state.restore(latest)
    vocabularies = load_task_vocabularies(run.tasks, inputs.data_dir)
    write_run(run, vocabularies, inputs.data_dir)
    write_environment(run.directory, describe_environment(hparams.train.seed, sys.argv))

    progress = Progress(list(inputs.infos), hparams.train.steps, state.step)
    for line in (*inputs.describe(hparams.data), *describe_mixture(mixture, hparams)):
        progress.note(line)
    present = replace(run, hparams=hparams)
    for line in introduce_run(present, vocabularies, model.count_params(), state.step):
        progress.note(line)
    progress.note(f"trains {backend.describe_device()}")
    if warning := describe_cost(model.count_params(), hparams.train.steps - state.step):
        progress.note(warning)
    if frozen:
        progress.note(f"frozen: {len(frozen):,} variables, {frozen[0]} to {frozen[-1]}")
    if begun and state.step:
        progress.note(f"read in another way than before, so a new pass begins: {', '.join(begun)}")
    for line in _list_kept(run, declared):
        progress.note(line)
    evaluations = prepare_evaluations(run, inputs, backend, options, progress)
    if options.evaluate and state.compare_by(options.eval_steps):
        progress.note("evaluations are of other batches than before: the next counts as the best")
    log = RunLog(run.directory, state.step, state.awaits_evaluation)
    with log, progress, profile_steps(backend, run.directory, progress, options.profile):
        run_training(state, run.tasks, hparams, mixture, store, log, progress, evaluations)
        for line in describe_change(run):
            progress.note(line)
    return run


def _open_store(run: Run, options: TrainingOptions) -> CheckpointStore:
    return CheckpointStore(
        run.directory,
        run.hparams.train.keep_checkpoint_max,
        verifies=options.verify_checkpoints,
        in_background=options.save_in_background,
    )


def _describe(
    inputs: TrainingInputs, hparams: HParams, output_dir: Path, user_modules: Sequence[str]
) -> Run:
    tasks = tuple(make_tasks(inputs.problems, hparams.modality.share))
    vocabularies = load_task_vocabularies(tasks, inputs.data_dir)
    latest = CheckpointStore(output_dir).find_latest()
    has_begun = latest is not None and latest.step > 0
    return Run(
        directory=output_dir,
        hparams=hparams,
        tasks=tasks,
        data_dir=str(inputs.data_dir.absolute()),
        user_modules=tuple(list_absolute(user_modules)),
        vocabulary_hashes={name: v.hash for name, v in vocabularies.items()},
        data_digests=inputs.compute_digests(),
        backend=keras.backend.backend(),
        mixture=make_mixture(inputs.rates, hparams, has_begun=has_begun).record,
    )


def _continue_run(run: Run, step: int) -> Run:
    """Check that `run` continues what lies in its folder, and take over the nets of that.

    Args:
        run: As the present call describes it.
        step: How many steps were made; of fewer the present call takes none back.
    """
    if not (run.directory / "run.json").exists():
        raise UserError(
            f"{run.directory} holds checkpoints but no run.json, so their settings are unknown",
            fix="Name another --output_dir.",
        )
    earlier = open_run(run.directory)
    directory = Path(run.data_dir)
    if step == 0:  # a warm start: only what shapes the model counts yet
        shaping = {
            name: getattr(earlier.hparams, name) for name in ("model", "experts", "modality")
        }
        hparams = replace(run.hparams, **shaping)
        digests = run.data_digests
        earlier = replace(earlier, hparams=hparams, mixture={}, data_digests=digests)
    hparams = keep_warm_up(run.hparams, earlier.hparams)
    if hparams.train.steps <= step:
        train = replace(hparams.train, steps=earlier.hparams.train.steps)
        hparams = replace(hparams, train=train)
    run = replace(run, hparams=hparams)
    check_vocabularies(earlier, load_task_vocabularies(run.tasks, directory), directory)
    check_resumable(earlier, run)
    return keep_nets(run, earlier)


def _list_kept(run: Run, declared: Run) -> list[str]:
    """List what a run that goes on keeps, though its command says something else."""
    kept = []
    if differ_in_sharing(run.tasks, declared.tasks):
        kept.append("the run keeps the nets that it was trained with, not those declared now")
    steps, asked = (one.hparams.optimizer.warmup_steps for one in (run, declared))
    if asked != steps:
        kept.append(f"the run keeps its warm-up: optimizer.warmup_steps={steps}, not {asked}")
    return kept


def _bound_steps(run: Run, declared: Run, step: int) -> HParams:
    """Return a run's settings without its steps beyond those asked for and those it has made."""
    steps = min(run.hparams.train.steps, max(declared.hparams.train.steps, step))
    return replace(run.hparams, train=replace(run.hparams.train, steps=steps))
