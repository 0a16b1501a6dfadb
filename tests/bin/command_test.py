import importlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from absl import flags as absl_flags

from t2t_mm.bin import command
from t2t_mm.errors import UserError


def define_flags(flags: Any) -> None:
    flags.DEFINE_string("zoo", "", "Declared first.")
    flags.DEFINE_integer("amount", 3, "Declared second.", lower_bound=1)
    flags.DEFINE_bool("loud", False, "A switch.")
    flags.DEFINE_enum("color", "red", ["red", "blue"], "A choice.")
    flags.DEFINE_multi_string("part", [], "A list.")
    flags.DEFINE_alias("number", "amount")
    flags.DEFINE_string("hparams", "", "Settings.")


def run(*argv: str, call: Any = lambda flags: None, usage: str = "") -> int:
    return command.run_command("t2t-x", "Does a thing.", define_flags, call, argv, usage=usage)


def test_call_gets_the_parsed_flags() -> None:
    seen: list[Any] = []

    def call(flags: Any) -> None:
        seen.append((flags.zoo, flags.amount, flags.loud, flags.color, flags.part))

    assert run("--zoo=a", "--number", "7", "--loud", "--part=x", "--part=y", call=call) == 0
    assert seen == [("a", 7, True, "red", ["x", "y"])]


def test_defaults_are_fresh_in_every_run() -> None:
    amounts: list[int] = []
    run("--amount=9", call=lambda flags: amounts.append(flags.amount))
    run(call=lambda flags: amounts.append(flags.amount))
    assert amounts == [9, 3]


def test_the_exit_code_is_that_of_the_call() -> None:
    assert run(call=lambda flags: 1) == 1


