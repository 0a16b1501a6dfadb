"""What all commands share: absl flags, help, exit codes and a quiet start.

    def define_flags(flags): flags.DEFINE_string("data_dir", "", "Generated data.")
    def run_from_flags(flags): ...             # flags.data_dir; returns an exit code or None
    def main(argv=None):
        return command.run_command("t2t-x", __doc__, define_flags, run_from_flags, argv)

Exit codes: 0 done; 1 done, with a bad result (t2t-add-problem, t2t-study); 2 wrong use, unreadable
inputs, a failed check; 130 interrupted. Any other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

import functools
import io
import logging
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags as absl_flags

from t2t_mm.bin.idle_flags import refuse_idle_flags
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.files.disk import explain_bad_path, is_full_disk
from t2t_mm.files.interruption import stop_like_ctrl_c
from t2t_mm.files.quiet_start import LINE_OF_TENSORFLOW, ask_for_quiet, hold_back
from t2t_mm.files.quiet_start import import_tensorflow as import_tensorflow
from t2t_mm.run import keras_backend

if TYPE_CHECKING:
    from rich.console import Console

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_LISTS = "hparams decode_hparams columns problems exclude_problems reference seeds tables"
_GIVEN_ONCE = dict.fromkeys(_LISTS.split(), "a,b") | {"freeze": "a|b"}
_HELP_FLAGS = frozenset({"--help", "-help", "-h", "-?", "--helpshort", "--helpfull"})
_WIDTH_WITHOUT_TERMINAL = 100_000  # nothing wraps: the next program reads lines


class _PathParser(absl_flags.ArgumentParser):  # type: ignore[type-arg]
    """Reads a path: "~" at its start is a home folder, which no shell expands behind "--flag="."""

    def parse(self, argument: str) -> str:
        """Return the path."""
        return os.path.expanduser(argument)


class FlagDefiner:
    """absl's `DEFINE_*` functions, writing into one command's own flags instead of the global ones.

    A command can run several times in a process; flags of other libraries are not accepted.
    """

    def __init__(self, values: absl_flags.FlagValues) -> None:
        self._values = values

    def DEFINE_path(self, name: str, default: str, told: str) -> None:  # noqa: N802, absl's form
        """Declare a path, in which "~" is a home folder, as `DEFINE_string` does a string."""
        absl_flags.DEFINE(_PathParser(), name, default, told, self._values)

    def DEFINE_multi_path(self, name: str, default: list[str], told: str) -> None:  # noqa: N802
        """Declare a path that may be given several times, as `DEFINE_multi_string`."""
        serializer: Any = absl_flags.ArgumentSerializer()
        absl_flags.DEFINE_multi(_PathParser(), serializer, name, default, told, self._values)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith(("DEFINE_", "mark_flag", "register_")):
            raise AttributeError(name)
        most = {"upper_bound": sys.maxsize} if name == "DEFINE_integer" else {}
        return functools.partial(getattr(absl_flags, name), flag_values=self._values, **most)


def run_command(
    name: str,
    doc: str | None,
    define_flags: Callable[[Any], None],
    call: Callable[[Any], int | None],
    argv: Sequence[str] | None = None,
    *,
    usage: str = "",
) -> int:
    """Run one command from its command line to its exit code.

    Args:
        name: The command, "t2t-trainer".
        doc: What it does; shown by `--help`.
        define_flags: Declares the flags, with the functions of `absl.flags`.
        call: Does what the command is for. It gets the parsed flags, and the words that are no
            flags as `flags.arguments`.
        argv: The command line without the command; by default that of the process.
        usage: How words that are no flags are given, "list | describe NAME"; without it they
            are an error.

    Returns:
        The exit code.
    """
    _replace_closed_streams(name)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # of names that are no UTF-8
    ask_for_quiet()
    logging.basicConfig(format="%(message)s")  # before a library gives warnings another form
    arguments = list(sys.argv[1:] if argv is None else argv)
    values = absl_flags.FlagValues()  # type: ignore[no-untyped-call]
    values.set_gnu_getopt()  # flags may follow words
    define_flags(FlagDefiner(values))
    try:
        if _asks_for_help(arguments):
            print(format_help(name, doc or "", values, usage))
            return 0
        words = _parse_flags(name, values, arguments)
        if words and not usage:
            raise UserError(
                f"{name} takes flags only", expected="--flag=value", received={"argument": words[0]}
            )
        flags = ParsedFlags(values, words)
        refuse_idle_flags(name, flags)
        with stop_like_ctrl_c():  # what is being written is put in order, whoever ends it
            code = call(flags) or 0
        sys.stdout.flush()  # a disk that is full is told here, not when Python ends
        return code
    except UserError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        _drop_output()
        return 0
    except OSError as error:
        if told := explain_bad_path(error):
            print(f"{name}: error: {told}", file=sys.stderr)
            return EXIT_USAGE
        if error.filename or not is_full_disk(error):
            raise
        print(f"{name}: error: standard output is full: {error.strerror}.", file=sys.stderr)
        _drop_output()
        return EXIT_USAGE


def _drop_output() -> None:
    """Send nowhere what standard output still holds, so that Python's end does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace_closed_streams(name: str) -> None:
    """Put /dev/null where standard streams are closed; else files would get their place."""
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
        print(f"{name}: standard output is closed: what is printed is lost.", file=sys.stderr)


