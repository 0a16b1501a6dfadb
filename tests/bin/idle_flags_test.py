"""No flag is accepted and ignored: each of the table beside each value that makes it idle."""

from typing import Any

import pytest
from absl import flags as absl_flags

from t2t_mm.bin import t2t_add_problem, t2t_datagen, t2t_decoder, t2t_eval, t2t_study, t2t_trainer
from t2t_mm.bin.command import FlagDefiner
from t2t_mm.bin.idle_flags import IDLE

COMMANDS = {
    "t2t-datagen": t2t_datagen,
    "t2t-trainer": t2t_trainer,
    "t2t-decoder": t2t_decoder,
    "t2t-eval": t2t_eval,
    "t2t-add-problem": t2t_add_problem,
    "t2t-study": t2t_study,
}
CASES = [
    (command, flag, idle.beside, value)
    for command, rows in IDLE.items()
    for idle in rows
    for flag in idle.flags
    for value in idle.values or ("1",)
]


def define_flags(command: str) -> Any:
    values = absl_flags.FlagValues()
    COMMANDS[command].define_flags(FlagDefiner(values))
    return values


def give(command: str, flag: str, value: object = None) -> str:
    """The flag as it is typed, with some value."""
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{flag}"
    if value is not None:
        return f"--{flag}={value}"
    defined = define_flags(command)[flag]
    kind = defined.flag_type()
    if kind == "string enum":
        return f"--{flag}={defined.parser.enum_values[-1]}"
    return f"--{flag}" if kind == "bool" else f"--{flag}={3 if kind in ('int', 'float') else 'x'}"


def test_the_table_names_the_flags_of_commands() -> None:
    assert set(IDLE) == set(COMMANDS)
    for command, flag, beside, _ in CASES:
        assert {flag, beside} <= set(define_flags(command)), command


@pytest.mark.parametrize(("command", "flag", "beside", "value"), CASES)
def test_a_flag_beside_what_makes_it_idle_is_refused(
    command: str, flag: str, beside: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [give(command, flag), give(command, beside, value)]
    if beside == "beam" and value is False:
        given = given[:1]  # as it is where nothing is said
    assert COMMANDS[command].main(given) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{command}: error: --{flag} counts for nothing beside this --{beside}")


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("t2t-trainer", ["--eval_steps=3", "--schedule=train_and_evaluate"]),
        ("t2t-trainer", ["--schedule=train", "--checkpoint_every=3"]),
        ("t2t-trainer", ["--schedule=test", "--hparams=", "--nojit_compile"]),
        ("t2t-eval", ["--decode", "--samples=3"]),
        ("t2t-decoder", ["--decode_from_file=x", "--limit=3"]),
        ("t2t-datagen", ["--beam", "--beam_option=--runner=X"]),
    ],
)
def test_flags_that_count_go_on_to_what_is_missing(
    command: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert COMMANDS[command].main(given) == 2
    assert "must be given" in capsys.readouterr().err
