"""t2t-playground: a page on which a trained run answers texts, pictures and sounds."""

from __future__ import annotations

from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("output_dir", "", "The trained run; nothing else is needed.")
    flags.DEFINE_path("checkpoint_path", "", "One checkpoint; default: the best, else the last.")
    flags.DEFINE_path("data_dir", "", "Its data, where it decodes by constrain=trees alone.")
    flags.DEFINE_string("problems", "", "Some of the run's problems; default: all.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_string("host", "127.0.0.1", "Where to listen; by default this machine alone.")
    flags.DEFINE_integer("port", 7860, "Port; 0 for a free one.", 0, upper_bound=65535)
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Your own kinds of features; default: the run's.")
    command.define_backend(flags)
    flags.DEFINE_string(
        "decode_hparams",
        "",
        "How answers are searched for, always by a beam of four, as 'alpha=0.6,extra_length=20'; "
        "default: as the run says. What else counts is no_repeat, constrain, answers_file and "
        "jit_compile.",
    )


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-playground --help.")
    command.choose_backend(flags)
    command.import_tensorflow()
    from t2t_mm.playground.play import play

    command.import_user_modules(flags.t2t_usr_dir)
    play(
        flags.output_dir,
        flags.checkpoint_path,
        problems=flags.problems,
        data_dir=flags.data_dir,
        decode_hparams=flags.decode_hparams,
        host=flags.host,
        port=flags.port,
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-playground", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
