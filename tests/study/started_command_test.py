"""A command is started, stopped, and what it said is kept."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from t2t_mm.study.started_command import call_command, call_module


def test_a_command_says_why_it_failed_and_its_log_is_added_to(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "study.log"
    assert call_command("registry", ["list", "--kind=modality"], log) == ""
    failed = call_command("registry", ["describe", "mini_endee"], log)
    assert failed.startswith("t2t-registry: error: Nothing is registered as 'mini_endee'")
    said = log.read_text()
    assert "categorical" in said and failed in said and "t2t_registry list" in said


def test_an_interrupt_ends_the_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('saved')))\n"
        "print('ready', flush=True)\n"
        "time.sleep(20)"
    )
    started, over, log = [], threading.Event(), tmp_path / "study.log"

    def interrupt() -> None:
        while not over.wait(0.02):
            if log.exists() and "ready" in log.read_text():
                os.kill(os.getpid(), signal.SIGINT)
                return

    watcher = threading.Thread(target=interrupt)

    def start(line: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", program], **options))  # type: ignore[call-overload]
        watcher.start()
        return started[0]

    monkeypatch.setattr("t2t_mm.study.started_command.subprocess", SubprocessStub(start))
    # A shell lets what it starts in the background ignore it, and so would the command.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            call_command("trainer", [], log)
    finally:
        over.set()
        watcher.join()
        signal.signal(signal.SIGINT, before)
    assert started[0].poll() == 0 and "saved" in log.read_text()


class SubprocessStub:
    """The module `subprocess` with another way to start."""

    DEVNULL, STDOUT = subprocess.DEVNULL, subprocess.STDOUT

    def __init__(self, start: object) -> None:
        self.Popen = start


def test_a_killed_command_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dies.py").write_text(
        "import os, signal\nprint('step 200 of 1,200')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert call_module("dies", [], tmp_path / "log") == "dies was killed by SIGKILL"


def test_a_command_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "tells.py").write_text("import os, sys\nsys.exit(os.environ['COLOUR'])\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "COLOUR": "blue"}
    assert call_module("tells", [], tmp_path / "log", env=env) == "blue"


def test_an_argument_that_is_not_utf_8_is_logged_too(tmp_path: Path) -> None:
    log = tmp_path / "study.log"
    failed = call_command("registry", ["describe", "caf\udce9"], log)
    assert "is registered" in failed and "caf\\udce9" in log.read_text()
