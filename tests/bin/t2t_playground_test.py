"""t2t-playground: bad use is one error, and a missing Gradio names its extra."""

import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from t2t_mm.bin import t2t_playground


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--output_dir must be given"),
        (["--output_dir=x", "--port=99999"], "port"),
        (["--output_dir=x", "--ports=1"], "Did you mean '--port'"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_playground.main(flags) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-playground: error: ") and message in error


def test_without_gradio_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert t2t_playground.main(["--output_dir=x"]) == 2
    assert "pip install 't2t_mm[playground]'" in capsys.readouterr().err


def test_a_signal_removes_what_was_uploaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(*given: Any, **named: Any) -> None:
        with TemporaryDirectory(dir=tmp_path):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("t2t_mm.playground.play.play", play)
    assert t2t_playground.main([f"--output_dir={tmp_path}"]) == 130
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().err == "t2t-playground: interrupted\n"
