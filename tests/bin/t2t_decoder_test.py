"""t2t-decoder: N lines in, N lines out, from a file, a data set and a prompt."""

import io
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_run import TinyRun

from t2t_mm.bin import t2t_decoder
from t2t_mm.inference import decode
from t2t_mm.inference.batch_decoder import Output
from t2t_mm.inference.predictor import Predictor


@pytest.mark.slow
def test_lines_go_to_standard_output(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.txt"
    source.write_text("1 2\n\n3\n", encoding="utf-8")
    flags = ["--problem=algorithmic_copy", f"--decode_from_file={source}"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    assert capsys.readouterr().out.count("\n") == 3


@pytest.mark.slow
def test_a_data_set_goes_to_a_file(tiny_run: TinyRun, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    flags = ["--problem=algorithmic_reverse", "--limit=5", f"--decode_to_file={target}"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.slow
def test_given_targets_are_scored(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pairs.tsv"
    source.write_text("1 2\t1\n\n3\t3\n", encoding="utf-8")
    flags = ["--problem=algorithmic_copy", f"--score_file={source}"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert float(first) < 0 and second == "" and float(third) < 0


@pytest.mark.slow
def test_the_prompt_answers(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1 2 3\n\n"))
    flags = ["--problem=algorithmic_copy", "--decode_interactive"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    assert capsys.readouterr().out.count("> ") == 2


def test_each_line_that_is_typed_has_a_place_of_its_own(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def note(_: Predictor, inputs: list[str], skip: None = None, places: Any = None) -> Any:
        told.extend(place for _, place in zip(inputs, places, strict=False))
        return iter([Output("x")])

    monkeypatch.setattr(Predictor, "output_each", note)
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\n3\n\n"))
    flags = ["--problem=algorithmic_copy", "--decode_interactive"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 0
    assert told == [0, 1, 2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("of_split", [True, False])
def test_a_signal_leaves_what_is_there_as_a_part(
    number: signal.Signals,
    of_split: bool,
    tiny_run: TinyRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("the tests run under nohup")

    def stop_behind(first: Any) -> Iterator[Any]:
        yield first
        signal.raise_signal(number)

    output = Output("one")
    monkeypatch.setattr(Predictor, "output_each", lambda *_: stop_behind(output))
    monkeypatch.setattr(decode, "_decode_batches", lambda *_: stop_behind(("1", output)))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=[b"1\n", b"2\n"]))
    flags = ["--problem=algorithmic_copy", f"--decode_to_file={tmp_path / 'out.txt'}"]
    flags += [] if of_split else ["--decode_from_file=-"]
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt.part"]
    assert (tmp_path / "out.txt.part").read_text() == "one\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--problem=algorithmic_copi"], "Did you mean 'algorithmic_copy'"),
        ([], "--problem=NAME"),
        (["--problem=algorithmic_copy", "--decode_from_file=nowhere.txt"], "nowhere.txt"),
        (
            ["--decode_interactive", "--decode_from_file=x.txt"],
            "counts for nothing beside this --decode_interactive",
        ),
        (["--problem=algorithmic_copy", "--output_format=brackets"], "are no trees"),
        (["--problem=algorithmic_copy", "--decode_interactive", "--data_dir=x"], "no data is read"),
        (
            ["--problem=algorithmic_copy", "--decode_hparams=batch_size=4"],
            "decode.batch_size counts for nothing for a split; --eval_batch_tokens does",
        ),
        (
            [
                "--problem=algorithmic_copy",
                "--decode_interactive",
                "--decode_hparams=num_samples=1",
            ],
            "decode.num_samples counts for nothing for what is typed",
        ),
        (
            ["--problem=algorithmic_copy", "--limit=10", "--decode_hparams=num_samples=100"],
            "decode.num_samples counts for nothing beside a limit",
        ),
        (["--problem=algorithmic_copy", "--decode_from_file=x", "--data_dir=x"], "no data is read"),
        (["--problem=algorithmic_copy", "--decode_to_file=/proc/nowhere/x"], "decode_to_file"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], message: str, tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_decoder.main([f"--output_dir={tiny_run.output_dir}", *flags]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-decoder: error: ") and message in error
