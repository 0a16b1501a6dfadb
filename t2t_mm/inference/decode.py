"""`decode`: files, data sets and prompts through a trained run; the form of `t2t-decoder`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from t2t_mm import registry
from t2t_mm.data.pipeline import evaluation_dataset
from t2t_mm.data.problem import decode_line, open_bytes
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.inference.predictor import LoadedRun, Predictor, load
from t2t_mm.training.checkpoint import write_text_atomically


def decode(
    output_dir: str | Path,
    problem: str = "",
    *,
    from_file: str | Path = "",
    to_file: str | Path = "",
    split: str = "test",
    data_dir: str | Path = "",
    checkpoint_path: str | Path = "",
    limit: int = 0,
    t2t_usr_dir: Sequence[str] = (),
) -> list[str]:
    """Decodes the lines of a file, or a split of the problem's data set.

    Args:
        output_dir: the trained run.
        problem: one of its problems; may be left out where it has only one.
        from_file: text, one input a line (`-` for standard input); N lines in, N lines out.
        to_file: where the outputs go, one a line; nowhere by default.
        split: what to decode when no file is given.
        data_dir: where the data is; the run's own by default.
        checkpoint_path: one checkpoint; the best, else the newest, by default.
        limit: examples; 0 for all.
        t2t_usr_dir: where user problems are; the run's own by default.

    Returns:
        The outputs in the order of the inputs.

    Raises:
        UserError: the run, the file or the data is not there.
    """
    run = load(output_dir, checkpoint_path)
    predictor = choose_predictor(run, problem)
    if from_file:
        inputs = list(read_lines(from_file))
    else:
        inputs = data_set_inputs(run, predictor, split, data_dir, t2t_usr_dir)
    outputs = predictor.decode_all(inputs[:limit] if limit else inputs)
    if to_file:
        lines = "".join(output.replace("\n", " ") + "\n" for output in outputs)
        write_text_atomically(Path(to_file), lines)
    return outputs


def choose_predictor(run: LoadedRun, problem: str) -> Predictor:
    """The predictor of `problem`, or of the run's only problem."""
    if not problem and len(run) > 1:
        raise UserError(
            f"The run has {len(run)} problems. Expected --problem=NAME, one of {', '.join(run)}."
        )
    return run[problem or next(iter(run))]


def read_lines(path: str | Path) -> Iterator[str]:
    """The lines of a text file (`.gz` too) or of standard input, empty ones included.

    Raises:
        UserError: the file is missing or not UTF-8.
    """
    path = Path(path)
    if str(path) == "-":
        yield from _decoded_lines(sys.stdin.buffer, Path("standard input"))
        return
    if not path.is_file():
        raise UserError("There is no file to decode", received={"decode_from_file": str(path)})
    with open_bytes(path) as lines:
        yield from _decoded_lines(lines, path)


def _decoded_lines(lines: Iterable[bytes], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        yield decode_line(line, path, number)


def data_set_inputs(
    run: LoadedRun,
    predictor: Predictor,
    split: str,
    data_dir: str | Path,
    t2t_usr_dir: Sequence[str],
) -> list[str]:
    """The raw input texts of a generated split, in stored order."""
    registry.import_user_modules(list(t2t_usr_dir) or list(run.run.user_modules))
    directory = Path(data_dir or run.run.data_dir)
    problem = registry.problem(predictor.task.name, data_dir=directory)
    batches = evaluation_dataset(problem, split, data_dir=directory, batch=BatchSpec(examples=256))
    return [text.decode("utf-8") for batch in batches for text in batch["inputs_text"].numpy()]


def decode_interactively(
    predictor: Predictor, lines: Iterable[str], output: TextIO, prompt: str = "> "
) -> None:
    """Answers each line that a person types; an empty line or the end of input stops.

    Args:
        predictor: the problem.
        lines: what is typed, for example `sys.stdin`.
        output: where prompts and answers go.
        prompt: shown before each line.
    """
    output.write(prompt)
    output.flush()
    for line in lines:
        if not line.strip():
            break
        output.write(predictor(line.rstrip("\n")) + "\n" + prompt)
        output.flush()
    output.write("\n")
