"""t2t-decoder: outputs of a trained run for a file, a data set or what you type."""

from __future__ import annotations

import sys
from itertools import count
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("output_dir", "", "The trained run; its own settings are used.")
    flags.DEFINE_path("checkpoint_path", "", "One checkpoint; default: the best, else the last.")
    flags.DEFINE_string("problem", "", "One of the run's problems.")
    flags.DEFINE_string(
        "inputs_of", "", "Instead of --problem: the one whose inputs are read, with --command_of."
    )
    flags.DEFINE_string(
        "command_of", "", "As whose targets the outputs are written; such a pair is untrained."
    )
    flags.DEFINE_path(
        "decode_from_file",
        "",
        "One input a line: a text, or the path of a picture or sound; '-' for standard input. Of "
        "a .jsonl(.gz): an object a line, with problem (or inputs_of, command_of) and inputs.",
    )
    flags.DEFINE_path(
        "score_file",
        "",
        "Score given targets instead: lines of an input, a tab and a target; '-' as above. A line "
        "of output is the target's log-probability.",
    )
    flags.DEFINE_path(
        "decode_to_file",
        "",
        "Where outputs go, objects if it is a .jsonl; default: standard output.",
    )
    flags.DEFINE_bool("decode_interactive", False, "Answer what is typed, line by line.")
    flags.DEFINE_string("split", "test", "What to decode when no file is given.")
    flags.DEFINE_path("data_dir", "", "Generated data; default: where the run found it.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Your own problems; default: the run's.")
    command.define_backend(flags)
    command.define_decode_hparams(flags)
    flags.DEFINE_integer("limit", 0, "Examples; 0 for all.", lower_bound=0)
    flags.DEFINE_integer(
        "eval_batch_tokens",
        0,
        "Padded positions of a batch of a split; 0: as the run says.",
        lower_bound=0,
    )
    flags.DEFINE_enum(
        "output_format",
        "plain",
        ("plain", "brackets"),
        "How outputs are written; brackets: trees with their words, as (S (NP (DT The) ...)).",
    )


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-decoder --help.")
    command.choose_backend(flags)
    if flags.decode_interactive:
        return _answer_lines(flags)
    command.import_tensorflow()
    from t2t_mm.inference.decode import decode
    from t2t_mm.inference.decoding_options import DecodingOptions
    from t2t_mm.inference.score_file import score_file
    from t2t_mm.run.side_by_side import give_operations_one_thread

    options = DecodingOptions(
        checkpoint_path=flags.checkpoint_path,
        decode_hparams=flags.decode_hparams,
        limit=flags.limit,
        eval_batch_tokens=flags.eval_batch_tokens,
        inputs_of=flags.inputs_of,
        command_of=flags.command_of,
        output_format=flags.output_format,
        t2t_usr_dir=flags.t2t_usr_dir,
    )
    where, to_file = (flags.output_dir, flags.problem), flags.decode_to_file or "-"
    if flags.score_file:
        score_file(*where, from_file=flags.score_file, to_file=to_file, options=options)
        return 0
    give_operations_one_thread()
    decode(
        *where,
        from_file=flags.decode_from_file,
        to_file=to_file,
        split="" if flags.decode_from_file else flags.split,
        data_dir=flags.data_dir,
        options=options,
    )
    return 0


def _answer_lines(flags: Any) -> int:
    command.import_tensorflow()
    from t2t_mm.inference.chosen_task import choose_task
    from t2t_mm.inference.decode import check_data_is_read, decode_interactively, refuse_change
    from t2t_mm.inference.loaded_run import load_tasks
    from t2t_mm.inference.output_files import tell_on_stderr
    from t2t_mm.inference.output_formats import check_output_format, format_outputs
    from t2t_mm.run.run_directory import open_run
    from t2t_mm.search.choose_search import choose_decoding

    command.import_user_modules(flags.t2t_usr_dir)
    run = open_run(flags.output_dir)
    task = choose_task(run, flags.problem, flags.inputs_of, flags.command_of)
    how = choose_decoding(run, flags.decode_hparams, searches_once=True)
    for name in ("num_samples", "batch_size"):
        refuse_change(run, how, name, "for what is typed")
    check_output_format(task, flags.output_format, how)
    check_data_is_read(how, flags.data_dir)
    loaded = load_tasks(run, [task], flags.checkpoint_path, how, flags.data_dir)
    predictor, places = loaded[task.name], count()

    def answer(text: str) -> str:
        pairs = [(text, next(predictor.output_each([text], places=places)))]
        return "".join(format_outputs(pairs, task, flags.output_format, tell_on_stderr, how))

    decode_interactively(answer, getattr(sys.stdin, "buffer", sys.stdin), sys.stdout)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-decoder", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
