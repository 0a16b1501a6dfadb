"""Text: three matrices around the body.

Axis letters: B batch, L positions, D body width, V vocabulary.
Source: arXiv:1706.05137, section 2.5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from t2t_mm.layers.cross_entropy import compute_cross_entropy, compute_projected_cross_entropy
from t2t_mm.layers.dropout import draw_levels, find_least_kept
from t2t_mm.layers.masking import mark_real_positions, zero_padding
from t2t_mm.layers.products import project_to_logits
from t2t_mm.layers.weights import compute_before_loop
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.modalities.grid import Grid
from t2t_mm.registry import register_modality

if TYPE_CHECKING:
    from t2t_mm.settings import ModalityHParams

Tensor = Any

BODY_DEVIATION = 4.0
"""What the first softmax weights are divided by: the decoder's output, which ends in a residual,
has a standard deviation of about 3 before training, with two blocks of 2."""


@register_modality("language")
class LanguageModality(Modality):
    """Subword ids in, a distribution over subwords out.

    Input embedding, target embedding and softmax matrix are three separate matrices.
    Embeddings are drawn from N(0, 1 / D), multiplied by sqrt(D), and zero at padding.

    Args:
        vocabulary_size: V; id 0 is padding.
        width: Body width D.
        reads: Whether there is an input embedding.
        writes: Whether there are a target embedding and a softmax matrix.
        symbol_dropout: Share of the pieces, inputs and targets before the one that is predicted,
            whose embedding is zero in training; the others are not scaled up.

    Example:
        >>> text = LanguageModality(vocabulary_size=100, width=8)
        >>> text.build()
        >>> text.bottom(ops.array([[7, 1, 0]])).mask.numpy().tolist()
        [[True, True, False]]

    Source: arXiv:1706.05137, section 2.5.1; scale, zero padding and the three matrices from
    Tensor2Tensor's set for the eight problems.
    Chosen: the softmax matrix starts four times smaller than the embeddings, so that the first
    loss is near log(V) and not twice that. It holds a row for each piece: of the products of both
    passes one takes a transposed matrix, and the CPU is slower the longer its rows are.
    """

    def __init__(
        self,
        vocabulary_size: int,
        width: int,
        reads: bool = True,
        writes: bool = True,
        symbol_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(width, reads, writes, **kwargs)
        self.vocabulary_size = vocabulary_size
        self.symbol_dropout = symbol_dropout

    @classmethod
    def from_feature(
        cls, feature: Any, *, vocabulary_size: int, nets: ModalityHParams, **kwargs: Any
    ) -> LanguageModality:
        """Make the net for a declared feature, see `Modality.from_feature`."""
        return cls(vocabulary_size, symbol_dropout=nets.symbol_dropout, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        """Create the matrices of the sides in use; no input is needed."""
        shape = (self.vocabulary_size, self.width)
        deviation = self.width**-0.5
        if self.reads:
            normal = keras.initializers.RandomNormal(stddev=deviation)
            self.input_embedding = self.add_weight(shape, normal, name="input_embedding")
        if self.writes:
            normal = keras.initializers.RandomNormal(stddev=deviation)
            self.target_embedding = self.add_weight(shape, normal, name="target_embedding")
            normal = keras.initializers.RandomNormal(stddev=deviation / BODY_DEVIATION)
            self.softmax = self.add_weight(shape, normal, name="softmax")
        if self.symbol_dropout:
            self.noise = keras.random.SeedGenerator(name="noise")

    def list_input_variables(self) -> list[Any]:
        """Return the matrix of inputs, if there is one."""
        return [self.input_embedding] if self.reads else []

    def list_target_variables(self, has_grid: bool) -> list[Any]:
        """Return the matrices of targets, if there are any."""
        return [self.target_embedding, self.softmax] if self.writes else []

    def bottom(
        self, features: Tensor, sizes: Tensor | None = None, training: bool = False
    ) -> Positions:
        """Embed input ids, int[B, L], as positions of float[B, L, D]; sizes are not read."""
        return self._embed(features, self.input_embedding, training)

    def targets_bottom(self, targets: Tensor, training: bool = False) -> Positions:
        """Embed target ids, int[B, T], not shifted, as positions of float[B, T, D]."""
        return self._embed(targets, self.target_embedding, training)

    def top(self, x: Tensor, mask: Tensor | None = None, grid: Grid | None = None) -> Tensor:
        """Turn float[B, T, D] into logits float32[B, T, V]; mask and grid are not read."""
        flat = ops.reshape(x, (-1, self.width))
        w_DV = compute_before_loop(lambda: ops.transpose(ops.cast(self.softmax, x.dtype)))
        if w_DV is None:
            logits = project_to_logits(flat, ops.cast(self.softmax, x.dtype))
        else:
            logits = ops.cast(ops.matmul(flat, w_DV), "float32")
        return ops.reshape(logits, (*ops.shape(x)[:-1], self.vocabulary_size))

    def loss(
        self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Compute the cross entropy in nats, summed over real positions.

        Args:
            logits: float[B, T, V].
            targets: int[B, T].
            label_smoothing: Mass spread evenly over the V - 1 wrong classes; the entropy of the
                smoothed target is not subtracted.

        Returns:
            The sum over real positions and their number, float32 scalars.
        """
        flat = ops.reshape(logits, (-1, self.vocabulary_size))
        ids = ops.reshape(targets, (-1,))
        return _sum_real(compute_cross_entropy(flat, ids, label_smoothing), ids)

    def training_loss(
        self, positions: Positions, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Compute the `loss` of the `top`, without all logits at once."""
        flat = ops.reshape(positions.x, (-1, self.width))
        ids = ops.reshape(targets, (-1,))
        matrix = ops.cast(self.softmax, flat.dtype)
        losses = compute_projected_cross_entropy(flat, matrix, ids, label_smoothing)
        return _sum_real(losses, ids)

    def _embed(self, ids: Tensor, table: Any, training: bool = False) -> Positions:
        mask = mark_real_positions(ids)
        x = ops.cast(ops.take(table, ids, axis=0), self.compute_dtype) * self.width**0.5
        return Positions(zero_padding(x, self._choose_shown(mask, training)), mask)

    def _choose_shown(self, mask: Tensor, training: bool) -> Tensor:
        """Return bool[B, L]: which positions keep their embedding."""
        if not training or not self.symbol_dropout:
            return mask
        levels = draw_levels(ops.shape(mask), self.noise)
        return mask & (levels >= find_least_kept(self.symbol_dropout))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"vocabulary_size": self.vocabulary_size, "symbol_dropout": self.symbol_dropout}
        return super().get_config() | own


def _sum_real(losses: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Sum float32[N] where int[N] is no padding, and count such places."""
    is_real = mark_real_positions(ids)
    return ops.sum(ops.where(is_real, losses, 0.0)), ops.sum(ops.cast(is_real, "float32"))
