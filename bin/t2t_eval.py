"""t2t-eval: score a trained run on whole splits, teacher-forced and decoded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_string("output_dir", "", "The trained run; its own settings are used.")
    flags.DEFINE_string("checkpoint_path", "", "One checkpoint; default: the best, else the last.")
    flags.DEFINE_string("problems", "", "Some of the run's problems; default: all.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("split", "validation", "The split to score: validation or test.")
    flags.DEFINE_string("data_dir", "", "Generated data; default: where the run found it.")
    flags.DEFINE_multi_string("t2t_usr_dir", [], "Your own problems; default: the run's.")
    command.define_backend(flags)
    flags.DEFINE_bool("decode", True, "Also decode, and score what comes out.")
    flags.DEFINE_bool("shuffled_inputs", False, "Also score each output as if of another input.")
    flags.DEFINE_bool("baseline", False, "Also score the most frequent training target.")
    flags.DEFINE_integer("limit", 0, "Examples of each problem; 0 for all.", lower_bound=0)
    flags.DEFINE_integer(
        "samples", 6, "First examples that are kept; half as many worst and best.", lower_bound=0
    )
    flags.DEFINE_string("scores_file", "", "Write the scores as JSON to this file.")
    flags.DEFINE_bool("json", False, "Print the scores as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-eval --help.")
    command.choose_backend(flags)
    command.import_tensorflow()
    from t2t_mm.evaluation.decoded_files import write_scores
    from t2t_mm.evaluation.evaluation import evaluate
    from t2t_mm.evaluation.evaluation_options import EvaluationOptions

    scores = evaluate(
        flags.output_dir,
        problems=flags.problems,
        split=flags.split,
        data_dir=flags.data_dir,
        options=EvaluationOptions(
            checkpoint_path=flags.checkpoint_path,
            decode=flags.decode,
            shuffled_inputs=flags.shuffled_inputs,
            baseline=flags.baseline,
            limit=flags.limit,
            samples=flags.samples,
            t2t_usr_dir=flags.t2t_usr_dir,
        ),
    )
    if flags.scores_file:
        write_scores(Path(flags.scores_file), scores)
    if flags.json:
        print(json.dumps(scores, ensure_ascii=False))
    else:
        from t2t_mm.bin.score_table import print_scores

        print_scores(scores, flags.output_dir)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-eval", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
