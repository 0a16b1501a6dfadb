"""Evaluation of a trained run: every problem fully; teacher-forced apart from decoded scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind, name_vocabulary
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.errors import UserError
from t2t_mm.evaluation.baseline import find_frequent_targets, replace_outputs
from t2t_mm.evaluation.decoded_files import OutputFolder
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.evaluation.evaluator import Evaluator
from t2t_mm.evaluation.kept_results import name_variant
from t2t_mm.evaluation.output_lines import OutputLines
from t2t_mm.features import BatchSpec
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.inference.decode import refuse_change
from t2t_mm.run.checkpoint import Checkpoint, find_checkpoint
from t2t_mm.run.restore import RestoredModel, restore_model
from t2t_mm.run.run_data import (
    check_run_data,
    choose_tasks,
    count_most_examples,
    leave_out_without_split,
)
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import Task
from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.metrics import check_metrics, find_intervals, score_decoded
from t2t_mm.scoring.translation import choose_tokenizer
from t2t_mm.search.choose_search import (
    check_search_counts,
    choose_decoding,
    make_constraints,
)
from t2t_mm.settings.overrides import describe_changes


def evaluate(
    output_dir: str | Path,
    *,
    problems: str | Sequence[str] = (),
    split: str = "validation",
    data_dir: str | Path = "",
    options: EvaluationOptions | None = None,
) -> dict[str, dict[str, Any]]:
    """Score a trained run; the Python form of `t2t-eval`.

    Args:
        output_dir: The run.
        problems: Names among the run's, globs or groups; all by default.
        split: `validation` or `test`; problems without it are named on standard error and left out.
        data_dir: The generated data; the run's own by default.
        options: How; by default as `EvaluationOptions()`.

    Returns:
        By problem: `teacher_forced` scores, `experts` (the share of choices on each expert of
        each mixture) and, when decoded, the scores that the problem's metrics name and how many
        outputs are `empty` if some are, in percent, the scores' 95% `intervals` (of the choice of
        examples: see `t2t_mm.scoring.intervals`), `shuffled_inputs`, `baseline`, the path of the
        file of all `outputs`, and a few `samples`, the `worst` and the `best`. All this is written
        under `output_dir/decoded/SPLIT-STEP`, beside what is there of the run's other problems:
        each output with the score of its example as a line of `NAME.outputs.jsonl` (see
        `OutputLines`).

    Raises:
        UserError: The run, its data or its checkpoint is not there or does not match.
    """
    options = options or EvaluationOptions()
    evaluation = RunEvaluation(
        output_dir, problems=problems, split=split, data_dir=data_dir, options=options
    )
    checkpoint = find_checkpoint(evaluation.run.directory, options.checkpoint_path)
    try:
        return evaluation.score(checkpoint)
    except (UserError, OSError):
        if options.checkpoint_path or checkpoint.path.exists():
            raise
    # A trainer has removed it meanwhile, and has written another before.
    return evaluation.score(find_checkpoint(evaluation.run.directory))


class RunEvaluation:
    """Scores checkpoints of a run, one after the other in one model and with its traces.

    Args:
        output_dir: The run.
        problems: As for `evaluate`.
        split: `validation` or `test`.
        data_dir: As for `evaluate`.
        options: How; their `checkpoint_path` is not looked at.

    Raises:
        UserError: The run or its data is not there or does not match.
    """

    def __init__(
        self,
        output_dir: str | Path,
        *,
        problems: str | Sequence[str],
        split: str,
        data_dir: str | Path,
        options: EvaluationOptions,
    ) -> None:
        registry.import_user_modules(options.t2t_usr_dir)
        self.run = open_run(output_dir)
        if not options.t2t_usr_dir:
            self.run.import_own_modules()
        self.options, self.split = options, split
        own = self.run.hparams.decode
        self.decode = choose_decoding(self.run, options.decode_hparams, searches_once=True)
        if self.decode.batch_size != own.batch_size:
            raise UserError(
                "decode.batch_size counts for nothing in t2t-eval, whose batches are counted in "
                "positions",
                received={"decode_hparams": options.decode_hparams},
                fix="Use --eval_batch_tokens.",
            )
        self.data_dir = self.run.find_data(data_dir)
        self._console = Console(stderr=True)
        chosen = choose_tasks(self.run, problems)
        tasks, lacking = leave_out_without_split(chosen, split, self.data_dir)
        self.tasks = [_name_todays_metrics(task, self.data_dir) for task in tasks]
        if options.limit:
            refuse_change(self.run, self.decode, "num_samples", "beside a limit")
        limit = self.decode.choose_limit(options.limit) if options.decode else options.limit
        most = count_most_examples(tasks, split, self.data_dir)
        self.limit = limit if limit < most else 0  # what no split goes beyond is the whole of it
        settings = describe_changes(own, replace(self.decode, num_samples=own.num_samples))
        self.variant = name_variant(self.limit, settings)
        if lacking:
            said = f"not scored, for want of a {split} split: {', '.join(lacking)}"
            self._console.print(said, highlight=False, markup=False, soft_wrap=True)
        for task in self.tasks:  # before anything is decoded: an error should not come late
            check_metrics(task.name, task.metrics)
        check_search_counts(self.decode, own, self.tasks)
        check_run_data(self.run, self.tasks, split, self.data_dir)
        self._restored: RestoredModel | None = None

    def score(self, checkpoint: Checkpoint) -> dict[str, dict[str, Any]]:
        """Score a checkpoint; returns and writes what `evaluate` does.

        A problem of which every example is too long is told and left out.

        Raises:
            UserError: The checkpoint is damaged or gone, or no problem has an example.
        """
        if self._restored is None:
            self._restored = restore_model(self.run, checkpoint.path)
            hparams, model = self.run.hparams, self._restored.model
            tokens = self.options.eval_batch_tokens or hparams.data.eval_batch_tokens
            self._evaluator = Evaluator(model, batch=BatchSpec(tokens=tokens))
            vocabularies = self._restored.vocabularies
            constraints = make_constraints(
                self.tasks, self.decode, hparams.decode, vocabularies, self.data_dir
            )
            self._decoder = BatchDecoder(model, vocabularies, self.decode, constraints)
        else:
            self._restored = self._restored.read_again(checkpoint)
        name = f"{self.split}-{checkpoint.step}{self.variant}"
        names = [task.name for task in self.run.tasks]
        folder = OutputFolder(
            path=self.run.directory / "decoded" / name,
            split=self.split,
            data_dir=self.data_dir,
            names=names,
            data=self.run.hparams.data,
        )
        results = {task.name: self._score_task(task, folder) for task in self.tasks}
        if not any(results.values()):
            raise UserError(
                f"No example of {', '.join(results)} is left in the {self.split} split",
                expected="one that is no longer than the limits of training at least",
            )
        return {name: result for name, result in results.items() if result}

    def _score_task(self, task: Task, folder: OutputFolder) -> dict[str, Any]:
        """Score a problem; the result is empty where no example is left."""
        options, directory = self.options, self.data_dir
        problem = find_problem(task, directory)
        batch, limit = self._evaluator.batch, self.limit
        dataset = make_evaluation_dataset(
            problem,
            self.split,
            data_dir=directory,
            batch=batch,
            limit=limit,
            limits=choose_limits(problem, self.run.hparams.data),
        )
        if dataset.left_out:
            told = f"{task.name}, {self.split}: {dataset.left_out}"
            self._console.print(told, highlight=False, markup=False, soft_wrap=True)
        if not dataset.num_examples:
            return {}
        outputs = SplitOutputs(self._decoder, task, folder)
        batches = outputs.follow(dataset) if options.decode else dataset
        with self._console.status(f"scoring {task.name} on {self.split}"):  # on a terminal only
            forced, experts = self._evaluator.score_with_experts(task, batches)
        result: dict[str, Any] = {"teacher_forced": forced, "experts": experts}
        if dataset.left_out:
            result["left_out"] = dataset.left_out
        if options.decode:
            decoded = outputs.collect()
            result |= _score_outputs(task, problem, decoded, options, directory)
            folder.keep(problem, decoded, outputs.lines, result, options.samples)
        return result


def _name_todays_metrics(task: Task, data_dir: Path) -> Task:
    """Return a task with the metrics of its problem's class; without a class it keeps the run's."""
    problem = find_problem(task, data_dir)
    return replace(task, metrics=tuple(problem.metrics)) if problem.has_class else task


def _score_outputs(
    task: Task, problem: Problem, decoded: Decoded, options: EvaluationOptions, data_dir: Path
) -> Scores:
    """Score decoded outputs, and beside them those of what does not read its input."""
    if options.shuffled_inputs and len(decoded.hypotheses) == 1:
        console = Console(stderr=True)
        console.print(f"{task.name} has one example: there is no other input.", soft_wrap=True)
    scores = score_decoded(task.metrics, decoded, options.shuffled_inputs)
    if intervals := find_intervals(task.metrics, decoded):
        scores["intervals"] = intervals
    if num_empty := sum(not output.strip() for output in decoded.hypotheses):
        scores["empty"] = round(100.0 * num_empty / len(decoded.hypotheses), 4)
    if options.baseline:
        trivial = replace_outputs(decoded, find_frequent_targets(problem, data_dir))
        scores["baseline"] = score_decoded(task.metrics, trivial)
    return scores


def find_language(task: Task) -> str:
    """Return the command of a task, a language's code where that is what its problem declares.

    A problem that declares none is its own command: its name, of which "my" is no Burmese.

    Returns:
        The command; empty if it is the name of the problem.
    """
    return task.command if task.command != task.name else ""


class SplitOutputs:
    """Decodes the batches of a split on their way to the scores: one reading serves both.

    Args:
        decoder: Of the run.
        task: Whose split it is.
        folder: Where each batch of outputs is written as soon as it is there.
    """

    def __init__(self, decoder: BatchDecoder, task: Task, folder: OutputFolder) -> None:
        self._decoder = decoder
        self._task = task
        self._folder = folder
        self._targets = choose_kind(task.targets)
        self._parts: list[Decoded] = []
        self.lines: OutputLines

    def follow(self, batches: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the batches of an evaluation data set, each once it has been decoded."""
        with self._folder.open_lines(self._task) as self.lines:
            for batch, outputs in self._decoder.decode_split(self._task, batches):
                self._parts.append(self._compare(batch, outputs))
                self.lines.add(self._parts[-1])
                yield batch

    def _compare(self, batch: Mapping[str, Any], outputs: Sequence[Output]) -> Decoded:
        rankings = [output.ranking for output in outputs if output.ranking]
        texts = [text.decode("utf-8") for text in batch["targets_text"]]
        vocabulary = self._decoder.vocabularies[name_vocabulary(self._task.targets)]
        return Decoded(
            tokenizer=choose_tokenizer(find_language(self._task)),
            hypotheses=[output.text for output in outputs],
            references=[self._targets.list_texts(text) for text in texts],
            inputs=[text.decode("utf-8") for text in batch["inputs_text"]],
            rankings=rankings,
            probabilities=[one.probability for one in outputs if one.probability is not None],
            num_classes=vocabulary.size if rankings else 0,
        )

    def collect(self) -> Decoded:
        """Return what was decoded so far, beside what it is compared with."""
        return Decoded.join(self._parts)
