"""`decode`: files, data sets and prompts through a trained run; the form of `t2t-decoder`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import IO, Any, TextIO

from rich.console import Console
from rich.progress import track

from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.errors import UserError
from t2t_mm.features import NO_OUTPUT, BatchSpec
from t2t_mm.files.atomic_writes import open_atomically
from t2t_mm.files.text_files import decode_line, decode_lines
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.inference.chosen_task import choose_task, name_task
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import InputLines
from t2t_mm.inference.jsonl_files import JsonLines, is_jsonl, write_record
from t2t_mm.inference.loaded_run import load_tasks
from t2t_mm.inference.output_formats import check_output_format, format_outputs
from t2t_mm.run.run_data import check_run_data
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.task import Task
from t2t_mm.settings.overrides import change_decoding
from t2t_mm.settings.sections import DecodeHParams


def decode(
    output_dir: str | Path,
    problem: str = "",
    *,
    from_file: str | Path = "",
    to_file: str | Path = "",
    split: str = "test",
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
            output): a file beside it, `NAME.incomplete`, takes its place at the end. If it is
            called .jsonl: as objects, see `write_record`. Nowhere by default.
        split: What to decode when no file is given.
        data_dir: Where the data is; the run's own by default.
        options: How; by default as `DecodingOptions()`.

    Returns:
        The outputs in the order of the inputs.

    Raises:
        LeftOutError: Some inputs of a file could not be read; all others are decoded and written,
            and are its `outputs`.
        UserError: The run, the file or the data is not there, or no input could be read.

    Example:
        >>> count = Path("inputs.txt").write_text("A red boat.\n\nA tree.\n")
        >>> len(decode("demo/run", "mini_ende", from_file="inputs.txt"))
        3
    """
    options = options or DecodingOptions()
    registry.import_user_modules(list(options.t2t_usr_dir))
    run = open_run(output_dir)
    how = change_decoding(run.hparams.decode, options.decode_hparams)
    names = {
        "problem": problem,
        "inputs_of": options.inputs_of,
        "command_of": options.command_of,
    }
    if to_file and str(to_file) != "-":
        check_writable(Path(to_file))
    if from_file and (is_jsonl(from_file) or is_jsonl(to_file)):
        return _decode_objects(run, how, names, from_file, to_file, options)
    task = choose_task(run, **names)
    check_output_format(task, options.output_format, how)
    if from_file:
        return _decode_file(run, task, how, from_file=from_file, to_file=to_file, options=options)
    if not options.t2t_usr_dir:
        registry.import_user_modules(list(run.user_modules))
    directory = Path(data_dir or run.data_dir)
    source = run.task(options.inputs_of or task.name)
    check_run_data(run, [source], split, directory)
    loaded = load_tasks(run, [task], options.checkpoint_path, how)
    dataset = make_evaluation_dataset(
        registry.problem(source.name, data_dir=directory),
        split,
        data_dir=directory,
        batch=BatchSpec(tokens=run.hparams.data.eval_batch_tokens),
        limit=_choose_limit(how, options),
    )
    decoded = _decode_batches(dataset, task, loaded.decoder)
    if is_jsonl(to_file):
        told = name_task(task, names)
        formatted: Iterator[str] = (
            write_record({**told, "inputs": text}, output) for text, output in decoded
        )
    else:
        formatted = format_outputs(decoded, task, options.output_format, tell_on_stderr, how)
    outputs = write_outputs(formatted, dataset.num_examples, task.name, to_file)
    _tell_empty_outputs(outputs)
    return outputs


def _choose_limit(how: DecodeHParams, options: DecodingOptions) -> int:
    return options.limit or max(how.num_samples, 0)


def _decode_batches(
    dataset: Iterable[Mapping[str, Any]], task: Task, decoder: BatchDecoder
) -> Iterator[tuple[str, Output]]:
    start = 0
    for batch in dataset:
        texts = batch["inputs_text"]
        outputs = decoder(task, batch, range(start, start + len(texts)))
        yield from zip((text.decode("utf-8") for text in texts), outputs, strict=True)
        start += len(texts)


def _decode_file(
    run: Run,
    task: Task,
    how: DecodeHParams,
    *,
    from_file: str | Path,
    to_file: str | Path,
    options: DecodingOptions,
) -> list[str]:
    """Decode the lines of a file; those that cannot be read are told at the end."""
    lines = list(islice(read_lines(from_file), _choose_limit(how, options) or None))
    inputs = InputLines(_name_file(from_file), lines, task.inputs, tell_on_stderr)
    loaded = load_tasks(run, [task], options.checkpoint_path, how)
    readable = inputs.readable
    decoded = loaded[task.name].output_each(readable, inputs.skip)
    pairs = zip(readable, decoded, strict=True)
    formatted = format_outputs(pairs, task, options.output_format, tell_on_stderr, how)
    outputs = write_outputs(formatted, len(lines), task.name, to_file)
    _tell_empty_outputs([text for n, text in enumerate(outputs) if inputs.expects_output(n)])
    inputs.check(outputs)
    return outputs


