"""Rates that follow the losses: what is learned badly is drawn more often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DECAY = 0.9
"""What an average keeps of itself with each new loss."""
LEAST_FACTOR = 1e-30
"""Of a rate: none is 0, as the problem with the largest loss may pause by its schedule."""


class LossAverages:
    """Moving averages of losses, and what they do to the rates of a mixture.

    With m the average of a problem, 0.9 of itself and 0.1 of each new loss, and of the first loss
    alone at the start, its rate is multiplied with exp(m / temperature). A problem without a loss
    yet counts as the one with the largest average.

    The losses of the update just made are not looked at before the next but one: nothing waits for
    a device. What waits belongs to the state, so a run that goes on draws what an undisturbed one
    draws.

    Args:
        temperature: Nats of loss that multiply a rate by e; 0: rates do not follow the losses.

    Example:
        >>> averages = LossAverages(temperature=1.0)
        >>> for losses in ({"a": 2.0}, {"b": 1.0}, {"a": 1.0}):
        ...     weights = averages.begin_update()
        ...     for name, loss in losses.items():
        ...         averages.add(name, loss)
        >>> weights, averages.begin_update()["b"]
        ({'a': 1.0}, 0.36787944117144233)

    Source: `problem_choice="adaptive"` of Tensor2Tensor 1.1 (2017): the moving averages as logits,
    with a temperature of 1; there they begin at 100, which draws what was not drawn yet first.
    """

    def __init__(self, temperature: float = 0.0) -> None:
        self.temperature = temperature
        self.averages: dict[str, float] = {}
        self._waiting: list[list[tuple[str, Any]]] = []

    def begin_update(self) -> dict[str, float]:
        """Take in all losses but those of the last update; return the factor of each rate.

        Returns:
            By problem with a loss, the largest 1; of another it is 1, too. Empty: all are.
        """
        if not self.temperature:
            return {}
        while len(self._waiting) > 1:
            for name, loss in self._waiting.pop(0):
                value = float(loss)
                if math.isfinite(value):  # of a batch that trained nothing
                    before = self.averages.get(name, value)
                    self.averages[name] = DECAY * before + (1 - DECAY) * value
        self._waiting.append([])
        most = max(self.averages.values(), default=0.0)
        return {
            name: max(math.exp((average - most) / self.temperature), LEAST_FACTOR)
            for name, average in self.averages.items()
        }

    def add(self, name: str, loss: Any) -> None:
        """Keep the loss of a batch of the update that was begun; it may still be computed."""
        if self.temperature:
            self._waiting[-1].append((name, loss))

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint holds, between two updates."""
        waiting = [[(name, float(loss)) for name, loss in update] for update in self._waiting]
        return {"averages": self.averages, "waiting": waiting}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state` returned; empty: to the start."""
        self.averages = {name: float(one) for name, one in state.get("averages", {}).items()}
        self._waiting = [
            [(n, math.nan if v is None else float(v)) for n, v in update]
            for update in state.get("waiting", [])
        ]
