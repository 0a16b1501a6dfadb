"""Begin a run with the weights of another: problems that are new are grafted onto a trained model.

What the other run learned is read by name; nets, commands and experts that it lacks are as at the
start of any training. The new run's first checkpoint is of step 0, and training goes on from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.data.vocabulary.vocabulary import copy_vocabulary, has_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.evaluation.unmoved_outputs import OutputChange, OutputReader, compare_outputs
from t2t_mm.files.json_records import read_records
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.checkpoint import OPTIMIZER, WEIGHTS, Checkpoint, CheckpointStore, find_checkpoint
from t2t_mm.run.device_memory import DeviceMemoryError, tell_exhaustion
from t2t_mm.run.grafting import Graft, close_new_experts, fill_variables, list_axes
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import Run, check_vocabularies, leave_mesh_out, open_run, write_run
from t2t_mm.run.run_settings import find_run_folder
from t2t_mm.run.task import adopt_tasks, build_model, load_task_vocabularies
from t2t_mm.training.backend import find_backend
from t2t_mm.training.older_state import convert_optimizer_state
from t2t_mm.training.train_state import TrainState

Tell = Callable[[str], None]


@dataclass(frozen=True)
class WarmStart:
    """What became of a run's first checkpoint.

    Args:
        run: The new run.
        graft: What its variables are.
        outputs: Of each problem of the other run, whether the answers are what they were.
    """

    run: Run
    graft: Graft
    outputs: dict[str, OutputChange]

    @property
    def is_unmoved(self) -> bool:
        """Whether no answer that was compared is another."""
        return all(one.is_unmoved for one in self.outputs.values())

    def describe(self) -> list[str]:
        """Return what was loaded, and whether the outputs are as before, as lines."""
        start = self.run.warm_start
        lines = [f"weights of {start['run']}, step {start['step']:,}:", *self.graft.describe()]
        width = max(map(len, self.outputs), default=0)
        said = ((name.ljust(width), one.describe()) for name, one in self.outputs.items())
        return [*lines, "before training:", *(f"  {name}  {words}" for name, words in said)]

    def to_json(self) -> dict[str, Any]:
        """Return the same for a program: names of variables, numbers of outputs."""
        variables = {name: value for name, value in asdict(self.graft).items() if name != "sizes"}
        outputs = {
            name: {**one._asdict(), "unmoved": one.is_unmoved} for name, one in self.outputs.items()
        }
        facts = {"output_dir": str(self.run.directory), **self.run.warm_start}
        return {**facts, "variables": variables, "outputs": outputs}


def find_source(warm_start_from: str | Path) -> tuple[Run, Checkpoint]:
    """Find the run to begin with, and its checkpoint: the best, else the newest, or the one named.

    Args:
        warm_start_from: A run, or one of its checkpoints.

    Raises:
        UserError: It is neither.
    """
    path = Path(warm_start_from)
    folder = find_run_folder(path)
    run = open_run(folder)
    return run, find_checkpoint(run.directory, None if folder == path else path)


def describe_origin(source: Run, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what a run keeps of the one that it began with, see `Run.warm_start`."""
    return {
        "run": str(source.directory.absolute()),
        "step": checkpoint.step,
        "problems": [task.name for task in source.tasks],
    }


def find_earlier(output_dir: Path, warm_start_from: str | Path | None) -> Run | None:
    """Find the run that one begins with or goes on with, or `None`.

    Args:
        output_dir: The run's own folder.
        warm_start_from: The other run, where it begins with one.
    """
    if warm_start_from:
        return find_source(warm_start_from)[0]
    has_begun = CheckpointStore(output_dir).find_latest() and (output_dir / "run.json").exists()
    return open_run(output_dir) if has_begun else None


def lend_vocabularies(warm_start_from: str | Path, data_dir: Path) -> None:
    """Copy the vocabularies of a run into a folder of data that lacks them: they never change."""
    source, _ = find_source(warm_start_from)
    for name in source.vocabulary_hashes:
        if not has_vocabulary(data_dir, name):
            copy_vocabulary(name, source.directory, data_dir)


def begin_run(run: Run, warm_start_from: str | Path, tell: Tell) -> WarmStart:
    """Write a run's folder with a first checkpoint, of step 0, from one of another run.

    Args:
        run: As it is declared; problems that the other has get the nets of that.
        warm_start_from: The other, or one of its checkpoints.
        tell: Is given a line for each problem of it that is compared, before that is done.

    Raises:
        UserError: Vocabularies, problems or shapes do not fit; nothing was written.
    """
    source, checkpoint = find_source(warm_start_from)
    data_dir = Path(run.data_dir)
    _check_experts(run, source)
    vocabularies = load_task_vocabularies(run.tasks, data_dir)
    check_vocabularies(source, vocabularies, data_dir)
    tasks = tuple(adopt_tasks(run.tasks, source.tasks))
    run = replace(run, tasks=tasks, warm_start=describe_origin(source, checkpoint))
    model = build_model(run.tasks, vocabularies, run.hparams)
    backend = find_backend()(model, run.hparams.optimizer, run.hparams.train)
    state = TrainState(backend, InputStreams({}), awaits_evaluation=True)
    graft = _fill(backend.state(), model, (run, source), checkpoint)
    graft.check(checkpoint.path)
    for name, digest in source.data_digests.items():
        if run.data_digests.get(name, digest) != digest:
            tell(f"the generated data of {name} is not what {source.directory} was trained on")
    write_run(run, vocabularies, data_dir)
    state.save(CheckpointStore(run.directory))
    reader = OutputReader(model, vocabularies, run.hparams.decode)
    return WarmStart(run, graft, _compare(reader, run, source, checkpoint, tell))


