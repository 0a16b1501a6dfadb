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


@pytest.mark.slow
def test_tensorflow_is_imported_without_a_temporary_folder_and_other_lines_are_shown() -> None:
    done = run_python(
        "import os, sys, tempfile\n"
        "tempfile.tempdir = '/no/such/folder'\n"
        "class Thread:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'tensorflow.python':\n"
        "            os.write(2, b'of another thread\\n')\n"
        "sys.meta_path.insert(0, Thread())\n"
        "from t2t_mm.files.quiet_start import import_tensorflow\n"
        "import_tensorflow()\n"
    )
    assert (done.returncode, done.stderr) == (0, "of another thread\n")


def test_two_threads_that_hold_back_leave_stderr_as_it_was() -> None:
    done = run_python(
        "import os, re, threading\n"
        "from t2t_mm.files.quiet_start import hold_back\n"
        "entered, left = threading.Event(), threading.Event()\n"
        "def second():\n"
        "    with hold_back(re.compile('b')):\n"
        "        entered.set()\n"
        "        left.wait()\n"
        "    os.write(2, b'c\\n')\n"
        "thread = threading.Thread(target=second)\n"
        "with hold_back(re.compile('a')):\n"
        "    thread.start()\n"
        "    entered.wait()\n"
        "    os.write(2, b'a\\nb\\n')\n"
        "left.set()\n"
        "thread.join()\n"
        "os.write(2, b'd\\n')\n"
    )
    assert (done.returncode, done.stderr) == (0, "b\nc\nd\n")


@pytest.mark.parametrize(("flags", "is_shown"), [("fpu sse4_2", True), ("fpu avx f16c", False)])
def test_where_a_processor_lacks_avx_the_last_words_of_tensorflow_are_shown(
    flags: str, is_shown: bool, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n")
    done = run_python(
        "import os\n"
        "from t2t_mm.files import quiet_start\n"
        f"quiet_start._CPU_INFO = {str(tmp_path / 'cpuinfo')!r}\n"
        "with quiet_start.hold_back(quiet_start.LINE_OF_TENSORFLOW):\n"
        "    os.write(2, b'compiled to use AVX')\n"
        "    os._exit(1)\n"
    )
    assert done.stderr == ("compiled to use AVX" if is_shown else "")


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
