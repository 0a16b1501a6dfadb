"""When steps are recorded; what the backends write is TensorBoard's."""

from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from t2t_mm.training.backend import Backend, find_backend
from t2t_mm.training.progress import Progress
from t2t_mm.training.step_profile import STEPS_BEFORE, STEPS_RECORDED, profile_steps


class Recorder:
    """Stands in for a backend: keeps after how many steps it was told to begin and to end."""

    def __init__(self) -> None:
        self.steps = 0
        self.calls: list[tuple[str, int]] = []

    def start_profile(self, folder: Path) -> None:
        self.folder = folder
        self.calls.append(("start", self.steps))

    def stop_profile(self) -> None:
        self.calls.append(("stop", self.steps))


def train(typical: list[bool], directory: Path) -> tuple[list[tuple[str, int]], str]:
    recorder, console = Recorder(), Console(record=True, width=200, quiet=False, file=None)
    progress = Progress(["a"], len(typical), 0, console)
    with profile_steps(cast(Backend, recorder), directory, progress):
        for is_typical in typical:
            recorder.steps += 1
            progress.count_step(1.0, is_typical=is_typical)
    return recorder.calls, console.export_text()


@pytest.mark.parametrize(
    ("typical", "expected"),
    [
        ([False, *[True] * 20], [1 + STEPS_BEFORE, 1 + STEPS_BEFORE + STEPS_RECORDED]),
        ([True, False, True, False, *[True] * 12], [4 + STEPS_BEFORE, 9 + STEPS_RECORDED]),
        ([*[True] * 7], [STEPS_BEFORE, 7]),
        ([*[True] * 15, False, *[True] * 3], [STEPS_BEFORE, STEPS_BEFORE + STEPS_RECORDED]),
        ([*[True] * 15, False, *[True] * 9], [STEPS_BEFORE, STEPS_BEFORE + STEPS_RECORDED]),
    ],
)
def test_steps_without_tracing_are_recorded(
    typical: list[bool], expected: list[int], tmp_path: Path
) -> None:
    calls, told = train(typical, tmp_path)
    assert calls == [("start", expected[0]), ("stop", expected[1])]
    assert f"profile of {expected[1] - expected[0]} steps: tensorboard --logdir=" in told
    assert "no profile" not in told


def test_it_is_said_that_too_few_steps_give_no_profile(tmp_path: Path) -> None:
    calls, told = train([True] * (STEPS_BEFORE - 1), tmp_path)
    assert not calls
    assert "no profile" in told


def test_a_backend_writes_what_tensorboard_reads(tmp_path: Path) -> None:
    import tensorflow as tf

    backend: Any = object.__new__(find_backend())
    backend.start_profile(tmp_path)
    tf.linalg.matmul(tf.ones([4, 4]), tf.ones([4, 4]))
    backend.stop_profile()
    assert [*tmp_path.glob("plugins/profile/*/*.xplane.pb")]
