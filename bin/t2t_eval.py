"""t2t-eval: score a trained run on whole splits, teacher-forced and decoded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.files.disk import refuse_unwritable
from t2t_mm.files.sealed_json import dump_json


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("output_dir", "", "The trained run; its own settings are used.")
    flags.DEFINE_path("checkpoint_path", "", "One checkpoint; default: the best, else the last.")
    flags.DEFINE_string("problems", "", "Some of the run's problems; default: all.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("split", "validation", "The split to score: validation or test.")
    flags.DEFINE_path("data_dir", "", "Generated data; default: where the run found it.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Your own problems; default: the run's.")
    command.define_backend(flags)
    flags.DEFINE_bool("decode", True, "Also decode, and score what comes out.")
    flags.DEFINE_bool("shuffled_inputs", False, "Also score each output as if of another input.")
    flags.DEFINE_bool("baseline", False, "Also score the most frequent training target.")
    flags.DEFINE_bool("continuous", False, "Score each checkpoint as it appears, beside a trainer.")
    flags.DEFINE_float(
        "eval_timeout_mins",
        60.0,
        "With --continuous: minutes to wait for the run, and for each next checkpoint.",
        lower_bound=0.0,
    )
    command.define_decode_hparams(flags)
    flags.DEFINE_integer("limit", 0, "Examples of each problem; 0 for all.", lower_bound=0)
    flags.DEFINE_integer(
        "eval_batch_tokens", 0, "Padded positions of a batch; 0: as the run says.", lower_bound=0
    )
    flags.DEFINE_integer(
        "samples", 6, "First examples that are kept; half as many worst and best.", lower_bound=0
    )
    flags.DEFINE_path("scores_file", "", "Write the scores as JSON to this file.")
    flags.DEFINE_bool("json", False, "Print the scores as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-eval --help.")
    if flags.scores_file:
        refuse_unwritable(Path(flags.scores_file), "scores", "scores_file")
    if flags.continuous:
        from t2t_mm.evaluation.continuous import wait_for_run

        wait_for_run(flags.output_dir, flags.eval_timeout_mins)  # it may say which backend
    command.choose_backend(flags)
    command.import_tensorflow()
    from t2t_mm.evaluation.evaluation import evaluate
    from t2t_mm.evaluation.evaluation_options import EvaluationOptions
    from t2t_mm.run.side_by_side import give_operations_one_thread

    if flags.decode:
        give_operations_one_thread()
    given = {
        "problems": flags.problems,
        "split": flags.split,
        "data_dir": flags.data_dir,
        "options": EvaluationOptions(
            checkpoint_path=flags.checkpoint_path,
            decode=flags.decode,
            shuffled_inputs=flags.shuffled_inputs,
            baseline=flags.baseline,
            decode_hparams=flags.decode_hparams,
            limit=flags.limit,
            eval_batch_tokens=flags.eval_batch_tokens,
            samples=flags.samples,
            t2t_usr_dir=flags.t2t_usr_dir,
        ),
    }
    if flags.continuous:
        return _evaluate_continuously(flags, given)
    scores = evaluate(flags.output_dir, **given)
    if flags.json:
        print(dump_json(scores, ensure_ascii=False))
    else:
        from t2t_mm.bin.score_table import print_scores

        print_scores(scores, flags.output_dir)
    _write_scores(flags, scores)
    return 0


def _evaluate_continuously(flags: Any, given: dict[str, Any]) -> int:
    """Score each checkpoint as it appears: a line for each problem, the tables of the last."""
    from t2t_mm.bin.score_table import list_score_lines, print_scores
    from t2t_mm.evaluation.continuous import evaluate_continuously

    scores: dict[str, dict[str, Any]] = {}
    for step, scores in evaluate_continuously(
        flags.output_dir, wait_minutes=flags.eval_timeout_mins, **given
    ):
        if flags.json:
            print(dump_json({"step": step, "scores": scores}, ensure_ascii=False), flush=True)
        else:
            print(f"step {step:,}", *list_score_lines(scores), sep="\n  ", flush=True)
        _write_scores(flags, scores)
    if not scores:
        print("nothing to do: every checkpoint has been scored", file=sys.stderr)
    elif not flags.json:
        print()
        print_scores(scores, flags.output_dir)
    return 0


def _write_scores(flags: Any, scores: dict[str, dict[str, Any]]) -> None:
    if flags.scores_file:
        from t2t_mm.evaluation.decoded_files import write_scores

        write_scores(Path(flags.scores_file), scores)


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-eval", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
