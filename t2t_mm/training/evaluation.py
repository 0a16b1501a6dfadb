"""Evaluation: every problem fully; teacher-forced scores apart from decoded ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import tensorflow as tf

from t2t_mm import registry
from t2t_mm.data.pipeline import evaluation_dataset
from t2t_mm.data.problem import Problem
from t2t_mm.data.vocabulary import Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.inference.search import GreedySearch
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.training.checkpoint import write_text_atomically
from t2t_mm.training.metrics import TeacherForcedSums, corpus_bleu
from t2t_mm.training.restore import restore_model
from t2t_mm.training.run_directory import check_vocabularies, open_run
from t2t_mm.training.task import Task, vocabularies_of


class Evaluator:
    """Scores a model on whole splits.

    Args:
        model: built; its weights may change between two calls.
        batch: padded tokens or examples of an evaluation batch.
        extra_length: how much longer than its input a decoded output may be, in symbols.
    """

    def __init__(self, model: MultiModel, *, batch: BatchSpec, extra_length: int) -> None:
        self.model = model
        self.batch = batch
        self.extra_length = extra_length
        self._forward: dict[tuple[str, str], Callable[..., Any]] = {}
        self._searches: dict[tuple[str, str], GreedySearch] = {}

    def teacher_forced(self, task: Task, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
        """Scores with the true previous symbols given.

        Returns:
            `log_perplexity` (nats per token, no smoothing), `accuracy` and
            `sequence_accuracy` in percent, `examples`.
        """
        if task.signature not in self._forward:
            self._forward[task.signature] = self._trace_forward(*task.signature)
        forward = self._forward[task.signature]
        sums = TeacherForcedSums()
        for batch in batches:
            loss_sum, predicted = forward(
                batch["inputs"], batch["targets"], tf.constant(task.command_index)
            )
            sums.add(float(loss_sum), predicted.numpy(), batch["targets"].numpy())
        return sums.scores()

    def decode(
        self, task: Task, batches: Iterable[Mapping[str, Any]], vocabulary: Vocabulary
    ) -> list[str]:
        """Greedy outputs as text, one for each example, in order."""
        if task.signature not in self._searches:
            self._searches[task.signature] = GreedySearch(self.model, *task.signature)
        search = self._searches[task.signature]
        texts: list[str] = []
        for batch in batches:
            ids = search(
                batch["inputs"].numpy(),
                command_index=task.command_index,
                extra_length=self.extra_length,
            )
            texts.extend(vocabulary.decode(row.tolist()) for row in ids)
        return texts

    def _trace_forward(self, input_modality: str, target_modality: str) -> Callable[..., Any]:
        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def forward(inputs: tf.Tensor, targets: tf.Tensor, command: tf.Tensor) -> Any:
            outputs = self.model(
                {"inputs": inputs, "targets": targets, "command": command},
                input_modality=input_modality,
                target_modality=target_modality,
                training=False,
            )
            loss_sum, _ = self.model.loss(outputs.logits, targets, target_modality, 0.0)
            return loss_sum, tf.argmax(outputs.logits, axis=-1, output_type=tf.int32)

        return cast(Callable[..., Any], forward)


def validation_scores(
    evaluator: Evaluator,
    tasks: Sequence[Task],
    problems: Sequence[Problem],
    data_dir: Path,
    limit: int,
) -> dict[str, dict[str, float]]:
    """Teacher-forced scores of every problem on its validation split, for the training loop.

    Args:
        evaluator: around the model that trains.
        tasks: the run's tasks.
        problems: the same problems, in the same order.
        data_dir: where their data is.
        limit: examples of each; 0 for all.
    """
    return {
        task.name: evaluator.teacher_forced(
            task,
            evaluation_dataset(
                problem, "validation", data_dir=data_dir, batch=evaluator.batch, limit=limit
            ),
        )
        for task, problem in zip(tasks, problems, strict=True)
    }


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
    check_vocabularies(run, vocabularies_of(tasks, directory), directory)
    restored = restore_model(run, checkpoint_path)
    evaluator = Evaluator(
        restored.model,
        batch=BatchSpec(tokens=run.hparams.data.eval_batch_tokens),
        extra_length=run.hparams.decode.extra_length,
    )
    results: dict[str, dict[str, Any]] = {}
    for task in tasks:
        problem = registry.problem(task.name, data_dir=directory)
        dataset = evaluation_dataset(
            problem, split, data_dir=directory, batch=evaluator.batch, limit=limit
        )
        results[task.name] = {"teacher_forced": evaluator.teacher_forced(task, dataset)}
        if decode:
            vocabulary = restored.vocabularies[task.targets.vocabulary]
            hypotheses = evaluator.decode(task, dataset, vocabulary)
            sources, references = _texts(dataset)
            folder = run.directory / "decoded" / f"{split}-{restored.step}"
            _write_lines(folder, task.name, sources, references, hypotheses)
            results[task.name] |= _decoded_scores(hypotheses, references, shuffled_inputs)
            results[task.name]["samples"] = _samples(sources, references, hypotheses)
    return results


def _decoded_scores(
    hypotheses: Sequence[str], references: Sequence[str], shuffled_inputs: bool
) -> dict[str, Any]:
    bleu = corpus_bleu(hypotheses, references)
    scores: dict[str, Any] = {"bleu": bleu.score, "bleu_signature": bleu.signature}
    if shuffled_inputs:
        # Decoding a sentence does not depend on its neighbours: outputs of shuffled inputs are
        # the shuffled outputs. A rotation by one leaves no input in its own place.
        rotated = [*hypotheses[1:], *hypotheses[:1]]
        scores["shuffled_inputs"] = {"bleu": corpus_bleu(rotated, references).score}
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
