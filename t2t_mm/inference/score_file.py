"""`score_file`: how probable a trained run finds given targets; the form of `t2t-decoder`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.inference.chosen_task import choose_task
from t2t_mm.inference.decoding_options import DecodingOptions
from t2t_mm.inference.input_lines import InputLines, read_lines
from t2t_mm.inference.jsonl_files import is_jsonl
from t2t_mm.inference.loaded_run import load_tasks
from t2t_mm.inference.output_files import check_writable, tell_on_stderr, write_outputs
from t2t_mm.run.run_directory import open_run
from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.overrides import change_decoding, describe_changes


def score_file(
    output_dir: str | Path,
    problem: str = "",
    *,
    from_file: str | Path,
    to_file: str | Path = "",
    options: DecodingOptions | None = None,
) -> list[str]:
    r"""Score the targets in a file, each for its input.

    Args:
        output_dir: The trained run.
        problem: One of its problems; may be left out where it has only one.
        from_file: Lines of an input, a tab and a target (`-` for standard input), the input as
            `decode` takes it; N lines in, N lines out.
        to_file: Where the scores go, a line each; they are there once all are.
        options: Which checkpoint, how many lines, where user problems are; of `decode_hparams`
            batch_size alone.

    Returns:
        The log-probability of each target in nats, with six digits, see `Predictor.score`; empty
        for an empty line.

    Raises:
        LeftOutError: Some lines could not be read; all others are scored and written.
        UserError: The run or the file is not there, or no line could be read.

    Example:
        >>> count = Path("pairs.tsv").write_text("A tree.\tEin Baum.\n\nA boat.\tEin Haus.\n")
        >>> scores = score_file("demo/run", "mini_ende", from_file="pairs.tsv")
        >>> [bool(score) and float(score) < 0 for score in scores]
        [True, False, True]
    """
    options = options or DecodingOptions()
    registry.import_user_modules(options.t2t_usr_dir)
    run = open_run(output_dir)
    task = choose_task(run, problem, options.inputs_of, options.command_of)
    how = _choose_batches(run.hparams.decode, options.decode_hparams)
    if is_jsonl(to_file):
        raise UserError(
            "Scores are a number a line, and no objects",
            received={"to_file": str(to_file)},
            fix="Name a file that does not end in .jsonl.",
        )
    if to_file and str(to_file) != "-":
        check_writable(Path(to_file), from_file)
    lines, too_long = read_lines(from_file, options.limit, "score_file")
    name = "standard input" if str(from_file) == "-" else str(from_file)
    sides = [line.split("\t") for line in lines]
    _check_any_pair(name, sides)
    inputs = InputLines(name, [side[0] for side in sides], task.inputs, tell_on_stderr)
    inputs.skip_all(too_long)
    for place, side in enumerate(sides):
        if inputs.expects_output(place) and len(side) != 2:
            inputs.skip(place, _make_error(side))
    pairs = [(text, side[-1]) for text, side in zip(inputs.readable, sides, strict=True)]
    freely = replace(how, constrain="nothing", answers_file="")
    predictor = load_tasks(run, [task], options.checkpoint_path, freely)[task.name]
    scores = predictor.score_each(pairs, inputs.skip)
    written = ("" if math.isnan(score) else f"{score:.6f}" for score in scores)
    outputs = write_outputs(written, len(lines), task.name, to_file)
    inputs.check(outputs)
    return outputs


def _choose_batches(own: DecodeHParams, text: str) -> DecodeHParams:
    """Change how many pairs are scored together; nothing else of decoding counts."""
    how = change_decoding(own, text)
    if changes := describe_changes(replace(own, batch_size=how.batch_size), how):
        raise UserError(
            "Given targets are scored, and nothing is searched for",
            expected="batch_size alone in decode_hparams",
            received={"decode_hparams": changes},
        )
    return how


def _check_any_pair(name: str, sides: Sequence[Sequence[str]]) -> None:
    """Refuse a file of something else, before the model is loaded."""
    if any(len(side) == 2 for side in sides):
        return
    for number, side in enumerate(sides, start=1):
        if side[0].strip():
            raise UserError(f"{name}, line {number}: {_make_error(side)}")


def _make_error(side: Sequence[str]) -> UserError:
    return UserError(
        "The line is no pair",
        expected="an input, one tab and its target",
        received={"tabs": len(side) - 1},
    )
