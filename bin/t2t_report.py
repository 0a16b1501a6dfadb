"""t2t-report: write what a run learned as one HTML page that opens without a network."""

from __future__ import annotations

from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("output_dir", "", "The trained run, already scored by t2t-eval.")
    flags.DEFINE_string(
        "split", "", "The split; default: the one but train of which the whole was scored last."
    )
    flags.DEFINE_path("report_file", "", "The page to write; default: OUTPUT_DIR/report.html.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-report --help.")
    from t2t_mm.report import report

    print(report(flags.output_dir, split=flags.split, report_file=flags.report_file))
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-report", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
