"""`train`: from names and settings to a trained run; the Python form of `t2t-trainer`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import tensorflow as tf

from t2t_mm import registry
from t2t_mm.config import HParams, to_json
from t2t_mm.data.builder import DataInfo, generate_data, open_data
from t2t_mm.data.mixture import Mixture, mixture_rates
from t2t_mm.data.pipeline import dropped_examples, training_dataset
from t2t_mm.data.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.training.checkpoint import CheckpointStore
from t2t_mm.training.environment import describe_environment
from t2t_mm.training.evaluation import Evaluator, validation_scores
from t2t_mm.training.logs import RunLog
from t2t_mm.training.loop import TrainState, run_training
from t2t_mm.training.optimizer import build_optimizer
from t2t_mm.training.progress import Progress
from t2t_mm.training.run_directory import (
    Run,
    check_resumable,
    check_vocabularies,
    open_run,
    write_environment,
    write_run,
)
from t2t_mm.training.task import build_model, tasks_of, vocabularies_of


def train(
    problems: str | Sequence[str],
    *,
    hparams: HParams,
    data_dir: str | Path,
    output_dir: str | Path,
    tmp_dir: str | Path = "",
    generate: bool = False,
    t2t_usr_dir: Sequence[str] = (),
    eval_steps: int = 0,
    evaluate: bool = True,
) -> Run:
    """Trains one MultiModel on `problems`; the same call goes on with an unfinished run.

    Args:
        problems: names, globs or groups, as `--problems` takes them.
        hparams: the settings, as `registry.hparams(name)` or `load_hparams` give them.
        data_dir: generated data and vocabularies.
        output_dir: the run's folder; made if need be.
        tmp_dir: raw files, where `generate` needs them.
        generate: generate what is not there yet.
        t2t_usr_dir: folders, files or packages that register problems.
        eval_steps: batches of an evaluation during training; 0 for the whole validation split.
        evaluate: score the validation splits every `train.eval_every` steps.

    Returns:
        The run, as its folder describes it.

    Raises:
        UserError: bad names, settings, data or folders; nothing was lost.

    Example:
        >>> import t2t_mm  # doctest: +SKIP
        >>> hparams = t2t_mm.registry.hparams("multimodel_tiny")  # doctest: +SKIP
        >>> t2t_mm.train("mini_*", hparams=hparams, data_dir="data", output_dir="run",
        ...              generate=True)  # doctest: +SKIP
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    registry.import_user_modules(list(t2t_usr_dir))
    names = registry.expand_problems(problems)
    if generate:
        generate_data(
            names,
            data_dir=data_dir,
            tmp_dir=tmp_dir or None,
            vocabulary_size=hparams.data.vocabulary_size,
            vocabulary_bytes=hparams.data.vocabulary_bytes,
        )
    opened = [registry.problem(name, data_dir=data_dir, tmp_dir=tmp_dir or None) for name in names]
    tasks = tasks_of(opened)
    infos = {problem.name: open_data(problem, data_dir) for problem in opened}

    set_up_runtime(hparams)
    vocabularies = vocabularies_of(tasks, data_dir)
    run = Run(
        directory=output_dir,
        hparams=hparams,
        tasks=tuple(tasks),
        data_dir=str(data_dir.absolute()),
        user_modules=tuple(_absolute(path) for path in t2t_usr_dir),
        vocabulary_hashes={name: v.hash for name, v in vocabularies.items()},
    )
    store = CheckpointStore(output_dir, hparams.train.keep_checkpoint_max)
    _check_same_run(run, store)

    rates = mixture_rates(
        names,
        mixing=hparams.data.mixing,
        sizes={name: infos[name].sizes["train"] for name in names},
        temperature=hparams.data.temperature,
        rates=hparams.data.rates,
    )
    batches = {problem.name: batch_spec(problem, hparams) for problem in opened}
    model = build_model(tasks, vocabularies, hparams)
    state = TrainState(
        model,
        build_optimizer(hparams.optimizer, model.trainable_variables),
        _input_iterators(opened, batches, hparams, data_dir),
    )
    latest = store.latest()
    if latest is not None:
        state.restore(latest)
    write_run(run, vocabularies, data_dir)
    write_environment(output_dir, describe_environment(hparams.train.seed, sys.argv))

    progress = Progress(names, hparams.train.steps, state.step)
    _introduce(progress, run, model.count_params(), rates, batches, infos)
    evaluator = Evaluator(
        model,
        batch=BatchSpec(tokens=hparams.data.eval_batch_tokens),
        extra_length=hparams.decode.extra_length,
    )
    with_validation = evaluate and all("validation" in infos[name].sizes for name in names)
    with RunLog(output_dir, state.step) as log, progress:
        run_training(
            state,
            tasks,
            hparams,
            Mixture(rates, hparams.train.seed),
            store,
            log,
            progress,
            (lambda step: validation_scores(evaluator, tasks, opened, data_dir, eval_steps))
            if with_validation
            else None,
        )
    return run


