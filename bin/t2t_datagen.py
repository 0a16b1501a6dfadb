"""t2t-datagen: generate the records and vocabularies of problems; repeat the command to go on.

Finished problems are kept. Data that is stale, or was made with other flags, is an error until
--overwrite is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    from t2t_mm.data.generation.problem_generation import GeneratedProblem

_INSPECTED_RECORDS = 3


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_string("problems", "", "Problems to generate: names, globs, groups, by commas.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("exclude_problems", "", "Names, globs, groups to leave out.")
    flags.DEFINE_path("data_dir", "", "Where generated data and vocabularies go.")
    flags.DEFINE_path("tmp_dir", "", "Where raw and downloaded files are.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Folder, file or package of your own problems.")
    flags.DEFINE_integer(
        "num_shards",
        0,
        "Files per split of data that is written now; 0 chooses by size.",
        lower_bound=0,
        upper_bound=99_999,  # their names have five digits
    )
    flags.DEFINE_integer("max_cases", 0, "Most examples per split; 0 for all.", lower_bound=0)
    _define_raw_options(flags)
    flags.DEFINE_integer("random_seed", 0, "Seed for problems that draw at random.")
    flags.DEFINE_integer(
        "num_concurrent_processes", 1, "Processes that read a problem of parts.", lower_bound=1
    )
    flags.DEFINE_bool("verify", False, "Compare checksums of data that is there, changed or not.")
    flags.DEFINE_bool("only_list", False, "Only list which problems would be generated.")
    flags.DEFINE_bool("inspect", False, "Print records (--max_cases of them, or 3) as stored.")
    flags.DEFINE_path(
        "kept_batch", "", "With --inspect: print a batch that training kept, RUN/faults/STEP-0."
    )
    flags.DEFINE_bool("overwrite", False, "Generate again what is there.")
    flags.DEFINE_bool("vocab_only", False, "Stop after the vocabularies.")
    flags.DEFINE_bool(
        "overwrite_vocab",
        False,
        "Train the vocabularies again, and generate the named problems again with them; other "
        "data that uses them becomes stale.",
    )
    flags.DEFINE_integer("vocab_size", 8192, "Pieces of a new vocabulary.", lower_bound=1)
    flags.DEFINE_integer(
        "vocab_bytes", 10_000_000, "Bytes of text to train a vocabulary on.", lower_bound=1
    )
    flags.DEFINE_bool("beam", False, "Generate by Apache Beam (needs the extra t2t_mm[beam]).")
    flags.DEFINE_multi_string("beam_option", [], "Beam's own, such as --runner=X; repeatable.")


def _define_raw_options(flags: Any) -> None:
    """Declare what problems are told of their raw data."""
    flags.DEFINE_float(
        "validation_share",
        0.0,
        "How much of the training data to hold out for validation where the raw data has no such "
        "split; 0: mostly a tenth.",
    )
    flags.DEFINE_float("test_share", 0.0, "The same for test; 0: mostly no test split.")
    flags.DEFINE_string(
        "label_pattern",
        "",
        r"Regular expression of file names that say the class: '(?P<label>[a-z]+)_.*'.",
    )
    flags.DEFINE_string(
        "columns", "", "Columns of a table by what they hold: 'text=review,label=stars'."
    )
    flags.DEFINE_float(
        "max_bad_share",
        None,
        "How much of a split may be left out since it cannot be read; more is an error, if it is "
        "more than 20 examples. By default 0.01.",
    )
    flags.DEFINE_bool("strict", False, "Leave nothing out: --max_bad_share=0.")


def _choose_raw_options(flags: Any) -> dict[str, Any]:
    """Choose what a person said of the raw data."""
    from t2t_mm.data.declaring.problem import RAW_OPTIONS

    said = {name: value for name in RAW_OPTIONS if (value := getattr(flags, name))}
    if flags.strict or flags.max_bad_share == 0:
        said["max_bad_share"] = 0.0
    return said


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if flags.kept_batch:
        _print_kept_batch(flags)
        return 0
    missing = [f"--{name}" for name in ("problems", "data_dir") if not getattr(flags, name)]
    if missing:
        raise UserError(f"{' and '.join(missing)} must be given", fix="See t2t-datagen --help.")

    command.import_user_modules(flags.t2t_usr_dir)
    if not flags.only_list:
        command.import_tensorflow()
    if flags.inspect:
        _print_records(flags)
        return 0
    from t2t_mm.data.generation.datagen import generate_data
    from t2t_mm.data.generation.generation_options import GenerationOptions

    names = _list_names(flags, flags.tmp_dir)
    _refuse_idle_vocabulary_flags(flags, names)
    generated = generate_data(
        names,
        data_dir=flags.data_dir,
        tmp_dir=flags.tmp_dir or None,
        options=GenerationOptions(
            num_shards=flags.num_shards,
            max_cases=flags.max_cases,
            random_seed=flags.random_seed,
            raw_options=_choose_raw_options(flags),
            num_processes=flags.num_concurrent_processes,
            overwrite=flags.overwrite,
            only_list=flags.only_list,
            vocab_only=flags.vocab_only,
            overwrite_vocab=flags.overwrite_vocab,
            vocab_size=flags.vocab_size,
            vocab_bytes=flags.vocab_bytes,
            beam=flags.beam,
            beam_options=flags.beam_option,
        ),
    )
    if flags.verify and not flags.only_list:
        _compare_checksums(flags, [one.name for one in generated])
    _print_table(generated)
    return 0


def _list_names(flags: Any, tmp_dir: str = "") -> list[str]:
    from t2t_mm import registry
    from t2t_mm.data.declaring.own_folders import find_own_problems

    own = find_own_problems(flags.data_dir, tmp_dir)
    return registry.expand_problems(flags.problems, flags.exclude_problems, own)


def _refuse_idle_vocabulary_flags(flags: Any, names: Sequence[str]) -> None:
    """Refuse flags of vocabularies where none is trained, and with `--vocab_only` none written.

    What classes declare is looked at, and no file: how raw data is read is not told them yet.
    """
    given = [*filter(flags.gives, ("vocab_size", "vocab_bytes", "vocab_only"))]
    if flags.only_list or not given:
        return
    from t2t_mm import registry
    from t2t_mm.data.kinds.kind_table import choose_kinds, list_text_vocabularies

    declared = [getattr_static(registry.problem_class(name), "modalities") for name in names]
    if not all(isinstance(features, Mapping) for features in declared):
        return
    if list_text_vocabularies(declared):
        return
    kinds = (kind for features in declared for kind in choose_kinds(features).values())
    writes_classes = any(kind.class_list for kind in kinds)
    for name in given:
        if name != "vocab_only" or not writes_classes:
            raise UserError(
                f"--{name} counts for nothing: no problem has text with a vocabulary to train",
                received={"problems": ", ".join(names)},
                fix=f"Leave --{name} out.",
            )


def _print_table(generated: Sequence[GeneratedProblem]) -> None:
    from rich.table import Table

    some_left_out = any(what.skipped for one in generated for what in one.splits.values())
    table = Table("problem", "split", box=None)
    left_out = ["left out"] if some_left_out else []
    for column in ("examples", *left_out, "shards", "bytes", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("state")
    for problem in generated:
        state = "was there" if problem.was_there else ""
        if not problem.splits:
            table.add_row(problem.name, *[""] * (len(table.columns) - 2), state)
        for number, (split, what) in enumerate(problem.splits.items()):
            first = number == 0
            table.add_row(
                problem.name if first else "",
                split,
                f"{what.examples:,}",
                *([f"{what.skipped:,}"] if some_left_out else []),
                f"{what.shards}",
                f"{what.bytes:,}",
                f"{problem.seconds:.1f}" if first else "",
                state if first else "",
            )
        for name in problem.exchanged_by:
            said = f"reads the data of {problem.name}, exchanged"
            table.add_row(name, *[""] * (len(table.columns) - 2), said)
    command.make_console().print(table)


def _compare_checksums(flags: Any, names: Sequence[str]) -> None:
    from t2t_mm import registry
    from t2t_mm.data.records.stored import open_data

    for name in names:
        problem = registry.problem(name, data_dir=flags.data_dir, tmp_dir=flags.tmp_dir or None)
        open_data(problem, flags.data_dir, verify=True)


def _print_records(flags: Any) -> None:
    from t2t_mm import registry
    from t2t_mm.data.pipeline.inspection import inspect_records
    from t2t_mm.data.records.stored import open_data

    limit = flags.max_cases or _INSPECTED_RECORDS
    for name in _list_names(flags):
        problem = registry.problem(name, data_dir=flags.data_dir, tmp_dir=flags.tmp_dir or None)
        info = open_data(problem, flags.data_dir, verify=True)
        for split in info.lengths:
            records = inspect_records(info, split, problem, limit=limit)
            for number, record in enumerate(records):
                _print_record(f"{name} {split} {number}", record)


def _print_record(title: str, record: Mapping[str, Mapping[str, Any]]) -> None:
    command.make_console().print(title, style="bold", markup=False)
    for feature, shown in record.items():
        for what, value in shown.items():
            print(f"  {feature:8} {what:8} {value}")  # the console has other tabs and emojis


def _print_kept_batch(flags: Any) -> None:
    command.import_user_modules(flags.t2t_usr_dir)
    command.import_tensorflow()
    from t2t_mm.run.kept_batches import describe_kept_batch

    facts, examples = describe_kept_batch(Path(flags.kept_batch))
    print(", ".join(f"{name}: {value}" for name, value in facts.items()))
    for number, example in enumerate(examples[: flags.max_cases or None]):
        _print_record(f"{facts['problem']} step {facts['step']} {number}", example)


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-datagen", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
