"""What the body asks of a modality, and the positions that pass between them.

Axis letters: B batch, L input positions, T target positions, D body width, V classes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

Tensor = Any


class Positions(NamedTuple):
    """A batch of sequences as the body sees them.

    Attributes:
        x: float[B, L, D], zero at padded positions.
        mask: bool[B, L], True where a position is real.
        grid: (rows, columns) if the positions are those of a picture, row by row; else None.
    """

    x: Tensor
    mask: Tensor
    grid: tuple[Any, Any] | None = None


class Modality(keras.layers.Layer):
    """Turns one kind of feature into positions and the body's output into predictions.

    A net is shared by all problems whose features have the same share key. It holds weights
    for its sides only: `reads` where it is some problem's input, `writes` where it is a target.

    Args:
        width: body width D.
        reads: whether `bottom` will be called.
        writes: whether `targets_bottom`, `top` and `loss` will be called.

    Raises:
        ValueError: if it neither reads nor writes.
    """

    def __init__(self, width: int, reads: bool = True, writes: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (reads or writes):
            raise ValueError("A modality must read or write. Received: reads=False, writes=False.")
        self.width = width
        self.reads = reads
        self.writes = writes

    @classmethod
    def from_feature(cls, feature: Any, *, vocabulary_size: int, width: int, **kwargs: Any) -> Any:
        """Makes the net for a declared feature.

        Args:
            feature: what a problem declares.
            vocabulary_size: size of its vocabulary; 0 where it has none.
            width: body width D.
            **kwargs: `reads`, `writes`, `name`, `dtype`.
        """
        raise NotImplementedError

    def bottom(self, features: Tensor, training: bool = False) -> Positions:
        """Turns a batch of inputs into positions."""
        raise NotImplementedError

    def targets_bottom(self, targets: Tensor, training: bool = False) -> Positions:
        """Turns a batch of targets, not yet shifted, into positions."""
        raise NotImplementedError

    def top(self, x: Tensor) -> Tensor:
        """Turns the body's output float[B, T, D] into logits."""
        raise NotImplementedError

    def loss(
        self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Returns the summed loss and the summed weights, two float32 scalars."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "width": self.width,
            "reads": self.reads,
            "writes": self.writes,
        }