def set_up_runtime(hparams: HParams) -> None:
    """Sets random seeds, threads and determinism of this process as `hparams.train` says."""
    keras.utils.set_random_seed(hparams.train.seed)
    if hparams.train.num_threads:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(hparams.train.num_threads)
        except RuntimeError as error:
            raise UserError(
                "train.num_threads must be set before TensorFlow has run anything. "
                f"Received: train.num_threads={hparams.train.num_threads}. Start a new process."
            ) from error
    if hparams.train.deterministic:
        tf.config.experimental.enable_op_determinism()


def batch_spec(problem: Problem, hparams: HParams) -> BatchSpec:
    """The batch of `problem`: by its name, else the settings' for all, else its own."""
    data = hparams.data
    own = problem.batch
    given = data.batches.get(problem.name)
    if given is not None:
        return BatchSpec(tokens=int(given)) if own.tokens else BatchSpec(examples=int(given))
    if data.batch_tokens:
        return BatchSpec(tokens=data.batch_tokens)
    if data.batch_examples:
        return BatchSpec(examples=data.batch_examples)
    return own


def _input_iterators(
    problems: Sequence[Problem], batches: Mapping[str, BatchSpec], hparams: HParams, data_dir: Path
) -> dict[str, object]:
    share = max(hparams.data.shuffle_megabytes // len(problems), 1)
    return {
        problem.name: iter(
            training_dataset(
                problem,
                data_dir=data_dir,
                batch=batches[problem.name],
                max_length=hparams.data.max_length,
                seed=hparams.train.seed + index,
                shuffle_megabytes=share,
            )
        )
        for index, problem in enumerate(problems)
    }


def _check_same_run(run: Run, store: CheckpointStore) -> None:
    if (run.directory / "run.json").exists():
        earlier = open_run(run.directory)
        check_resumable(earlier, run.hparams, run.tasks)
        check_vocabularies(
            earlier, vocabularies_of(run.tasks, Path(run.data_dir)), Path(run.data_dir)
        )
    elif store.latest() is not None:
        raise UserError(
            f"{run.directory} holds checkpoints but no run.json, so their settings are unknown. "
            "Name another --output_dir."
        )


def _introduce(
    progress: Progress,
    run: Run,
    num_parameters: int,
    rates: Mapping[str, float],
    batches: Mapping[str, BatchSpec],
    infos: Mapping[str, DataInfo],
) -> None:
    hparams = run.hparams
    for task in run.tasks:
        spec = batches[task.name]
        size = f"{spec.tokens} tokens" if spec.tokens else f"{spec.examples} examples"
        dropped = dropped_examples(infos[task.name], "train", hparams.data.max_length)
        progress.note(
            f"{task.name}: {infos[task.name].sizes['train']:,} examples, share "
            f"{rates[task.name]:.1%}, batches of {size}, {dropped:,} longer than "
            f"data.max_length={hparams.data.max_length} dropped"
        )
    progress.note(
        f"{num_parameters:,} parameters; schedule {hparams.optimizer.schedule}; "
        f"steps {progress.first_step} to {hparams.train.steps}; run in {run.directory}"
    )
    if progress.first_step:
        progress.note(f"resumed at step {progress.first_step}")
    progress.note(f"settings: {run.directory / 'hparams.json'} ({len(to_json(hparams))} bytes)")


def _absolute(module: str) -> str:
    return os.path.abspath(module) if os.path.exists(module) else module
