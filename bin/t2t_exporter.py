"""t2t-exporter: a trained run as one SavedModel, with a signature for each problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.run import keras_backend

if TYPE_CHECKING:
    from t2t_mm.inference.export import Export


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_path("output_dir", "", "The trained run, of whatever backend.")
    flags.DEFINE_path("export_dir", "", "Where versions go; default: OUTPUT_DIR/export.")
    flags.DEFINE_path("checkpoint_path", "", "One checkpoint; default: the best, else the last.")
    flags.DEFINE_string("problems", "", "Some of the run's problems; default: all.")
    flags.DEFINE_alias("problem", "problems")
    flags.DEFINE_integer(
        "export_version", 0, "Number of the version's folder; 0: the next.", lower_bound=0
    )
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Your own problems; default: the run's.")
    flags.DEFINE_bool("json", False, "Print what was written as JSON and nothing else.")


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if not flags.output_dir:
        raise UserError("--output_dir must be given", fix="See t2t-exporter --help.")
    keras_backend.choose_backend("tensorflow")
    command.import_tensorflow()
    from t2t_mm.inference.export import export

    written = export(
        flags.output_dir,
        flags.export_dir,
        problems=flags.problems,
        version=flags.export_version,
        checkpoint_path=flags.checkpoint_path,
        t2t_usr_dir=flags.t2t_usr_dir,
    )
    print(json.dumps(written.to_json(), indent=2) if flags.json else _format(written))
    return 0


def _format(written: Export) -> str:
    lines = [
        f"{name}: {_join(described['inputs'])} -> {_join(described['outputs'])}"
        for name, described in written.signatures.items()
    ]
    size = f"{written.num_bytes / 1e6:.1f} MB"
    lines.append(f"{written.path}: step {written.step:,}, {size}, {written.seconds:.1f} seconds")
    return "\n".join(lines)


def _join(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {of}" for name, of in types.items())


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command("t2t-exporter", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