def _decode_objects(
    run: Run,
    how: DecodeHParams,
    names: Mapping[str, str],
    from_file: str | Path,
    to_file: str | Path,
    options: DecodingOptions,
) -> list[str]:
    """Decode the lines of a file to objects; they may be of many problems."""
    if options.output_format != "plain":
        raise UserError(
            "Objects have their outputs as they are decoded",
            received={"output_format": options.output_format},
            fix="Leave --output_format out.",
        )
    lines = list(islice(read_lines(from_file), _choose_limit(how, options) or None))
    if any(names.values()) or not is_jsonl(from_file):
        told = name_task(choose_task(run, **names), names)
    if not is_jsonl(from_file):
        lines = [json.dumps({**told, "inputs": line}) for line in lines]
    inputs = JsonLines(_name_file(from_file), lines, run, names, tell_on_stderr)
    loaded = load_tasks(run, list(inputs.tasks.values()), options.checkpoint_path, how)
    outputs = write_outputs(inputs.decode(loaded), len(lines), "lines", to_file)
    if inputs.num_empty:
        tell_on_stderr(f"{inputs.num_empty:,} of {len(outputs):,} outputs are empty")
    inputs.check(outputs)
    return outputs


def _name_file(path: str | Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _tell_empty_outputs(outputs: Sequence[str]) -> None:
    if number := sum(not output.strip() for output in outputs):
        tell_on_stderr(f"{number:,} of {len(outputs):,} outputs are empty")


def tell_on_stderr(text: str) -> None:
    """Say something beside the outputs."""
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)


def write_outputs(outputs: Iterable[str], total: int, name: str, to_file: str | Path) -> list[str]:
    """Write each output as soon as it is there, and return them all.

    Args:
        outputs: Decoded when asked for.
        total: How many there will be.
        name: Their problem's, for the bar on standard error if that is a terminal.
        to_file: As `decode` takes it.
    """
    console = Console(stderr=True)
    written: list[str] = []
    with _open_output(to_file) as file:
        is_shown = file is not None and file.isatty()
        steps = track(
            outputs,
            description=name,
            total=total,
            console=console,
            transient=True,
            disable=is_shown or not console.is_terminal,
        )
        for output in steps:
            written.append(output)
            if file:
                file.write(output.replace("\n", " ") + "\n")
                file.flush()
    return written


def _open_output(to_file: str | Path) -> AbstractContextManager[IO[str] | None]:
    if str(to_file) == "-":
        return nullcontext(sys.stdout)
    return open_atomically(Path(to_file)) if to_file else nullcontext(None)


def check_writable(path: Path) -> None:
    """Fail before the decoding rather than after it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        can_write = os.access(path.parent, os.W_OK) and not path.is_dir()
    except OSError:
        can_write = False
    if not can_write:
        raise UserError("The outputs cannot be written", received={"decode_to_file": str(path)})


def read_lines(path: str | Path) -> Iterator[str]:
    """Read the lines of a text file (`.gz` too), a pipe or standard input, empty ones included.

    Raises:
        UserError: The file is missing or not UTF-8.
    """
    path = Path(path)
    if str(path) == "-":
        for number, line in enumerate(sys.stdin.buffer, start=1):
            yield decode_line(line, Path("standard input"), number)
    elif path.exists() and not path.is_dir():
        yield from decode_lines(path)
    else:
        raise UserError("There is no file to decode", received={"decode_from_file": str(path)})


def decode_interactively(
    predictor: Callable[[str], str], lines: Iterable[str], output: TextIO, prompt: str = "> "
) -> None:
    """Answer each line that a person types; an empty line or the end of input stops.

    Args:
        predictor: The problem.
        lines: What is typed, for example `sys.stdin`.
        output: Where prompts and answers go.
        prompt: Shown before each line.

    Example:
        >>> decode_interactively(str.upper, ["a tree", ""], sys.stdout)
        > A TREE
        >
    """
    output.write(prompt)
    output.flush()
    for line in lines:
        if not line.strip():
            break
        answer = predictor(line.rstrip("\n"))
        output.write(f"{answer if answer.strip() else NO_OUTPUT}\n{prompt}")
        output.flush()
    output.write("\n")
