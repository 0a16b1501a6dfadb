"""Times contenders for the expert layer in turns, beside a plain matmul; see `moe.py`."""

from __future__ import annotations

import functools
import importlib.util
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from expert_on_torch import measure_grouped_product
from expert_patterns import CAPACITY_FACTOR, Shape, measure_one_hot_dropped, route
from expert_steps import (
    list_contenders,
    make_arrays,
    make_jax_run,
    make_matmul_step,
    make_step,
    to_tensor,
)

from t2t_mm.errors import UserError

MATMUL_SIZE, GPU_MATMUL_SIZE = 2048, 8192
CALLS_AT_ONCE = 10
"""Calls on a GPU between two waits for it, of which a time is the mean."""
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
        errors: Norm of the difference from float32 over the norm, by result; None where unknown.
    """

    name: str
    seconds: list[float]
    rate: float = 0.0
    share: float = 0.0
    dropped: float | None = None
    note: str = ""
    routes: bool = False
    errors: dict[str, float] | None = None

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
        checks: Whether results are compared with those in float32; on JAX.
    """

    def __init__(
        self,
        backend: str,
        dtype: str,
        rounds: int,
        on_gpu: bool,
        names: Sequence[str],
        checks: bool = False,
    ) -> None:
        known = list_contenders(backend)
        if unknown := set(names) - set(known):
            raise UserError(
                f"On {backend} there is no such contender; there are {', '.join(known)}",
                received={"--dispatches": ",".join(sorted(unknown))},
            )
        self.backend, self.dtype, self.rounds, self.on_gpu = backend, dtype, rounds, on_gpu
        self.checks = checks
        self.matmul_size = GPU_MATMUL_SIZE if on_gpu else MATMUL_SIZE
        self.contenders = {name: known[name] for name in names or known}

    def __call__(self, shape: Shape, routers: Sequence[str]) -> dict[str, list[Result]]:
        """Time all contenders at one shape, by router."""
        notes = {
            (name, router): self._find_reason_to_leave_out(name, shape, router)
            for router in routers
            for name in self.contenders
        }
        chosen = {router: route(shape, router, seed=1) for router in routers}
        arrays: dict[str, Any] = {}  # contenders share them
        wanted = [key for key, note in notes.items() if not note]
        steps = self._make_steps(shape, wanted, chosen, arrays)
        at_once = CALLS_AT_ONCE if self.on_gpu else 1
        seconds, failures = time_in_turns(steps, self.rounds, at_once)
        rate = 2 * self.matmul_size**3 / median(seconds["matmul"])

        def make_result(name: str, router: str) -> Result:
            if note := notes[name, router] or failures.get((name, router), ""):
                return Result(name, [], note=note)
            taken = seconds[name, router]
            share = shape.useful_operations / median(taken) / rate
            dropped = _measure_dropped(name, chosen[router], shape)
            routes = self.contenders[name].routes
            errors = None
            if self.checks:
                errors = self._measure_errors(name, arrays.get("stacked"), chosen[router])
            return Result(name, taken, rate, share, dropped, routes=routes, errors=errors)

        results = {
            router: [make_result(name, router) for name in self.contenders] for router in routers
        }
        if self.on_gpu and self.backend == "jax" and importlib.util.find_spec("torch"):
            for router, result in self._time_torch(shape, chosen).items():
                results[router].append(result)
        return results

    def _time_torch(self, shape: Shape, chosen: Mapping[str, Any]) -> dict[str, Result]:
        """Time PyTorch's grouped product, in a process that leaves JAX its memory."""
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(measure_grouped_product, (shape, chosen, self.rounds))
        return {
            router: Result(
                "torch grouped_mm",
                seconds,
                found["rate"],
                shape.useful_operations / median(seconds) / found["rate"],
            )
            for router, seconds in found["seconds"].items()
        }

    def _measure_errors(self, name: str, arrays: Any, experts: Any) -> dict[str, float] | None:
        """Compare the results of what drops no slot, nor is another computation."""
        contender = self.contenders[name]
        if contender.weights != "stacked" or name in ("capacity", "one-hot einsum"):
            return None
        from expert_checks import measure_errors

        tensor = to_tensor(experts, self.backend, "int32")
        found: dict[str, float] = measure_errors(make_jax_run(contender), arrays, tensor)
        return found

    def _make_steps(
        self,
        shape: Shape,
        wanted: Sequence[tuple[str, str]],
        chosen: Mapping[str, Any],
        arrays: dict[str, Any],
    ) -> dict[Any, Callable[..., None]]:
        steps: dict[Any, Callable[..., None]] = {
            "matmul": make_matmul_step(self.backend, self.dtype, self.matmul_size)
        }
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


def time_in_turns(
    steps: Mapping[Any, Callable[..., None]], rounds: int, at_once: int
) -> tuple[dict[Any, list[float]], dict[Any, str]]:
    """Time each step, some calls of each in a round; the first calls, untimed, compile.

    Args:
        steps: Those to time.
        rounds: Of each.
        at_once: Calls between two times, unless they are slow.

    Returns:
        Seconds of a call by round; and why a step could not run.
    """
    seconds: dict[Any, list[float]] = {name: [] for name in steps}
    failures: dict[Any, str] = {}
    once: dict[Any, float] = {}
    for name, step in steps.items():
        try:
            step()
            once[name] = time_calls(step, 1)
        except Exception as error:  # such as too little memory: the others go on
            failures[name] = f"failed: {type(error).__name__}: {str(error)[:160]}"
    for number in range(rounds):
        for name, first in once.items():
            if number < SLOW_ROUNDS or first < SLOW_SECONDS:
                calls = at_once if first * at_once < SLOW_SECONDS else 1
                seconds[name].append(time_calls(steps[name], calls))
    return seconds, failures


def time_calls(step: Callable[..., None], number: int) -> float:
    """Return the seconds of one of a number of calls."""
    start = time.perf_counter()
    step(number=number)
    return (time.perf_counter() - start) / number


def _measure_dropped(name: str, experts: Any, shape: Shape) -> float | None:
    if name == "one-hot einsum":
        return float(measure_one_hot_dropped(experts, shape.num_experts))
    if name == "capacity":
        from t2t_mm.layers.dispatch import measure_dropped

        return float(measure_dropped(experts, shape.num_experts, CAPACITY_FACTOR))
    return None