def define_backend(flags: Any) -> None:
    """Declare the flag that `choose_backend` reads."""
    flags.DEFINE_enum(
        "backend",
        "",
        ["", *keras_backend.KERAS_BACKENDS],
        "Keras's backend; default: KERAS_BACKEND, else that of the run, else tensorflow.",
    )


def define_decode_hparams(flags: Any) -> None:
    """Declare the flag of how outputs are decoded."""
    flags.DEFINE_string(
        "decode_hparams",
        "",
        "How outputs are decoded, as 'beam_size=4,alpha=0.6'; default: as the run says. "
        "t2t-registry describe multimodel_base lists what there is, under decode.",
    )


def choose_backend(flags: Any) -> None:
    """Choose Keras's backend by a command's flags, before anything imports Keras."""
    keras_backend.choose_backend(flags.backend, flags.output_dir)


def import_user_modules(entries: Sequence[str]) -> None:
    """Import a user's modules; should these import TensorFlow, as for a net, without its lines."""
    from t2t_mm import registry

    with hold_back(LINE_OF_TENSORFLOW):
        registry.import_user_modules(entries)


def make_console() -> Console:
    """Make a console for tables on standard output: as wide as they are where it is no terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, soft_wrap=True, emoji=False)


class ParsedFlags:
    """The values of a command's flags as attributes, and the words that are no flags.

    Args:
        values: The parsed flags.
        arguments: The words, in order.
    """

    def __init__(self, values: absl_flags.FlagValues, arguments: Sequence[str]) -> None:
        self._values = values
        self.arguments = list(arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._values, name)

    def gives(self, name: str) -> bool:
        """Return whether a flag stands on the command line with a value that is not empty."""
        return bool(self._values[name].present and self._values[name].value)


def format_help(name: str, doc: str, values: absl_flags.FlagValues, usage: str = "") -> str:
    """Format what `--help` prints: the command's own flags in the order they are declared.

    Args:
        name: The command.
        doc: What it does.
        values: Its flags.
        usage: Words that are no flags.
    """
    width = min(shutil.get_terminal_size().columns, 100)
    lines = [doc.strip(), "", f"Usage: {name} {usage + ' ' if usage else ''}[flags]", "", "Flags:"]
    aliases = _list_aliases(values)
    for flag in _list_declared_flags(values):
        names = [f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"]
        names += [f"--{alias}" for alias in aliases.get(flag.name, [])]
        lines.append(f"  {', '.join(names)}")
        lines += textwrap.wrap(
            _explain_flag(flag), width, initial_indent=" " * 6, subsequent_indent=" " * 6
        )
    return "\n".join(lines)


def _explain_flag(flag: Any) -> str:
    """Explain a flag: its help, its choices and its default, without absl's own decorations."""
    text = re.sub(r"^<[^>]*>: ", "", flag.help or "")
    text, repeats = re.subn(r";\s+repeat this option to specify a list of values$", "", text)
    if repeats and "repeated" not in text:
        text += " May be repeated."
    if choices := getattr(flag.parser, "enum_values", None):
        text += f" One of: {', '.join(choices)}."
    if flag.default not in (None, "", []):
        text += f" (default: {flag.default_as_str})"
    return text


def _list_declared_flags(values: absl_flags.FlagValues) -> list[Any]:
    """List the flags in the order of their declaration, without aliases."""
    flags = [flag for module in values.flags_by_module_dict().values() for flag in module]
    return [flag for flag in flags if not _find_alias_target(flag)]


def _list_aliases(values: absl_flags.FlagValues) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for flag in (flag for module in values.flags_by_module_dict().values() for flag in module):
        if target := _find_alias_target(flag):
            found.setdefault(target, []).append(flag.name)
    return found


def _find_alias_target(flag: Any) -> str:
    """Find the flag that an alias stands for; absl says it in the alias's help."""
    start, text = "Alias for --", flag.help or ""
    return text.removeprefix(start).rstrip(".") if text.startswith(start) else ""


def _asks_for_help(arguments: Sequence[str]) -> bool:
    before_end = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(argument in _HELP_FLAGS for argument in before_end)


def _parse_flags(name: str, values: absl_flags.FlagValues, arguments: Sequence[str]) -> list[str]:
    """Parse the command line and return the words that are no flags.

    Raises:
        UserError: A flag is unknown or its value is refused, or the first of two would be lost.
    """
    try:
        words = list(values([name, *arguments])[1:])
    except absl_flags.UnrecognizedFlagError as error:
        closest = suggest_closest(f"--{error.flagname}", [f"--{flag}" for flag in values])
        told = f"Unknown flag --{error.flagname}.{closest}"
        raise UserError(told, fix=f"See {name} --help.") from error
    except absl_flags.Error as error:
        raise UserError(str(error), fix=f"See {name} --help.") from error
    for flag, form in _GIVEN_ONCE.items():
        if flag in values and values[flag].present > 1:
            raise UserError(f"--{flag} is given twice", fix=f"Write all in one: {form}.")
    return words
