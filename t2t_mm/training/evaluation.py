"""Evaluation of a trained run: every problem fully; teacher-forced apart from decoded scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from t2t_mm import registry
from t2t_mm.data.builder import open_data
from t2t_mm.data.disk import full_disk_told
from t2t_mm.data.pipeline import evaluation_dataset
from t2t_mm.errors import UserError, closest
from t2t_mm.features import BatchSpec
from t2t_mm.training.checkpoint import write_text_atomically
from t2t_mm.training.evaluator import Evaluator
from t2t_mm.training.metrics import METRICS
from t2t_mm.training.restore import restore_model
from t2t_mm.training.run_directory import Run, check_vocabularies, open_run
from t2t_mm.training.task import Task, vocabularies_of


def evaluate(
    output_dir: str | Path,
    *,
    problems: str | Sequence[str] = (),
    split: str = "validation",
    data_dir: str | Path = "",
    checkpoint_path: str | Path = "",
    decode: bool = True,
    shuffled_inputs: bool = False,
    limit: int = 0,
    t2t_usr_dir: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """Scores a trained run; the Python form of `t2t-eval`.

    Args:
        output_dir: the run.
        problems: names among the run's; all by default.
        split: `validation` or `test`.
        data_dir: the generated data; the run's own by default.
        checkpoint_path: one checkpoint; the best, else the newest, by default.
        decode: also decode and score the outputs.
        shuffled_inputs: also score each output against the reference of *another* input: what a
            model reaches that does not read its input.
        limit: examples of each problem; 0 for all.
        t2t_usr_dir: where user problems are; the run's own by default.

    Returns:
        By problem: `teacher_forced` scores and, when decoded, `bleu` in percent,
        `bleu_signature`, `shuffled_inputs` and a few `samples`. The decoded lines are
        written under `output_dir/decoded`.

    Raises:
        UserError: the run, its data or its checkpoint is not there or does not match.
    """
    run = open_run(output_dir)
    registry.import_user_modules(list(t2t_usr_dir) or list(run.user_modules))
    directory = Path(data_dir or run.data_dir)
    names = registry.expand_problems(problems) if problems else [task.name for task in run.tasks]
    tasks = [run.task(name) for name in names]
    _check_data(run, tasks, split, directory)
    restored = restore_model(run, checkpoint_path)
    evaluator = Evaluator(
        restored.model,
        batch=BatchSpec(tokens=run.hparams.data.eval_batch_tokens),
        extra_length=run.hparams.decode.extra_length,
    )
    console = Console(stderr=True)
    folder = run.directory / "decoded" / f"{split}-{restored.step}"
    results: dict[str, dict[str, Any]] = {}
    for task in tasks:
        dataset = evaluation_dataset(
            registry.problem(task.name, data_dir=directory),
            split,
            data_dir=directory,
            batch=evaluator.batch,
            limit=limit,
        )
        with console.status(f"scoring {task.name} on {split}"):  # seen on a terminal only
            results[task.name] = {"teacher_forced": evaluator.teacher_forced(task, dataset)}
        if decode:
            vocabulary = restored.vocabularies[task.targets.vocabulary]
            with console.status(f"decoding {task.name}, {split}"):
                hypotheses = evaluator.decode(task, dataset, vocabulary)
            sources, references = _texts(dataset)
            with full_disk_told(folder, "the run is not touched"):
                _write_lines(folder, task.name, sources, references, hypotheses)
            results[task.name] |= decoded_scores(
                task.metrics, hypotheses, references, shuffled_inputs
            )
            results[task.name]["samples"] = _samples(sources, references, hypotheses)
    return results


def _check_data(run: Run, tasks: Sequence[Task], split: str, directory: Path) -> None:
    """Checks all data before the model is built: it takes seconds, the errors should not."""
    for task in tasks:
        info = open_data(registry.problem(task.name, data_dir=directory), directory)
        if split not in info.sizes:
            raise UserError(
                f"Problem {task.name} has no split {split!r}",
                expected=", ".join(info.sizes),
                received={"split": split},
            )
    check_vocabularies(run, vocabularies_of(tasks, directory), directory)


def decoded_scores(
    metrics: Iterable[str],
    hypotheses: Sequence[str],
    references: Sequence[str],
    shuffled_inputs: bool = False,
) -> dict[str, Any]:
    """Scores decoded texts by the metrics that their problem names.

    Args:
        metrics: keys of `METRICS`.
        hypotheses: decoded texts.
        references: the true ones, in the same order.
        shuffled_inputs: also score each text against the reference of the example before it.

    Returns:
        Scores in percent and signatures; under `shuffled_inputs` those of the second kind.

    Example:
        >>> decoded_scores(["bleu"], ["a b c d", "e f g h"], ["a b c d", "e f g h"])["bleu"]
        100.0
    """
    scores: dict[str, Any] = {}
    for name in metrics:
        if name not in METRICS:
            raise UserError(
                f"A problem names the unknown metric {name!r}.{closest(name, METRICS)}",
                expected=", ".join(METRICS),
            )
        scores |= METRICS[name](hypotheses, references)
    if shuffled_inputs and len(hypotheses) > 1:
        # An output does not depend on its neighbours, so the outputs of shuffled inputs are the
        # shuffled outputs. A rotation by one leaves none in its own place.
        rotated = [*hypotheses[1:], *hypotheses[:1]]
        scores["shuffled_inputs"] = decoded_scores(metrics, rotated, references)
    return scores


def _texts(dataset: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    sources: list[str] = []
    references: list[str] = []
    for batch in dataset:
        sources.extend(text.decode("utf-8") for text in batch["inputs_text"].numpy())
        references.extend(text.decode("utf-8") for text in batch["targets_text"].numpy())
    return sources, references


def _samples(
    sources: Sequence[str], references: Sequence[str], hypotheses: Sequence[str], count: int = 3
) -> list[dict[str, str]]:
    triples = zip(sources[:count], references[:count], hypotheses[:count], strict=True)
    return [{"input": s, "reference": r, "decoded": h} for s, r, h in triples]


def _write_lines(folder: Path, name: str, *columns: Sequence[str]) -> None:
    stem = name.replace("/", "_")
    for suffix, lines in zip(("inputs", "references", "decoded"), columns, strict=True):
        text = "".join(line.replace("\n", " ") + "\n" for line in lines)
        write_text_atomically(folder / f"{stem}.{suffix}.txt", text)


def write_scores(path: Path, results: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes scores as JSON, without the samples.

    Raises:
        UserError: the file cannot be written.
    """
    scores = {
        name: {key: value for key, value in result.items() if key != "samples"}
        for name, result in results.items()
    }
    try:
        write_text_atomically(path, json.dumps(scores, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UserError(f"The scores could not be written. {error}. Received: {path}.") from error
