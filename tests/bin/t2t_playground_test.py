"""t2t-playground: bad use is one error, and a missing Gradio names its extra."""

import sys

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
