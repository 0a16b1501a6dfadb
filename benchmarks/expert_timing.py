"""Times contenders for the expert layer in turns, beside a plain matmul; see `moe.py`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from expert_patterns import CAPACITY_FACTOR, Shape, measure_one_hot_dropped, route
from expert_steps import list_contenders, make_arrays, make_matmul_step, make_step, to_tensor

from t2t_mm.errors import UserError

MATMUL_SIZE = 2048
SLOW_SECONDS, SLOW_ROUNDS = 4.0, 3
MOST_BYTES = 4 * 2**30  # of one tensor, above which a contender is left out


class Result(NamedTuple):
    """What one contender took.

    Attributes:
        name: Of the contender.
        seconds: Of each of its calls.
        rate: Of the plain matmul in the same rounds, operations a second.
        share: Of that rate that the useful operations reached.
        dropped: Share of the slots that had no room; None where there is room for all.
        note: Why it did not run; empty if it did.
        routes: Whether it chose the experts by itself, and how many it dropped is not known.
    """

    name: str
    seconds: list[float]
    rate: float = 0.0
    share: float = 0.0
    dropped: float | None = None
    note: str = ""
    routes: bool = False

    def compute_quartiles(self) -> tuple[float, float, float]:
        """Return the quartiles of the seconds, the median second."""
        if len(self.seconds) == 1:
            return (self.seconds[0],) * 3
        low, middle, high = quantiles(self.seconds, n=4, method="inclusive")
        return low, middle, high


class Measure:
    """A stop-watch for contenders, which take turns.

    Args:
        backend: "tensorflow" or "jax".
        dtype: Of numbers and weights.
        rounds: Calls of each contender.
        on_gpu: Whether there is one.
        names: Contenders to time; all if empty.
    """

    def __init__(
        self, backend: str, dtype: str, rounds: int, on_gpu: bool, names: Sequence[str]
    ) -> None:
        known = list_contenders(backend)
        if unknown := set(names) - set(known):
            raise UserError(
                f"On {backend} there is no such contender; there are {', '.join(known)}",
                received={"--dispatches": ",".join(sorted(unknown))},
            )
        self.backend, self.dtype, self.rounds, self.on_gpu = backend, dtype, rounds, on_gpu
        self.contenders = {name: known[name] for name in names or known}

    def __call__(self, shape: Shape, routers: Sequence[str]) -> dict[str, list[Result]]:
        """Time all contenders at one shape, by router."""
        notes = {
            (name, router): self._find_reason_to_leave_out(name, shape, router)
            for router in routers
            for name in self.contenders
        }
        chosen = {router: route(shape, router, seed=1) for router in routers}
        steps = self._make_steps(shape, [key for key, note in notes.items() if not note], chosen)
        seconds = time_in_turns(steps, self.rounds)
        rate = 2 * MATMUL_SIZE**3 / median(seconds["matmul"])

        def make_result(name: str, router: str) -> Result:
            if note := notes[name, router]:
                return Result(name, [], note=note)
            taken = seconds[name, router]
            share = shape.useful_operations / median(taken) / rate
            dropped = _measure_dropped(name, chosen[router], shape)
            routes = self.contenders[name].routes
            return Result(name, taken, rate, share, dropped, routes=routes)

        return {
            router: [make_result(name, router) for name in self.contenders] for router in routers
        }

    def _make_steps(
        self, shape: Shape, wanted: Sequence[tuple[str, str]], chosen: Mapping[str, Any]
    ) -> dict[Any, Callable[[], None]]:
        steps: dict[Any, Callable[[], None]] = {
            "matmul": make_matmul_step(self.backend, self.dtype, MATMUL_SIZE)
        }
        arrays: dict[str, Any] = {}  # contenders share them
        for name in dict.fromkeys(name for name, _ in wanted):
            weights = self.contenders[name].weights
            if weights not in arrays:
                arrays[weights] = make_arrays(shape, weights, self.backend, self.dtype)
            step = make_step(self.backend, self.contenders[name], arrays[weights], shape)
            for router, experts in chosen.items():
                if (name, router) in wanted:
                    tensor = to_tensor(experts, self.backend, "int32")
                    steps[name, router] = functools.partial(step, tensor)
        return steps

    def _find_reason_to_leave_out(self, name: str, shape: Shape, router: str) -> str:
        """Find why a contender is not run; empty if it is."""
        if self.contenders[name].routes and (router != "balanced" or self.dtype != "float32"):
            return "left out: has its own gate"
        rows = {"all experts": shape.tokens}
        if self.backend == "jax":  # on a CPU it multiplies all slots with all experts
            rows["ragged_dot"] = shape.tokens * shape.per_token
        if name not in rows or self.on_gpu:
            return ""
        size = 4 * rows[name] * shape.num_experts * max(shape.width, shape.expert_width)
        return f"left out: a tensor of {size / 2**30:.0f} GiB" if size > MOST_BYTES else ""


def time_in_turns(steps: Mapping[Any, Callable[[], None]], rounds: int) -> dict[Any, list[float]]:
    """Time each step, one call of each in a round; the first calls, untimed, compile.

    Returns:
        Seconds of each call.
    """
    seconds: dict[Any, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for number in range(rounds):
        for name, step in steps.items():
            if number >= SLOW_ROUNDS and seconds[name][0] > SLOW_SECONDS:
                continue
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def _measure_dropped(name: str, experts: Any, shape: Shape) -> float | None:
    if name == "one-hot einsum":
        return float(measure_one_hot_dropped(experts, shape.num_experts))
    if name == "capacity":
        from t2t_mm.layers.dispatch import measure_dropped

        return float(measure_dropped(experts, shape.num_experts, CAPACITY_FACTOR))
    return None
