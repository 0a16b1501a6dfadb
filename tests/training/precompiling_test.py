"""Every shape of a mixture is compiled once for two nets, whichever problem has it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.run.task import Task
from t2t_mm.training.precompiling import compile_programs


def make_batch(*shape: int) -> dict[str, Any]:
    return {"inputs": np.zeros(shape, "int32"), "targets": np.zeros(shape, "int32")}


def make_task(name: str, *nets: str) -> Task:
    return Task(name, Language(), Language(), name, 1, (), (nets[0], nets[1]))


def test_each_shape_of_two_nets_is_compiled_once() -> None:
    asked: list[Any] = []
    told: list[str] = []
    backend: Any = SimpleNamespace(
        compile_update=lambda nets, example: asked.append((nets, example)),
        compile_accumulation=lambda nets, example: asked.append("accumulation"),
        compile_accumulated_update=lambda: asked.append("accumulated"),
    )
    tasks = [make_task("a", "x", "y"), make_task("b", "x", "y"), make_task("c", "x", "x")]
    tasks.append(make_task("d", "z", "x"))
    batches = {
        "a": [make_batch(4, 8), make_batch(2, 16)],
        "b": [make_batch(4, 8), make_batch(1, 32)],
        "c": [make_batch(4, 8)],
        "d": [],
    }
    compile_programs(backend, tasks, batches, told.append)
    assert [(nets, example["inputs"].shape) for nets, example in asked] == [
        (("x", "y"), (4, 8)),
        (("x", "y"), (2, 16)),
        (("x", "y"), (1, 32)),
        (("x", "x"), (4, 8)),
    ]
    assert all(int(example["command"]) == 1 for _, example in asked)
    assert told[2].startswith(
        "program 3: x to y, 1 examples, inputs of 32, targets of 32, compiled"
    )
    assert told[4].startswith("d: its pictures are of any size")
    asked.clear()
    compile_programs(backend, tasks[:1], batches, told.append, accumulates=True)
    assert asked == ["accumulation", "accumulation", "accumulated"]


def test_a_shape_that_does_not_fit_the_memory_is_named() -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")

    backend: Any = SimpleNamespace(compile_update=fail)
    with pytest.raises(
        UserError, match=r"A batch of a needs.*4 examples, inputs of 8.*{a: \.\.\.}"
    ):
        compile_programs(backend, [make_task("a", "x", "y")], {"a": [make_batch(4, 8)]}, print)
