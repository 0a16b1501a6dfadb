"""A run is loaded once Gradio is there, and served until somebody interrupts."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loaded_senses import load_senses

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.playground import play as module


def test_the_address_is_printed_and_the_page_ends_with_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[Any] = []

    def load(*where: Any, problems: Any, data_dir: Any, decode_hparams: Any) -> Any:
        told.append((where, problems, data_dir, decode_hparams))
        return load_senses()

    @contextmanager
    def serve(loaded: Any, host: str, port: int) -> Iterator[str]:
        told.append((loaded, host, port))
        try:
            yield "http://127.0.0.1:1/"
        finally:
            told.append("closed")

    def interrupt(self: threading.Event) -> None:
        raise KeyboardInterrupt

    fakes = {
        "import_gradio": lambda: None,
        "open_run": lambda _: load_senses().run,
        "load": load,
        "serve_page": serve,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(module, name, fake)
    monkeypatch.setattr(threading.Event, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        module.play(
            "run",
            problems="translate, hear",
            data_dir="data",
            decode_hparams="constrain=trees",
            port=1,
        )
    assert told == [
        (("run", ""), ["translate", "hear"], "data", "constrain=trees"),
        (load_senses(), "127.0.0.1", 1),
        "closed",
    ]
    assert capsys.readouterr().out == "http://127.0.0.1:1/ (Ctrl-C ends)\n"


def test_a_missing_gradio_is_told_before_a_missing_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(UserError, match="playground"):
        t2t_mm.play(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "idle",
    [
        "beam_size=2",
        "return_beams=true",
        "write_beam_scores=true",
        "sampling_method=random",
        "sampling_temp=0.5",
        "num_samples=3",
        "batch_size=8",
    ],
)
def test_settings_that_count_for_nothing_are_refused_before_anything_is_loaded(
    idle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*given: Any, **named: Any) -> Any:
        raise RuntimeError("loaded")

    monkeypatch.setattr(module, "import_gradio", lambda: None)
    monkeypatch.setattr(module, "open_run", lambda _: load_senses().run)
    monkeypatch.setattr(module, "load", load)
    with pytest.raises(UserError, match=rf"by a beam of four.*alpha.*{idle}") as error:
        t2t_mm.play("run", decode_hparams=f"alpha=0.3,no_repeat=2,{idle}")
    assert "no_repeat=2" not in str(error.value)
    with pytest.raises(RuntimeError, match="loaded"):  # what counts goes on to the model
        t2t_mm.play("run", decode_hparams="alpha=0.3,extra_length=9,no_repeat=2,jit_compile=true")


def test_a_folder_of_data_that_nothing_reads_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "import_gradio", lambda: None)
    monkeypatch.setattr(module, "open_run", lambda _: load_senses().run)
    with pytest.raises(UserError, match=r"no data is read.*data_dir='data'.*Leave --data_dir out"):
        t2t_mm.play("run", data_dir="data", decode_hparams="alpha=0.3")
