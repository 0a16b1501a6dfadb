"""`decode`: files, data sets and prompts through a trained run; the form of `t2t-decoder`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import EvaluationDataset, make_evaluation_dataset
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.errors import UserError
from t2t_mm.features import NO_OUTPUT, BatchSpec
from t2t_mm.files.text_files import decode_line
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.inference.chosen_task import choose_task, name_task
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.file_decoding import FileDecoding
from t2t_mm.inference.jsonl_files import is_jsonl, list_outputs, write_record
from t2t_mm.inference.loaded_run import load_tasks
from t2t_mm.inference.output_files import (
    check_writable,
    tell_empty_outputs,
    tell_on_stderr,
    write_outputs,
)
from t2t_mm.inference.output_formats import (
    check_objects_format,
    check_output_format,
    format_outputs,
    read_best_output,
)
from t2t_mm.run.run_data import check_run_data
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import Task
from t2t_mm.search.choose_search import choose_decoding
from t2t_mm.settings import DataHParams
from t2t_mm.settings.decode_section import DecodeHParams

_PROMPT = "> "


def decode(
    output_dir: str | Path,
    problem: str = "",
    *,
    from_file: str | Path = "",
    to_file: str | Path = "",
    split: str = "",
    data_dir: str | Path = "",
    options: DecodingOptions | None = None,
) -> list[str]:
    r"""Decode the lines of a file, or a split of the problem's data set.

    The Python form of `t2t-decoder`.

    Args:
        output_dir: The trained run.
        problem: One of its problems; may be left out where it has only one.
        from_file: One input a line (`-` for standard input), a text or the path of a picture, a
            sound or what else the problem reads; N lines in, N lines out. If it is called .jsonl or
            .jsonl.gz: an object a line, see `JsonLines`, and so are the outputs.
        to_file: Where the outputs go, one a line, each as soon as it is there (`-` for standard
            output): a file beside it, `NAME.incomplete`, takes its place at the end. Where a
            file is decoded, the same call goes on with it after a kill, see `ResumedFile`; else
            what there is at an error is kept, see `name_part`. If it is called .jsonl: as objects,
            see `write_record`. Nowhere by default.
        split: What to decode when no file is given; "test" by default.
        data_dir: Where the data is; the run's own by default. Beside a file `constrain=trees` alone
            reads it.
        options: How; by default as `DecodingOptions()`.

    Returns:
        The outputs in the order of the inputs.

    Raises:
        LeftOutError: Some inputs of a file could not be read; all others are decoded and written,
            and are its `outputs`.
        UserError: The run, the file or the data is not there, no input could be read, or something
            that is asked for would count for nothing.

    Example:
        >>> count = Path("inputs.txt").write_text("A red boat.\n\nA tree.\n")
        >>> len(decode("demo/run", "mini_ende", from_file="inputs.txt"))
        3
    """
    options = options or DecodingOptions()
    registry.import_user_modules(options.t2t_usr_dir)
    run = open_run(output_dir)
    how = _choose_decoding(run, options, of_split=not from_file)
    names = {"problem": problem, "inputs_of": options.inputs_of, "command_of": options.command_of}
    if to_file and str(to_file) != "-":
        check_writable(Path(to_file), from_file)
    if from_file:
        _refuse_settings_of_splits(split, options)
        check_data_is_read(how, data_dir)
        return FileDecoding(run, how, names, from_file, to_file, options, data_dir).run_through()
    split, task = split or "test", choose_task(run, **names)
    check_output_format(task, options.output_format, how)
    if is_jsonl(to_file):
        check_objects_format(options.output_format)
    if not options.t2t_usr_dir:
        run.import_own_modules()
    directory = run.find_data(data_dir)
    source = run.task(options.inputs_of or task.name)
    check_run_data(run, [source], split, directory)
    loaded = load_tasks(run, [task], options.checkpoint_path, how, directory)
    limit, tokens = how.choose_limit(options.limit), options.eval_batch_tokens
    dataset = _open_split(source, split, directory, run.hparams.data, limit, tokens)
    decoded = _decode_batches(dataset, task, loaded.decoder)
    if is_jsonl(to_file):
        told = name_task(task, names)
        formatted: Iterator[str] = (
            write_record(told | ({"inputs": text} if text else {}), output, decode=how)
            for text, output in decoded
        )
    else:
        formatted = format_outputs(decoded, task, options.output_format, tell_on_stderr, how)
    outputs = write_outputs(
        formatted,
        dataset.num_examples,
        task.name,
        to_file,
        count_symbols=lambda: loaded.decoder.num_symbols,
    )
    texts = (read_best_output(line, how) for line in outputs)
    tell_empty_outputs(list_outputs(outputs) if is_jsonl(to_file) else texts)
    return outputs


def _refuse_settings_of_splits(split: str, options: DecodingOptions) -> None:
    given = {"split": split, "eval_batch_tokens": options.eval_batch_tokens}
    if idle := {name: value for name, value in given.items() if value}:
        names = " and ".join(idle)
        raise UserError(f"{names} would count for nothing beside a file", received=idle)


def _choose_decoding(run: Run, options: DecodingOptions, *, of_split: bool) -> DecodeHParams:
    how = choose_decoding(run, options.decode_hparams, searches_once=True)
    if options.limit:
        refuse_change(run, how, "num_samples", "beside a limit")
    if of_split:
        refuse_change(run, how, "batch_size", "for a split; --eval_batch_tokens does")
    return how


def refuse_change(run: Run, how: DecodeHParams, name: str, where: str) -> None:
    """Refuse a change of how a run decodes that counts for nothing.

    Args:
        run: The run.
        how: As it is to decode.
        name: Of the setting.
        where: It counts for nothing, for the message.

    Raises:
        UserError: The setting is not the run's.
    """
    asked = getattr(how, name)
    if asked != getattr(run.hparams.decode, name):
        raise UserError(
            f"decode.{name} counts for nothing {where}",
            received={f"decode.{name}": asked},
            fix="Leave it out of --decode_hparams.",
        )


def check_data_is_read(how: DecodeHParams, data_dir: str | Path) -> None:
    """Refuse a folder of data that counts for nothing, as no split is decoded.

    Raises:
        UserError: It is given, and trees are not constrained.
    """
    if data_dir and how.constrain != "trees":
        raise UserError(
            "Of what is decoded here no data is read, unless trees are constrained",
            received={"data_dir": str(data_dir)},
            fix="Leave --data_dir out, or set --decode_hparams=constrain=trees.",
        )


def _open_split(
    task: Task, split: str, data_dir: Path, data: DataHParams, limit: int, batch_tokens: int
) -> EvaluationDataset:
    """Open the batches of a split; what is longer than in training is left out, and told."""
    problem = find_problem(task, data_dir)
    dataset = make_evaluation_dataset(
        problem,
        split,
        data_dir=data_dir,
        batch=BatchSpec(tokens=batch_tokens or data.eval_batch_tokens),
        limit=limit,
        limits=choose_limits(problem, data),
    )
    if dataset.left_out:
        tell_on_stderr(f"{task.name}, {split}: {dataset.left_out}")
    return dataset


def _decode_batches(
    dataset: Iterable[Mapping[str, Any]], task: Task, decoder: BatchDecoder
) -> Iterator[tuple[str, Output]]:
    for batch, outputs in decoder.decode_split(task, dataset):
        texts = (text.decode("utf-8") for text in batch["inputs_text"])
        yield from zip(texts, outputs, strict=True)


def decode_interactively(
    predictor: Callable[[str], str],
    lines: Iterable[str | bytes],
    output: TextIO,
) -> None:
    """Answer each line that a person types; an empty line or the end of input stops.

    One that cannot be answered is told on standard error, and the next one is waited for.

    Args:
        predictor: The problem.
        lines: What is typed, for example `sys.stdin`; or its bytes in UTF-8.
        output: Where prompts and answers go.

    Example:
        >>> import sys
        >>> decode_interactively(str.upper, ["a tree", ""], sys.stdout)
        > A TREE
        >
    """
    output.write(_PROMPT)
    output.flush()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            break
        try:
            text = line if isinstance(line, str) else decode_line(line, Path("input"), number)
            answer = predictor(text.rstrip("\n"))
        except UserError as error:
            tell_on_stderr(str(error))
        else:
            output.write(f"{answer if answer.strip() else NO_OUTPUT}\n")
        output.write(_PROMPT)
        output.flush()
    output.write("\n")
