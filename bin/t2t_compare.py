"""t2t-compare: say of every problem whether one of two runs is better, and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.files.sealed_json import dump_json

if TYPE_CHECKING:
    from rich.console import Console

_NOTE = (
    "B - A in percent with its 95% interval, and p: paired bootstrap of the examples that both "
    "have decoded (Koehn 2004; 1,000 resamples, the same for both). Better is said where p < 0.05, "
    "which one in twenty equal pairs reaches by chance. What another seed of training would change "
    "is not in it."
)


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_string("split", "", "The split; default: the one that both have decoded.")
    flags.DEFINE_bool("json", False, "Print the comparison as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if len(flags.arguments) != 2:
        raise UserError(
            "Two runs are compared",
            expected="t2t-compare RUN_A RUN_B",
            received={"arguments": flags.arguments},
            fix="A run is an --output_dir that t2t-eval has scored, or its decoded/SPLIT-STEP.",
        )
    from t2t_mm.evaluation.comparison import compare

    compared = compare(*flags.arguments, split=flags.split)
    if flags.json:
        print(dump_json(compared, ensure_ascii=False))
    else:
        print_comparison(compared, *flags.arguments)
    return 0


def print_comparison(
    compared: Mapping[str, Mapping[str, Any]],
    run_a: str,
    run_b: str,
    console: Console | None = None,
) -> None:
    """Print what `compare` returned: a row for each score, the main one with what is said of it.

    Args:
        compared: By problem.
        run_a: What A is.
        run_b: What B is.
        console: Where to; standard output by default.
    """
    from rich.table import Table

    from t2t_mm.bin.score_table import FEW_NOTE
    from t2t_mm.scoring.metrics import FEW_EXAMPLES, name_score

    console = console or command.make_console()
    first = next(iter(compared.values()))
    a, b = (
        f"{run}, {folder}" for run, folder in zip((run_a, run_b), first["folders"], strict=True)
    )
    console.print(f"{first['split']} split\nA  {a}\nB  {b}\n", markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("problem", no_wrap=True, overflow="fold")
    for heading in ("n", "score", "A", "B", "B - A", "95%", "p"):
        table.add_column(heading, justify="left" if heading == "score" else "right", no_wrap=True)
    table.add_column("")
    for name, one in compared.items():
        few = "*" if one["examples"] < FEW_EXAMPLES else ""
        named, said = (name, f"{one['examples']:,}{few}"), one["verdict"]
        for key, score in one["scores"].items():
            low, high = score["interval"]
            numbers = (f"{score['a']:.1f}", f"{score['b']:.1f}", f"{score['difference']:+.1f}")
            around = f"{low:+.1f} to {high:+.1f}"
            table.add_row(
                *named, name_score(key), *numbers, around, f"{score['p_value']:.3f}", said
            )
            named, said = ("", ""), ""
    console.print(table)
    console.print(_NOTE, style="dim")
    if any(one["examples"] < FEW_EXAMPLES for one in compared.values()):
        console.print(FEW_NOTE, style="dim")


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command(
        "t2t-compare", __doc__, define_flags, run_from_flags, argv, usage="RUN_A RUN_B"
    )


if __name__ == "__main__":
    raise SystemExit(main())
