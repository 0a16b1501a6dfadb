"""From a trained run and names of problems to a run that can learn these, too."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from t2t_mm import registry
from t2t_mm.data.declaring.own_folders import find_own_problems
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.records.shards import digest_shards
from t2t_mm.data.records.stored import open_data
from t2t_mm.errors import UserError
from t2t_mm.files.disk import claim_folder, report_full_disk
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices
from t2t_mm.registry.hparams_sets import check_changed_names
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.run_directory import Run, list_absolute, open_run
from t2t_mm.run.task import load_task_vocabularies, make_tasks, number_tasks
from t2t_mm.scoring.metrics import check_metrics
from t2t_mm.settings import DataHParams, HParams
from t2t_mm.training.backend import find_backend
from t2t_mm.training.training_inputs import (
    check_rates,
    check_shared_vocabularies,
    generate_missing,
)
from t2t_mm.training.training_options import TrainingOptions
from t2t_mm.training.warm_start import (
    WarmStart,
    begin_run,
    describe_origin,
    find_source,
    lend_vocabularies,
)


def graft_problems(
    problems: str | Sequence[str],
    *,
    data_dir: str | Path,
    output_dir: Path,
    tmp_dir: str | Path,
    hparams: HParams | None,
    options: TrainingOptions,
) -> WarmStart:
    """Graft problems onto a trained run; see `training.add_problem.add_problem`."""
    source, checkpoint = find_source(options.warm_start_from)
    data_dir, hparams = source.find_data(data_dir), hparams or source.hparams
    with contextlib.suppress(UserError):  # gone: what cannot be compared is told
        source.import_own_modules()
    registry.import_user_modules(options.t2t_usr_dir)
    own = find_own_problems(data_dir, tmp_dir if options.generate else "")
    names = registry.expand_problems(problems, own=own)
    _check_new(names, source, hparams.data)
    _check_free(output_dir, names, hparams, describe_origin(source, checkpoint))
    check_changed_names(hparams, source.hparams, [*(one.name for one in source.tasks), *names])
    prepare_expert_devices(hparams.experts.mesh_shape)  # before TensorFlow starts
    find_backend().prepare_process(hparams.train, options, [output_dir, data_dir])
    keras.utils.set_random_seed(hparams.train.seed)
    lend_vocabularies(options.warm_start_from, data_dir)
    check_shared_vocabularies(source, source.vocabulary_hashes, data_dir)
    if options.generate:
        generate_missing(names, hparams.data, data_dir=data_dir, tmp_dir=tmp_dir)
    added: list[Problem] = [registry.problem(name, data_dir=data_dir) for name in names]
    for one in added:
        check_metrics(one.name, one.metrics)
    digests = {one.name: digest_shards(open_data(one, data_dir).metadata.shards) for one in added}
    tasks = tuple(number_tasks([*source.tasks, *make_tasks(added, hparams.modality.share)]))
    vocabularies = load_task_vocabularies(tasks, data_dir)
    modules = [*source.user_modules, *list_absolute(options.t2t_usr_dir)]
    run = Run(
        directory=output_dir,
        hparams=hparams,
        tasks=tasks,
        data_dir=str(data_dir.absolute()),
        user_modules=tuple(dict.fromkeys(modules)),
        vocabulary_hashes={name: one.hash for name, one in vocabularies.items()},
        data_digests={**source.data_digests, **digests},
        backend=keras.backend.backend(),
    )
    with claim_folder(output_dir, "this run"), report_full_disk(output_dir):
        return begin_run(run, options.warm_start_from, lambda line: print(line, file=sys.stderr))


def _check_free(
    output_dir: Path, names: Sequence[str], hparams: HParams, origin: Mapping[str, Any]
) -> None:
    """Check that a folder holds no run but the same graft, untrained: it is made and shown again.

    Its comparison may have been cut off, and one that was not costs nothing but its time.
    """
    latest = CheckpointStore(output_dir).find_latest()
    if latest is None:
        return
    if latest.step == 0:
        run = open_run(output_dir)
        has_them = [task.name for task in run.tasks] == [*origin["problems"], *names]
        if has_them and run.warm_start == origin and run.hparams == hparams:
            return
    raise UserError(
        f"{output_dir} holds a run already",
        expected="a new folder, or the same graft before it was trained",
        fix="Name another --output_dir.",
    )


def _check_new(names: Sequence[str], source: Run, data: DataHParams) -> None:
    """Check that the run has none of the problems, and that all could be mixed."""
    had = [task.name for task in source.tasks]
    if there := [name for name in names if name in had]:
        raise UserError(
            f"{source.directory} has learned {', '.join(there)} already",
            expected="problems that it has not",
            received={"problems": ",".join(names)},
            fix=f"It has {', '.join(had)}; name the new ones only.",
        )
    if data.mixing == "given":
        check_rates([*had, *names], data.rates)
