"""t2t-exporter: what was written is printed, for people or as JSON; a mistake is one error."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_run import TinyRun

from t2t_mm.bin import t2t_exporter
from t2t_mm.inference import export as export_module
from t2t_mm.inference.export import Export

TYPES = {"inputs": {"inputs": "string[any]"}, "outputs": {"outputs": "string[any]"}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asks for, instead of doing it."""
    asked: dict[str, Any] = {}

    def note(*arguments: Any, **options: Any) -> Export:
        asked.update(options, arguments=arguments)
        return Export("served/3", 2_700, {"copy": TYPES}, 23_400_000, 24.53)

    monkeypatch.setattr(export_module, "export", note)
    return asked


def test_flags_are_handed_on_and_signatures_and_size_printed(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--export_dir=served", "--problems=copy", "--export_version=3", "--t2t_usr_dir=mine"]
    assert t2t_exporter.main(["--output_dir=run", "--checkpoint_path=best", *flags]) == 0
    assert asked == {
        "arguments": ("run", "served"),
        "problems": "copy",
        "version": 3,
        "checkpoint_path": "best",
        "t2t_usr_dir": ["mine"],
    }
    assert capsys.readouterr().out.splitlines() == [
        "copy: inputs string[any] -> outputs string[any]",
        "served/3: step 2,700, 23.4 MB, 24.5 seconds",
    ]


def test_json_is_all_that_is_printed(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_exporter.main(["--output_dir=run", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["path"], printed["num_bytes"]) == ("served/3", 23_400_000)
    assert printed["signatures"] == {"copy": TYPES}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--output_dir must be given"),
        (["--output_dir=nowhere"], "No run in nowhere"),
        (["--output_dir=RUN", "--problems=copi"], "copi"),
        (["--output_dir=RUN", "--export_version=-1"], "export_version"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str],
    message: str,
    tiny_run: TinyRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [flag.replace("RUN", str(tiny_run.output_dir)) for flag in flags]
    assert t2t_exporter.main([*given, f"--export_dir={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-exporter: error: ") and message in error