def _check_experts(run: Run, source: Run) -> None:
    before, now = source.hparams.experts, run.hparams.experts
    if not (before.use_experts and now.use_experts):
        return
    if now.gate != before.gate:
        raise UserError(
            "A trained mixture keeps its gate: what one has learned of positions says nothing of "
            "problems",
            expected=before.gate,
            received={"experts.gate": now.gate},
        )
    if now.num_experts < before.num_experts:
        raise UserError(
            "A trained mixture cannot have fewer experts",
            expected=f"at least {before.num_experts}",
            received={"experts.num_experts": now.num_experts},
        )
    if now.num_experts > before.num_experts and not now.entry_steps:
        raise UserError(
            "More experts come in over some batches, and none are given",
            received={"experts.num_experts": now.num_experts, "experts.entry_steps": 0},
            fix="Give experts.entry_steps, as 1000.",
        )


def _fill(parts: Any, model: MultiModel, runs: tuple[Run, Run], checkpoint: Checkpoint) -> Graft:
    """Fill a model and its optimizer; of the latter nothing is told."""
    run, source = runs
    num_before = source.hparams.experts.num_experts
    close_new_experts(model, num_before)
    names = [task.name for task in source.tasks]
    experts = range(run.hparams.experts.num_experts)
    places = {
        "expert": [place if place < num_before else -1 for place in experts],
        "problem": [names.index(t.name) if t.name in names else -1 for t in run.tasks],
    }
    axes = list_axes(model)
    graft = fill_variables(parts["weights"], checkpoint.path / WEIGHTS, axes, places)
    moments = {
        f"{kind}_moment/{path}": one for path, one in axes.items() for kind in ("first", "second")
    }
    path = checkpoint.path / OPTIMIZER
    fill_variables(parts["optimizer"], path, moments, places, convert_optimizer_state)
    return graft


def _compare(
    reader: OutputReader, run: Run, source: Run, checkpoint: Checkpoint, tell: Tell
) -> dict[str, OutputChange]:
    """Compare the answers of both models on every problem that both have."""
    kept = [task for task in source.tasks if task.name in {one.name for one in run.tasks}]
    if source.hparams.experts.mesh_shape != run.hparams.experts.mesh_shape:
        source = leave_mesh_out(source)  # its devices need not be there any more
    try:
        with tell_exhaustion():
            restored = restore_model(source, checkpoint.path)
    except DeviceMemoryError as error:  # the new run is written, and there is no second try
        reason = f"the {error.place} has too little memory for both models"
        return {task.name: OutputChange(reason=reason) for task in kept}
    decode = run.hparams.decode
    before = OutputReader(restored.model, restored.vocabularies, decode)
    decodes = run.hparams.experts.num_experts > source.hparams.experts.num_experts
    outputs = {}
    for task in kept:
        tell(f"comparing the outputs of {task.name}")
        pair = (before, task), (reader, run.task(task.name))
        outputs[task.name] = compare_outputs(
            *pair, Path(run.data_dir), data=run.hparams.data, decodes=decodes
        )
    return outputs


def describe_change(run: Run) -> list[str]:
    """Return a table as lines: what training has changed on the problems of the other run.

    Teacher-forced scores of the validation splits at the start and last, from the run's log.
    """
    if not run.warm_start:
        return []
    records = read_records(run.directory / "log.jsonl")
    scores = [one for one in records if one["kind"] == "eval" and "problem" in one]
    first = {one["problem"]: one for one in scores if one["step"] == 0}
    last = {one["problem"]: one for one in scores if one["step"] > 0}
    both = [name for name in last if name in first]
    if not both:
        return []
    old, width = run.warm_start["problems"], max(map(len, both))
    lines = [f"{'':<{width}}  log perplexity before, after   accuracy before, after, change"]
    for name in both:
        (loss, accuracy), (last_loss, last_accuracy) = (
            (one.get("log_perplexity", math.nan), one.get("accuracy", math.nan))
            for one in (first[name], last[name])
        )
        lines.append(
            f"{name:<{width}}  {loss:>21.4f} {last_loss:>7.4f}"
            f"{accuracy:>18.2f} {last_accuracy:>6.2f} {last_accuracy - accuracy:>+7.2f}"
            + ("" if name in old else "  new")
        )
    return lines
