"""Factors of rates that change over the steps: a problem joins, pauses, leaves, or fades."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from t2t_mm.errors import UserError, suggest_closest

Shape = Literal["step", "linear"]
Schedule: TypeAlias = Mapping[Shape, Mapping[int, float]]
"""By shape: the factor from a step on, or at it. Two shapes are multiplied."""


def compute_factor(schedule: Schedule, step: int) -> float:
    """Return what a problem's rate is multiplied with at a step.

    Args:
        schedule: "step" holds each value until the next step that has one, "linear" goes straight
            from value to value and stays at the last.
        step: 0 is the first update.

    Example:
        >>> captions = {"step": {0: 0, 1000: 1}}
        >>> [compute_factor(captions, step) for step in (0, 999, 1000, 5000)]
        [0.0, 0.0, 1.0, 1.0]
        >>> compute_factor({"linear": {0: 1, 400: 0.5}}, 100)
        0.875
    """
    factor = 1.0
    for shape, points in schedule.items():
        steps, values = list(points), list(points.values())
        before = bisect_right(steps, step) - 1
        value = float(values[before])
        if shape == "linear" and before + 1 < len(steps):
            way = (step - steps[before]) / (steps[before + 1] - steps[before])
            value += way * (values[before + 1] - value)
        factor *= value
    return factor


def check_schedules(
    names: Sequence[str],
    schedules: Mapping[str, Schedule],
    num_steps: int,
    *,
    all_join: bool = True,
) -> None:
    """Check that schedules leave something to draw at every step, and each problem something.

    Between the steps that are named a factor is a product of straight lines, none negative: it is
    nothing at a step in between only where it is nothing all along.

    Args:
        names: The problems.
        schedules: By problem; one without a schedule keeps its rate.
        num_steps: Updates in all.
        all_join: Whether each problem is to have a step.

    Raises:
        UserError: A schedule names an unknown problem, or has no value at step 0; it never gives
            its problem a step; or at some step no problem is left.

    Example:
        >>> check_schedules(["a", "b"], {"b": {"step": {0: 0, 1000: 1}}}, num_steps=500)
        Traceback (most recent call last):
        ...
        t2t_mm.errors.UserError: The schedule of b gives it no step of the 500. Received: \
b={'step': {0: 0, 1000: 1}}. Ask for more steps, let it join sooner, or leave b out.
    """
    for name, schedule in schedules.items():
        if name not in names:
            raise UserError(
                f"A schedule names {name!r}, which is no problem of the mixture."
                f"{suggest_closest(name, names)}",
                expected=", ".join(names),
            )
        _check_points(name, schedule)
    named = {step for one in schedules.values() for points in one.values() for step in points}
    looked_at = {step + after for step in named for after in (0, 1)}
    steps = sorted(step for step in looked_at | {0} if step < num_steps)
    factors = {
        name: [compute_factor(schedules.get(name, {}), step) for step in steps] for name in names
    }
    for name, values in factors.items():
        if all_join and not any(values):
            raise UserError(
                f"The schedule of {name} gives it no step of the {num_steps:,}",
                received={name: schedules[name]},
                fix=f"Ask for more steps, let it join sooner, or leave {name} out.",
            )
    for index, step in enumerate(steps):
        if not any(values[index] for values in factors.values()):
            raise UserError(
                f"The schedules leave no problem to draw at step {step:,}: all rates sum to "
                "nothing there",
                received={"schedules": dict(schedules)},
            )


def _check_points(name: str, schedule: Schedule) -> None:
    for shape, points in schedule.items():
        steps, values = list(points), list(points.values())
        if shape not in get_args(Shape) or not steps or steps[0] != 0 or steps != sorted(steps):
            expected = "'step' or 'linear', each with values by step, from step 0 on, in order"
        elif any(not 0 <= value < float("inf") for value in values):
            expected = "factors of 0 or more"
        else:
            continue
        raise UserError(
            f"The schedule of {name} cannot be read",
            expected=expected,
            received={name: schedule},
        )
