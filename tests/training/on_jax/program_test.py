"""State goes in and comes out; what does not fit the memory is said so."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from t2t_mm.run.device_memory import DeviceMemoryError
from t2t_mm.training.on_jax.program import Program

jax = pytest.importorskip("jax")


class State:
    """As `DonatedState`, without a model."""

    def __init__(self, **arrays: float) -> None:
        self.arrays = {name: jax.numpy.asarray(value) for name, value in arrays.items()}

    def read(self, names: list[str]) -> dict[str, Any]:
        return {name: self.arrays[name] for name in names}

    def put(self, arrays: dict[str, Any]) -> None:
        self.arrays |= arrays


def make_program(state: State, **options: bool) -> Program:
    def add(arrays: dict[str, Any], batch: dict[str, Any], factor: Any) -> Any:
        total = factor * batch["x"].sum()
        return {"sum": arrays["sum"] + total}, total

    return Program(add, state, ["sum"], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("deterministic", [False, True])
def test_what_a_program_is_given_it_takes_for_good(deterministic: bool) -> None:
    state = State(sum=1.0, other=7.0)
    given = state.arrays["sum"]
    program = make_program(state, deterministic=deterministic)
    for size, expected in ((3, 6.0), (3, 6.0), (2, 2.0)):
        assert float(program({"x": np.arange(size, dtype="float32")}, np.float32(2))) == expected
    assert float(state.arrays["sum"]) == 15.0 and float(state.arrays["other"]) == 7.0
    assert given.is_deleted()


def test_too_little_memory_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_program(State(sum=1.0))

    def fail(text: str) -> None:
        def lower(*arguments: Any) -> None:
            raise jax.errors.JaxRuntimeError(text)

        monkeypatch.setattr(program, "_function", SimpleNamespace(lower=lower))

    fail("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 12345 bytes.\nMore lines")
    with pytest.raises(DeviceMemoryError, match=r"too little memory: Out .* 12345 bytes\.$"):
        program({}, np.float32(2))
    fail("INTERNAL: something else")
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        program({}, np.float32(2))


def test_compiling_runs_nothing_and_takes_no_state() -> None:
    state = State(sum=1.0)
    traced = []

    def add(arrays: dict[str, Any], batch: dict[str, Any]) -> Any:
        traced.append(batch["x"].shape)
        return {"sum": arrays["sum"] + batch["x"].sum()}, ()

    program = Program(add, state, ["sum"])  # type: ignore[arg-type]
    batch = {"x": np.ones(3, "float32")}
    assert program.compile(batch) is program
    assert float(state.arrays["sum"]) == 1.0
    program(batch)
    assert float(state.arrays["sum"]) == 4.0
    assert traced == [(3,)]
