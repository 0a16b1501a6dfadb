"""What a model looked at, and which of its experts worked, for one input and its target.

Axis letters: B batch, L positions, S those of the input, T targets, H heads, E experts, K of each
position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from t2t_mm.data.kinds.kind_table import name_vocabulary
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.features import Feature
from t2t_mm.run.task import Task

Tensor = Any
FloatArray = npt.NDArray[np.float32]
Names = tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Attention:
    """How much each symbol of a target looks at each position of its input.

    Args:
        weights: By block ("mixer", "decoder/block0", ...) float32[H, T, S]; over S they add up to
            1. None where the model makes its answer of the encoder's output alone, as for classes.
        inputs: Names of the S positions: of a text its pieces, of a picture "row 1, column 2", of
            others numbers from 1.
        targets: The T pieces of the target, the end of the sequence included; the first was made
            from the command alone, each other from those before it.
        grid: Rows and columns of the positions of a picture, which lie row by row; None of others.
    """

    weights: Mapping[str, FloatArray]
    inputs: Names
    targets: Names
    grid: tuple[int, int] | None = None

    def mean(self) -> FloatArray:
        """Return the mean over all heads of all blocks, float32[T, S].

        Example:
            >>> weights = {"mixer": np.float32([[[1, 0]], [[0, 1]]])}
            >>> Attention(weights, ("a", "b"), ("c",)).mean().tolist()
            [[0.5, 0.5]]
        """
        if not self.weights:
            return np.zeros((len(self.targets), len(self.inputs)), np.float32)
        return np.asarray(np.concatenate(list(self.weights.values())).mean(axis=0), np.float32)

    def __repr__(self) -> str:
        blocks = ", ".join(f"{name} ({len(one)} heads)" for name, one in self.weights.items())
        return (
            f"<attention of {len(self.targets)} targets to {len(self.inputs)} positions of the "
            f"input: {blocks or 'none'}>"
        )


@dataclass(frozen=True, eq=False, repr=False)
class ExpertChoices:
    """Which experts of one mixture serve each position, with which gates.

    Args:
        experts: int32[L, K], counted from 0, the strongest first.
        gates: float32[L, K], their weights; of a position they add up to 1.
        positions: Names of the L positions as in `Attention`, of the input or of the target.
        num_experts: E.
    """

    experts: npt.NDArray[np.int32]
    gates: FloatArray
    positions: Names
    num_experts: int

    def shares(self) -> FloatArray:
        """Return each expert's share of all gates, float32[E]; they add up to 1.

        Example:
            >>> experts, gates = np.int32([[2, 0]]), np.float32([[0.75, 0.25]])
            >>> ExpertChoices(experts, gates, ("a",), num_experts=3).shares().tolist()
            [0.25, 0.0, 0.75]
        """
        sums = np.bincount(self.experts.ravel(), self.gates.ravel(), self.num_experts)
        return np.asarray(sums / max(sums.sum(), 1e-9), np.float32)

    def __repr__(self) -> str:
        length, chosen = self.experts.shape
        return f"<{chosen} of {self.num_experts} experts at each of {length} positions>"


@dataclass(frozen=True)
class Inspection:
    """What happens inside of the model for one input and its target.

    Args:
        attention: Of the target's symbols to the input's positions.
        experts: By mixture: "encoder" at the input's positions, "decoder" at the target's.
    """

    attention: Attention
    experts: Mapping[str, ExpertChoices]


NOTHING = Inspection(Attention({}, (), ()), {})
"""Of an empty input."""


class ExpertUse(NamedTuple):
    """Which experts of a mixture serve which position.

    Attributes:
        experts: int32[B, L, K], the strongest first.
        gates: float32[B, L, K], their weights.
        num_experts: int32 scalar, how many there are.
    """

    experts: Tensor
    gates: Tensor
    num_experts: Tensor


class InnerView(NamedTuple):
    """What happens inside of the model in one pass, padding included.

    Attributes:
        mask: bool[B, L], the real positions of the inputs.
        grid_sizes: int32[B, 2], rows and columns of the positions of pictures; 0 of others.
        attention: float32[B, H, T, L] by block: how much each target looks at each input.
        experts: By mixture, those of the inputs' positions or the targets'.
    """

    mask: Tensor
    grid_sizes: Tensor
    attention: Mapping[str, Tensor]
    experts: Mapping[str, ExpertUse]


def make_inspections(
    task: Task, vocabularies: Mapping[str, Vocabulary], batch: Mapping[str, Any], view: InnerView
) -> list[Inspection]:
    """Make a record for each example of a batch, without its padding.

    Args:
        task: Whose they are.
        vocabularies: By name, for the pieces of texts.
        batch: "inputs" and "targets", ids where they are texts.
        view: Of the batch.
    """
    found = []
    for row, mask in enumerate(view.mask[: len(batch["inputs"])]):
        rows, columns = view.grid_sizes[row].tolist()
        grid = (rows, columns) if rows else None
        inputs = _name_inputs(
            np.atleast_1d(batch["inputs"][row]), int(mask.sum()), task.inputs, vocabularies, grid
        )
        ids = batch["targets"][row]
        targets = _name_ids(ids[ids > 0], task.targets, vocabularies) if ids.ndim else ()
        found.append(_describe_row(view, row, inputs, targets, grid))
    return found


def _describe_row(
    view: InnerView, row: int, inputs: Names, targets: Names, grid: Any
) -> Inspection:
    blocks = sorted(view.attention, key=lambda name: (name != "mixer", len(name), name))
    weights = {name: view.attention[name][row, :, : len(targets), : len(inputs)] for name in blocks}
    experts = {}
    for name, use in sorted(view.experts.items(), reverse=True):
        positions = inputs if name == "encoder" else targets
        chosen, gates = (part[row, : len(positions)] for part in (use.experts, use.gates))
        experts[name] = ExpertChoices(chosen, gates, positions, int(use.num_experts))
    return Inspection(Attention(weights, inputs, targets, grid), experts)


def _name_inputs(
    values: npt.NDArray[Any],
    length: int,
    feature: Feature,
    vocabularies: Mapping[str, Vocabulary],
    grid: tuple[int, int] | None,
) -> Names:
    """Name the positions that a net made of one prepared input, by what is known of them."""
    if name_vocabulary(feature) and len(values) >= length:
        return _name_ids(values[:length], feature, vocabularies)
    if grid:
        rows, columns = grid
        return tuple(f"row {r + 1}, column {c + 1}" for r in range(rows) for c in range(columns))
    return tuple(str(number + 1) for number in range(length))


def _name_ids(
    ids: npt.NDArray[Any], feature: Feature, vocabularies: Mapping[str, Vocabulary]
) -> Names:
    vocabulary = vocabularies[name_vocabulary(feature)]
    return tuple(vocabulary.name_symbol(index) for index in ids.tolist())
