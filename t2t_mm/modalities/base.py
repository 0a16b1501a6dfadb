"""What the body asks of a modality, and the positions that pass between them.

Axis letters: B batch, L input positions, T target positions, D body width, V classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import keras
from keras import ops

from t2t_mm.errors import UserError
from t2t_mm.modalities.grid import Grid

if TYPE_CHECKING:
    from t2t_mm.settings import ModalityHParams

Tensor = Any


class Positions(NamedTuple):
    """A batch of sequences as the body sees them.

    Attributes:
        x: float[B, L, D], zero at padded positions.
        mask: bool[B, L], True where a position is real.
        grid: (rows, columns, sizes) if the positions are those of pictures, row by row; else None.
    """

    x: Tensor
    mask: Tensor
    grid: Grid | None = None

    def leave_out(self, is_example: Tensor | None) -> Positions:
        """Return them as padding where bool[B] says that a row is no example; None: all are.

        Example:
            >>> rows = Positions(ops.zeros((2, 1, 4)), ops.ones((2, 1), "bool"))
            >>> rows.leave_out(ops.array([True, False])).mask.numpy().tolist()
            [[True], [False]]
        """
        if is_example is None:
            return self
        return self._replace(mask=ops.logical_and(self.mask, is_example[:, None]))


class Modality(keras.layers.Layer):
    """Turns one kind of feature into positions and the body's output into predictions.

    A net is shared by all problems whose features have the same share key. It holds weights
    for its sides only: `reads` where it is some problem's input, `writes` where it is a target.

    Args:
        width: Body width D.
        reads: Whether `bottom` will be called.
        writes: Whether `targets_bottom`, `top` and `loss` will be called.

    Attributes:
        reads_encoder: Whether `top` takes the encoder's output, past mixer and decoder: the
            target is no sequence, and `targets_bottom` is not called.
        makes_grid: Whether the positions of `bottom` have a grid.

    Raises:
        ValueError: If it neither reads nor writes.
    """

    reads_encoder: bool = False
    makes_grid: bool = False
    units_per_position: ClassVar[float] = 1
    """What a position of a batch of inputs stands for, along each axis: elements, or what else a
    kind counts (pixels, seconds). By it examples are put together and batches filled."""

    def __init__(self, width: int, reads: bool = True, writes: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (reads or writes):
            raise ValueError("A modality must read or write. Received: reads=False, writes=False.")
        self.width = width
        self.reads = reads
        self.writes = writes

    @classmethod
    def from_feature(
        cls, feature: Any, *, vocabulary_size: int, nets: ModalityHParams, **kwargs: Any
    ) -> Any:
        """Make the net for a declared feature: by default one that only the body's width shapes.

        Args:
            feature: What a problem declares.
            vocabulary_size: Size of its vocabulary; 0 where it has none.
            nets: Settings of the nets.
            **kwargs: `width`, `reads`, `writes`, `name`, `dtype`.

        Example:
            >>> from t2t_mm.features import Language
            >>> from t2t_mm.modalities.language import LanguageModality
            >>> from t2t_mm.settings import ModalityHParams
            >>> arguments = {"vocabulary_size": 100, "nets": ModalityHParams(), "width": 8}
            >>> net = LanguageModality.from_feature(Language(), **arguments)
            >>> net.vocabulary_size, net.reads, net.writes
            (100, True, True)
        """
        return cls(**kwargs)

    def list_input_variables(self) -> list[Any]:
        """Return the trainable variables that the loss of a batch of inputs reaches.

        All of a net that only reads. A net of both sides says itself which are whose, here and in
        `list_target_variables`; what both sides use belongs in both.

        Raises:
            UserError: It has two sides and does not say.
        """
        return self._list_variables_of_side(self.reads)

    def list_target_variables(self, has_grid: bool) -> list[Any]:
        """Return the trainable variables that the loss of a batch of targets reaches.

        Args:
            has_grid: Whether the positions that `top` is given have a grid, see `reads_encoder`.

        Raises:
            UserError: It has two sides and does not say.
        """
        return self._list_variables_of_side(self.writes)

    def _list_variables_of_side(self, is_in_use: bool) -> list[Any]:
        if self.reads and self.writes:
            raise UserError(
                f"The net {self.name!r} has two sides, and does not say which variables are whose",
                received={"net": type(self).__name__},
                fix="Give the class list_input_variables and list_target_variables.",
            )
        return list(self.trainable_variables) if is_in_use else []

    def bottom(
        self, features: Tensor, sizes: Tensor | None = None, training: bool = False
    ) -> Positions:
        """Turn a batch of inputs into positions.

        Args:
            features: The batch, padded; its axes may be unknown.
            sizes: int[B, n], the real sizes of each example, for features whose padding cannot
                be seen from their values; None: nothing is padded.
            training: Whether this is a step of training.

        Returns:
            Positions of float[B, L, D].
        """
        raise NotImplementedError

    def targets_bottom(self, targets: Tensor, training: bool = False) -> Positions:
        """Turn a batch of targets, not yet shifted, into positions of float[B, T, D]."""
        raise NotImplementedError

    def top(self, x: Tensor, mask: Tensor | None = None, grid: Grid | None = None) -> Tensor:
        """Turn the body's output float[B, T, D] into logits.

        Args:
            x: float[B, T, D] of the decoder, or of the encoder with `reads_encoder`.
            mask: bool[B, T], the real positions; None: all.
            grid: How the positions lie, if they are those of pictures.

        Returns:
            float[B, T, V]; float[B, V] of a class.
        """
        raise NotImplementedError

    def loss(
        self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Compute the loss of a batch.

        Args:
            logits: From `top`.
            targets: As `targets_bottom` takes them.
            label_smoothing: Mass spread evenly over the wrong classes.

        Returns:
            The sum over the real targets and their number, two float32 scalars.
        """
        raise NotImplementedError

    def training_loss(
        self, positions: Positions, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Compute the `loss` of the `top`, for nets that need not make all logits for it.

        Args:
            positions: What `top` takes.
            targets: As `loss` takes them.
            label_smoothing: As `loss` takes it.

        Returns:
            As `loss`.
        """
        return self.loss(self.top(*positions), targets, label_smoothing)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "width": self.width,
            "reads": self.reads,
            "writes": self.writes,
        }
