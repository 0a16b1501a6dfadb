"""TensorFlow starts without a word, from Python as in the commands, unless it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_run import TinyRun


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a person would: nothing in the environment asks for quiet."""
    loud = {"TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY"}
    environment = {name: value for name, value in os.environ.items() if name not in loud}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )


@pytest.mark.slow
def test_a_run_is_loaded_and_asked_without_a_word(tiny_run: TinyRun) -> None:
    done = run_python(
        "import t2t_mm\n"
        f"run = t2t_mm.load({str(tiny_run.output_dir)!r})\n"
        "run['algorithmic_copy']('1 2')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_dropped_is_shown_after_a_failure(fails: bool, tmp_path: Path) -> None:
    program = (
        "import os\n"
        "from t2t_mm.files.quiet_start import LINE_OF_TENSORFLOW, hold_back\n"
        "with hold_back(LINE_OF_TENSORFLOW):\n"
        "    os.write(2, b'I0000 00:00:17 port.cc] noise\\nmy own line\\n')\n"
        f"    assert not {fails}\n"
    )
    done = run_python(program)
    assert "my own line\n" in done.stderr
    assert ("noise" in done.stderr) is fails is (done.returncode != 0)
