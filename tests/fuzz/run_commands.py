"""The commands that read a run, each as one call in this process, and what its result is."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
from fuzz.attempts import MOST_SECONDS, TooSlowError
from fuzz.specimen import HPARAMS, LINES, OTHER, PROBLEM, ROOT, STEPS, Specimen

MOST_WAITING = 600.0
"""Seconds by the clock, for a process that waits and computes nothing."""
_AS_PROCESS: ContextVar[bool] = ContextVar("as_process", default=False)


@dataclass(frozen=True)
class RunCommand:
    """One command as it is called on the copy of a specimen.

    Args:
        call: Returns its exit code.
        read_result: Reads what it has made.
        weight: How often it is drawn, beside the others.
        needs: Kinds of files of a run, see `name_file`, that it reads; damage in another must not
            stop it.
        backend: The only one on which it works; empty: both.
        writes: Kinds of files in whose place it cannot have a folder.
        may_start: Whether it can be a process of its own: no page is opened, nothing trained.
    """

    call: Callable[[Specimen], int]
    read_result: Callable[[Specimen], Any]
    weight: int
    needs: frozenset[str]
    backend: str = ""
    writes: frozenset[str] = frozenset()
    may_start: bool = True


def name_file(path: Path) -> str:
    """Name a file of a run as one of its kind: "weights.npz", whatever its checkpoint."""
    if "decoded" in path.parts:
        return path.name.partition(".")[2] if path.name != "results.json" else "results.json"
    if "vocab" in path.parts:
        return f"vocab/{path.suffix}"
    if path.name.startswith("events"):
        return "tensorboard"
    return "input.*" if path.name.startswith("input.") else path.name


MODEL = frozenset(
    {"run.json", "hparams.json", "state.json", "manifest.json", "weights.npz"}
    | {"vocab/.model", "vocab/.json", "vocab/.labels"}
)
TRAINING = MODEL | {"optimizer.npz", "input.*", "log.jsonl", "tensorboard", "environment.json"}
DECODED = frozenset(
    {"results.json", "outputs.jsonl", "inputs.txt", "decoded.txt", "references.txt"}
)
GRAFTED = MODEL | {"optimizer.npz"}
OUTPUTS = frozenset({"results.json", "outputs.jsonl", "run.json", "hparams.json", "log.jsonl"})


@contextlib.contextmanager
def start_processes(is_process: bool = True) -> Iterator[None]:
    """Let `call_main` start a process for each command."""
    token = _AS_PROCESS.set(is_process)
    try:
        yield
    finally:
        _AS_PROCESS.reset(token)


def starts_processes() -> bool:
    """Return whether `call_main` does."""
    return _AS_PROCESS.get()


def call_main(name: str, *arguments: str, typed: bytes = b"") -> int:
    """Call a command, in this process unless `start_processes` says otherwise."""
    if starts_processes():
        return _call_process(name, arguments, typed)
    main = importlib.import_module(f"t2t_mm.bin.t2t_{name}").main
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8")
    try:
        with _close_pages() if name == "playground" else contextlib.nullcontext():
            return int(main(list(arguments)))
    finally:
        sys.stdin = before


@contextlib.contextmanager
def _close_pages() -> Iterator[None]:
    """Let `t2t-playground` end as soon as its page is served, instead of waiting for Ctrl-C."""
    from t2t_mm.playground import play

    closed = threading.Event()
    closed.set()
    with mock.patch.object(play, "threading", SimpleNamespace(Event=lambda: closed)):
        yield


def _call_process(name: str, arguments: Sequence[str], typed: bytes) -> int:
    seconds = int(MOST_SECONDS)
    line = [
        *("prlimit", f"--cpu={seconds}", sys.executable, "-m", f"t2t_mm.bin.t2t_{name}"),
        *(os.fsencode(argument) for argument in arguments),
    ]
    done = subprocess.run(
        line,
        input=typed,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=MOST_WAITING,
        check=False,
    )
    sys.stdout.write(done.stdout.decode("utf-8", "backslashreplace"))
    sys.stderr.write(done.stderr.decode("utf-8", "backslashreplace"))
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise TooSlowError(f"more than {seconds} s of CPU time")
    return done.returncode


def _evaluate(specimen: Specimen) -> int:
    scores = f"--scores_file={specimen.work / 'scores.json'}"
    return call_main("eval", f"--output_dir={specimen.run()}", "--split=test", scores)


def _read_scores(specimen: Specimen) -> Any:
    return json.loads((specimen.work / "scores.json").read_text(encoding="utf-8"))


def _decode(specimen: Specimen) -> int:
    given, made = specimen.work / "given.txt", specimen.work / "made.jsonl"
    given.write_text("".join(LINES), encoding="utf-8")
    files = (f"--decode_from_file={given}", f"--decode_to_file={made}")
    return call_main("decoder", f"--output_dir={specimen.run()}", f"--problem={PROBLEM}", *files)


def _resume(specimen: Specimen) -> int:
    return call_main(
        "trainer",
        f"--problems={PROBLEM}",
        "--hparams_set=multimodel_tiny",
        f"--hparams={HPARAMS}",
        f"--train_steps={STEPS + 1}",
        "--random_seed=1",
        "--schedule=train",
        f"--data_dir={specimen.work / 'data'}",
        f"--output_dir={specimen.run()}",
    )


def read_arrays(folder: Path) -> dict[str, Any]:
    """Read all arrays of the newest checkpoint of a run, to the bit."""
    newest = max(one for one in (folder / "checkpoints").iterdir() if one.name.isdigit())
    found: dict[str, Any] = {"step": newest.name}
    for path in sorted(newest.glob("*.npz")):
        with np.load(path) as arrays:
            found |= {f"{path.name}/{name}": arrays[name].tobytes() for name in arrays.files}
    return found


def _average(specimen: Specimen) -> int:
    made = specimen.work / "averaged"
    return call_main("avg_all", f"--model_dir={specimen.run()}", f"--output_dir={made}", "--n=2")


def _compare(specimen: Specimen) -> int:
    return call_main("compare", str(specimen.run()), str(specimen.run("two")), "--json")


def _report(specimen: Specimen) -> int:
    page = f"--report_file={specimen.work / 'page.html'}"
    return call_main("report", f"--output_dir={specimen.run()}", page)


def _graft(specimen: Specimen) -> int:
    return call_main(
        "add_problem",
        f"--warm_start_from={specimen.run()}",
        f"--problems={OTHER}",
        f"--output_dir={specimen.work / 'grafted'}",
    )


def _export(specimen: Specimen) -> int:
    made = f"--export_dir={specimen.work / 'export'}"
    return call_main("exporter", f"--output_dir={specimen.run()}", made)


def _ask_export(specimen: Specimen) -> Any:
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  (registers the operations of the subword model)

    (version,) = (one for one in (specimen.work / "export").iterdir() if one.name.isdigit())
    signatures = tf.saved_model.load(str(version)).signatures
    (serve,) = (signatures[name] for name in signatures if name != "serving_default")
    (name,) = serve.structured_input_signature[1]
    made = serve(**{name: tf.constant(list(LINES))})
    return {key: made[key].numpy().tolist() for key in sorted(made)}


def _play(specimen: Specimen) -> int:
    """What `t2t-playground` does, asked once; its page only where Gradio is installed."""
    from t2t_mm.errors import UserError
    from t2t_mm.inference.loaded_run import load
    from t2t_mm.playground.answers import answer_value
    from t2t_mm.playground.gradio_page import serve_page

    has_page = importlib.util.find_spec("gradio")
    try:
        loaded = load(specimen.run())
        with serve_page(loaded, port=0) if has_page else contextlib.nullcontext():
            answer = answer_value(loaded[PROBLEM], LINES[0])
    except UserError as error:
        print(f"t2t-playground: error: {error}", file=sys.stderr)
        return 2
    found = [list(one) for one in answer.alternatives]
    (specimen.work / "answer.jsonl").write_text(json.dumps(found), encoding="utf-8")
    return 0


def _study(specimen: Specimen) -> int:
    """Collect a study; a command that it would start again is told to fail."""
    from t2t_mm.study import cell_run

    def refuse(name: str, *rest: object) -> str:
        print(f"t2t-{name} would run again", file=sys.stderr)
        return "not now"

    started, cell_run.call_command = cell_run.call_command, refuse
    try:
        place = (f"--study_dir={specimen.work / 'study'}", f"--data_dir={specimen.work / 'data'}")
        return call_main("study", str(specimen.work / "study.json"), *place, "--json")
    finally:
        cell_run.call_command = started


def _read_text(name: str) -> Callable[[Specimen], Any]:
    return lambda specimen: (specimen.work / name).read_text(encoding="utf-8")


def _read_lines(name: str) -> Callable[[Specimen], Any]:
    return lambda specimen: list(map(json.loads, _read_text(name)(specimen).splitlines()))


COMMANDS = {
    "eval": RunCommand(_evaluate, _read_scores, 6, MODEL, writes=DECODED),
    "decoder": RunCommand(_decode, _read_lines("made.jsonl"), 6, MODEL),
    "trainer": RunCommand(_resume, lambda one: read_arrays(one.run()), 6, TRAINING),
    "report": RunCommand(_report, _read_text("page.html"), 4, OUTPUTS | {"environment.json"}),
    "compare": RunCommand(_compare, lambda one: None, 4, OUTPUTS),
    "study": RunCommand(
        _study, lambda one: None, 3, OUTPUTS | {"cell.json", "study.json"}, may_start=False
    ),
    "avg-all": RunCommand(_average, lambda one: read_arrays(one.work / "averaged"), 3, TRAINING),
    "add-problem": RunCommand(_graft, lambda one: read_arrays(one.work / "grafted"), 2, GRAFTED),
    "playground": RunCommand(_play, _read_lines("answer.jsonl"), 2, MODEL, may_start=False),
    "exporter": RunCommand(_export, _ask_export, 1, MODEL, "tensorflow"),
}