@pytest.mark.parametrize("flag", ["--help", "-h", "-help", "--helpfull"])
def test_help_lists_the_commands_own_flags_in_order(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(flag, "--nonsense", call=lambda flags: pytest.fail("was called")) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("Does a thing.\n\nUsage: t2t-x [flags]\n")
    shown = [line.strip() for line in out.splitlines() if line.startswith("  --")]
    flags = ["--zoo", "--amount, --number", "--[no]loud", "--color", "--part", "--hparams"]
    assert shown == flags
    assert "A choice. One of: red, blue. (default: 'red')" in out
    assert "A list. May be repeated." in out


def test_absls_own_flags_are_neither_shown_nor_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--help")
    assert "verbosity" not in capsys.readouterr().out
    assert run("--verbosity=1") == 2


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--amuont=3"], "Unknown flag --amuont. Did you mean '--amount'? See t2t-x --help."),
        (["--zzzzzz"], "Unknown flag --zzzzzz. See t2t-x --help."),
        (["--amount=many"], "--amount=many"),
        (["--amount=0"], "--amount=0"),
        (["--color=green"], "red|blue"),
        (["--zoo"], "zoo"),
        (["--loud=perhaps"], "loud=perhaps"),
        (["--hparams=a=1", "--hparams=b=2"], "--hparams is given twice. Write all in one"),
        (["word"], "t2t-x takes flags only. Expected: --flag=value. Received: argument='word'."),
    ],
)
def test_wrong_use_is_one_block_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv, call=lambda flags: pytest.fail("was called")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("t2t-x: error: ")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("module", "flag", "form"),
    [("t2t_datagen", "exclude_problems", "a,b"), ("t2t_trainer", "freeze", "a|b")],
)
def test_the_first_of_two_lists_or_patterns_is_not_lost(
    module: str, flag: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(f"t2t_mm.bin.{module}").main
    assert main([f"--{flag}=one", f"--{flag}=other"]) == 2
    assert f"--{flag} is given twice. Write all in one: {form}." in capsys.readouterr().err


@pytest.mark.parametrize("module", ["t2t_decoder", "t2t_trainer", "t2t_avg_all", "t2t_study"])
def test_a_number_that_nothing_can_count_is_refused(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in the first of its whole numbers; else a library says so, in words of its own."""
    main = importlib.import_module(f"t2t_mm.bin.{module}")
    values = absl_flags.FlagValues()
    main.define_flags(command.FlagDefiner(values))
    flag = next(one for one in values if isinstance(values[one].parser, absl_flags.IntegerParser))
    assert main.main([f"--{flag}={10**40}"]) == 2
    assert re.search(
        f"error: flag --{flag}=10+: .*an integer in the range", capsys.readouterr().err
    )


def test_words_are_handed_on_where_the_usage_names_them() -> None:
    words: list[str] = []
    run("list", "--amount=2", "all", "--loud", call=lambda f: words.extend(f.arguments), usage="W")
    assert words == ["list", "all"]


def test_a_users_error_is_one_block_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def call(flags: Any) -> None:
        raise UserError("No data", fix="Generate it.")

    assert run(call=call) == 2
    assert capsys.readouterr().err == "t2t-x: error: No data. Generate it.\n"


def test_a_bug_keeps_its_traceback() -> None:
    def call(flags: Any) -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        run(call=call)


def test_an_interrupt_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    def call(flags: Any) -> None:
        raise KeyboardInterrupt

    assert run(call=call) == 130
    assert "interrupted" in capsys.readouterr().err


def test_tensorflow_is_silenced_unless_the_user_asked_for_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    run()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    run()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


@pytest.mark.parametrize(("end", "shows_all"), [("", False), ("raise ValueError('late')\n", True)])
def test_what_a_users_module_prints_is_seen_but_tensorflows_lines_only_if_it_fails(
    tmp_path: Path, end: str, shows_all: bool
) -> None:
    noise = "I0000 00:00:1.0 7 cudart_stub.cc:31] Could not find cuda drivers"
    (tmp_path / "noisy_for_tests.py").write_text(
        "import os, sys\nfrom t2t_mm import registry\n"
        f"os.write(2, {noise!r}.encode() + b'\\n')\n"
        "print('my own warning', file=sys.stderr)\n"
        "registry.register_group('noisy_for_tests', ['mini_ende'])\n" + end
    )
    program = f"from t2t_mm.bin import command\ncommand.import_user_modules([{str(tmp_path)!r}])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "my own warning\n" in done.stderr
    assert (noise in done.stderr) is shows_all is (done.returncode != 0)


def test_a_warning_is_its_text_whatever_a_library_does_to_logging() -> None:
    program = (
        "from absl import logging as absl_logging\n"
        "from t2t_mm.bin import command\n"
        "from t2t_mm.data.declaring.reading_warnings import warn_once\n"
        "def call(flags):\n"
        "    absl_logging.debug('this gives the root logger a form')\n"
        "    warn_once('two files are left out')\n"
        "command.run_command('t2t-x', '', lambda flags: None, call, [])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "two files are left out\n"


def test_a_name_that_is_no_utf_8_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="utf-8"))
    assert run(call=lambda flags: print("boats\udcff é")) == 0
    assert written.getvalue() == "boats\\udcff é\n".encode()


@pytest.mark.parametrize("path", ["x" * 300, "/dev/null/x", "loop"])
def test_a_path_that_the_system_refuses_is_one_error(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    assert run(call=lambda flags: len(Path(path).read_text())) == 2
    assert capsys.readouterr().err.startswith(f"t2t-x: error: {path} cannot be used: ")


def test_an_error_of_the_system_that_is_no_paths_keeps_its_traceback() -> None:
    with pytest.raises(FileNotFoundError):
        run(call=lambda flags: len(Path("nowhere").read_text()))


def test_a_reader_that_leaves_is_no_error() -> None:
    program = (
        "from t2t_mm.bin import command\n"
        "def call(flags):\n"
        "    for _ in range(100_000): print('many lines')\n"
        "raise SystemExit(command.run_command('x', '', lambda flags: None, call, []))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "many lines\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=30) == 0


COMMANDS = sorted(path.stem for path in Path(command.__file__).parent.glob("t2t_*.py"))
PATHS = re.compile(r".*_(dir|file|path|batch|cache)|translation|reference|warm_start_from")


@pytest.mark.parametrize("module", COMMANDS)
def test_a_home_folder_is_found_in_every_path_flag(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/one")
    values = absl_flags.FlagValues()
    importlib.import_module(f"t2t_mm.bin.{module}").define_flags(command.FlagDefiner(values))
    names = [name for name in values if PATHS.fullmatch(name)]
    assert module == "t2t_compare" or names
    values([module, *(f"--{name}=~/a/b" for name in names)])
    for name in names:
        value = values[name].value
        if name == "reference":  # several, by commas: t2t-bleu does it itself
            continue
        assert value in ("/home/one/a/b", ["/home/one/a/b"]), name


def test_other_flags_keep_their_tilde() -> None:
    seen: list[str] = []
    assert run("--zoo=~/a", call=lambda flags: seen.append(flags.zoo)) == 0
    assert seen == ["~/a"]


@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [
        (">/dev/full", 2, "t2t-x: error: standard output is full: No space left on device."),
        (">&-", 0, "t2t-x: standard output is closed: what is printed is lost."),
        ("2>&- | head -c 1 >/dev/null", 0, ""),
        (">/dev/null", 0, ""),
    ],
)
def test_what_happens_to_the_output_is_one_line(redirection: str, code: int, told: str) -> None:
    script = (
        "import sys; from t2t_mm.bin import command; "
        "call = lambda flags: print('line ' * 20000, sys.stdout.isatty()); "
        "sys.exit(command.run_command('t2t-x', '', lambda flags: None, call, []))"
    )
    line = f'"{sys.executable}" -c "{script}" {redirection}'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (code, told)


def test_a_closed_input_is_an_empty_one() -> None:
    script = (
        "import os, sys; from t2t_mm.bin import command; "
        "call = lambda flags: print(list(sys.stdin.buffer), os.open('/dev/null', 0) > 2); "
        "sys.exit(command.run_command('t2t-x', '', lambda flags: None, call, []))"
    )
    line = f'"{sys.executable}" -c "{script}" <&-'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[] True\n", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_signal_ends_a_command_as_ctrl_c_does(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # under nohup one is ignored
    put_in_order = []

    def call(_: Any) -> None:
        try:
            signal.raise_signal(number)
        finally:
            put_in_order.append(number)

    try:
        assert run(call=call) == 130
    finally:
        signal.signal(number, before)
    assert put_in_order == [number]
    assert capsys.readouterr().err == "t2t-x: interrupted\n"
