"""t2t-registry: what problems, groups, hparams sets, modalities and studies there are.

t2t-registry list [--kind=problem] [--json]; NAME[/NAME]: it takes a name of yours after a slash
t2t-registry describe NAME [--json]; or a setting, data.batch_tokens
t2t-registry check NAME [--json]: shapes, vocabulary, one batch learned by heart and decoded, cost
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from t2t_mm import registry
from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.registry.description import describe, list_registered_names, summarize_names

_HEADINGS = {
    "problem": "Problems",
    "group": "Groups of problems",
    "hparams": "Hparams sets",
    "modality": "Modalities",
    "study": "Studies",
}


_OF_CHECK = ("data_dir", "tmp_dir", "hparams_set", "hparams", "most_steps", "backend")


def define_flags(flags: Any) -> None:
    """Declare the command's flags on absl's `flags` module."""
    flags.DEFINE_enum("kind", None, list(_HEADINGS), "What to list; by default all.")
    flags.DEFINE_bool("json", False, "Print JSON instead of text.")
    flags.DEFINE_multi_path("t2t_usr_dir", [], "Folder, file or package of your own problems.")
    flags.DEFINE_path("data_dir", "", "check: generated data; else a little is generated.")
    flags.DEFINE_path("tmp_dir", "", "check: raw files.")
    flags.DEFINE_string("hparams_set", "multimodel_tiny", "check: settings of the model.")
    flags.DEFINE_string("hparams", "", "check: overrides, 'model.width=64'.")
    flags.DEFINE_integer(
        "most_steps",
        300,
        "check: steps after which a batch is given up; 0: none is learned.",
        lower_bound=0,
    )
    command.define_backend(flags)


def run_from_flags(flags: Any) -> int | None:
    """Run the command with its parsed flags; return its exit code, `None` for 0."""
    if flags.arguments[:1] == ["check"]:  # before a module of the user's imports Keras
        from t2t_mm.run.keras_backend import choose_backend

        choose_backend(flags.backend)
    command.import_user_modules(flags.t2t_usr_dir)
    if flags.arguments[:1] != ["check"] and (given := [*filter(flags.gives, _OF_CHECK)]):
        raise UserError(f"--{given[0]} is for `check`", received={"arguments": flags.arguments})
    match flags.arguments:
        case ["list"]:
            print_names(flags.kind or "", as_json=flags.json)
        case ["describe" | "check", _] if flags.kind:
            raise UserError("--kind is for `list`", received={"kind": flags.kind})
        case ["describe", name]:
            if name in registry.MODALITIES:
                command.import_tensorflow()
            description = describe(name)
            print(_to_json(description) if flags.json else _to_text(description))
        case ["check", name]:
            return _check(name, flags)
        case _:
            raise UserError(
                "t2t-registry needs one of its commands",
                expected="list, or describe NAME, or check NAME",
                received={"arguments": " ".join(flags.arguments)},
            )
    return 0


def _check(name: str, flags: Any) -> int:
    """Print what is found; 2 where something is not fine."""
    from t2t_mm.registry import load_hparams

    hparams = load_hparams(flags.hparams_set, overrides=flags.hparams)
    command.import_tensorflow()
    from t2t_mm.training.problem_check import check_problem

    findings = check_problem(
        name,
        hparams=hparams,
        data_dir=flags.data_dir,
        tmp_dir=flags.tmp_dir,
        most_steps=flags.most_steps,
    )
    if flags.json:
        print(_to_json([finding.to_json() for finding in findings]))
    else:
        for finding in findings:
            print(f"{finding.what:10}  {'ok' if finding.is_fine else 'FAILED':6}  {finding.told}")
    return 0 if all(finding.is_fine for finding in findings) else command.EXIT_USAGE


def print_names(kind: str = "", *, as_json: bool = False) -> None:
    """Print the registered names, each on a line with what it is.

    Args:
        kind: Problem, group, hparams, modality or study; all of them by default.
        as_json: Whether to print `{kind: [names]}`.
    """
    kinds = [kind] if kind else list(_HEADINGS)
    if as_json:
        names = list_registered_names()
        print(_to_json({key: names[key] for key in kinds}))
        return
    sections = ("\n".join([f"{_HEADINGS[key]}:", *_format_lines(key)]) for key in kinds)
    print("\n\n".join(sections))


def _format_lines(kind: str) -> list[str]:
    """Format the names of a kind; a terminal cuts what they are, so that each has one line."""
    lines = summarize_names(kind)
    longest = max(map(len, lines), default=0)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return [f"  {name:{longest}}  {line}".rstrip()[:width] for name, line in lines.items()]


def _to_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _to_text(description: dict[str, Any]) -> str:
    """Format the name and its kind, the docstring, then one line per fact."""
    facts = {key: value for key, value in description.items() if key not in _TOP_FACTS}
    lines = [f"{description['name']} ({description['kind']})"]
    if description["doc"]:
        lines += ["", description["doc"]]
    return "\n".join([*lines, "", *_format_facts(facts)]).rstrip()


_TOP_FACTS = ("name", "kind", "doc")


def _format_facts(facts: dict[str, Any]) -> list[str]:
    """Format facts as `key: value`, the settings of an hparams set as --hparams takes them."""
    from t2t_mm.settings.field_values import format_value

    lines = []
    for key, value in facts.items():
        if key == "values":
            lines += [
                f"{section}.{field}={format_value(part)}"
                for section, fields in value.items()
                for field, part in fields.items()
            ]
        elif isinstance(value, dict):
            lines.append(f"{key}: " + ", ".join(f"{name}={part}" for name, part in value.items()))
        elif isinstance(value, list):
            lines.append(f"{key}: {', '.join(map(str, value))}")
        else:
            lines.append(f"{key}: {value}")
    return lines


def main(argv: list[str] | None = None) -> int:
    """Run the command from its command line; return its exit code."""
    return command.run_command(
        "t2t-registry",
        __doc__,
        define_flags,
        run_from_flags,
        argv,
        usage="list | describe NAME | check NAME",
    )


if __name__ == "__main__":
    raise SystemExit(main())
