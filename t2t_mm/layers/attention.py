"""Multi-head attention.

Axis letters: B batch, K hypotheses of a beam, N = B * K rows, T target positions, S source
positions, H heads, D width, C = D / H.
Source: arXiv:1706.05137, section 2.2; Vaswani et al. 2017, arXiv:1706.03762.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.caching import History, Source, finish_reading, write_heads
from t2t_mm.layers.dropout import Dropout
from t2t_mm.layers.forms import choose_form
from t2t_mm.layers.lineage import Lineage
from t2t_mm.layers.masking import BLOCKED
from t2t_mm.layers.pointwise import Pointwise
from t2t_mm.layers.products import multiply_transposed
from t2t_mm.layers.softmax import compute_softmax
from t2t_mm.layers.watching import tell_watcher
from t2t_mm.layers.weights import compute_before_loop

Tensor = Any


class MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention in heads, with four width-preserving projections.

    Args:
        num_heads: H; divides the width.
        dropout: Rate on the attention weights, in training.
        seed: Of the dropout.

    Raises:
        ValueError: If the width is not a multiple of `num_heads`.

    Example:
        >>> x, source = ops.ones((2, 5, 8)), ops.ones((2, 7, 8))
        >>> MultiHeadAttention(num_heads=2)(x, source).shape
        TensorShape([2, 5, 8])
    """

    def __init__(
        self, num_heads: int, dropout: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.dropout = dropout
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Create the projections for inputs of this shape, (B, T, D)."""
        width = input_shape[-1]
        if width % self.num_heads:
            raise ValueError(
                "Attention needs a width that is a multiple of the number of heads. "
                f"Received: width={width}, num_heads={self.num_heads}."
            )
        self.query = Pointwise(width, name="query", dtype=self.dtype_policy)
        self.key = Pointwise(width, name="key", dtype=self.dtype_policy)
        self.value = Pointwise(width, name="value", dtype=self.dtype_policy)
        self.output_projection = Pointwise(width, name="output", dtype=self.dtype_policy)
        self.dropout_layer = Dropout(
            self.dropout, self.seed, name="dropout", dtype=self.dtype_policy
        )
        for layer in (self.query, self.key, self.value, self.output_projection, self.dropout_layer):
            layer.build(input_shape)

    def project_source(self, source: Tensor) -> History:
        """Compute keys and values once, for any number of queries.

        Args:
            source: float[B, S, D].

        Returns:
            Keys and values, float[B, H, S, C] each.
        """
        return History(self._split_heads(self.key(source)), self._split_heads(self.value(source)))

    def attend(
        self, x: Tensor, source: History, bias: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Let each position of `x` look at projected keys and values.

        Args:
            x: float[B, T, D].
            source: From `project_source`.
            bias: Broadcastable to float[B, H, T, S], 0 or `BLOCKED`.
            training: Whether weights are dropped.

        Returns:
            float[B, T, D].
        """
        scale = (x.shape[-1] // self.num_heads) ** -0.5
        query = self._split_heads(self.query(x) * scale)
        tell_watcher(self.path, lambda: _weigh(query, source.keys, bias))
        if not (training and self.dropout):
            return self.output_projection(self._merge_heads(average_values(query, *source, bias)))
        batch_size, length, _ = ops.shape(x)
        shape = (batch_size, self.num_heads, length, ops.shape(source.keys)[2])
        weights = self.dropout_layer.drop(_weigh(query, source.keys, bias), shape, training)
        return self.output_projection(self._merge_heads(ops.matmul(weights, source.values)))

    def call(
        self, x: Tensor, source: Tensor, bias: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Let each position of `x` look at a source.

        Args:
            x: float[B, T, D].
            source: float[B, S, D].
            bias: Broadcastable to float[B, H, T, S], 0 or `BLOCKED`.
            training: Whether weights are dropped.

        Returns:
            float[B, T, D].
        """
        return self.attend(x, self.project_source(source), bias, training)

    def start_cache(self, batch_size: Tensor | int) -> History:
        """Return the keys and values of no position, for self-attention step by step."""
        width = self.key.width
        shape = (batch_size, self.num_heads, 0, width // self.num_heads)
        return History(*(ops.zeros(shape, self.compute_dtype) for _ in History._fields))

    def decode_step(
        self,
        x_ND: Tensor,
        cache: History,
        position: Tensor | int,
        lineage: Lineage | None = None,
    ) -> tuple[Tensor, History]:
        """Let one position look at itself and those before.

        Args:
            x_ND: float[N, D], the next position.
            cache: Keys and values of the positions before.
            position: Their number.
            lineage: See `layers.lineage`.

        Returns:
            float[N, D], and the keys and values of one position more.
        """
        query_BHKC, key, value = self._project_row(x_ND, lineage)
        if lineage is None:
            is_later = ops.arange(ops.shape(cache.keys)[2], dtype="int32") > position
            bias = ops.cast(is_later, "float32") * BLOCKED
        else:
            bias = lineage.bias
        cache = History(*write_heads(cache, position, (key, value)))
        y_ND = self._average(query_BHKC, *cache, bias)
        return y_ND, History(*(finish_reading(part, y_ND) for part in cache))

    def look_at(self, x_ND: Tensor, source: Source, lineage: Lineage | None = None) -> Tensor:
        """Do for one position what `attend` does.

        Args:
            x_ND: float[N, D].
            source: Keys, values and what of them is blocked.
            lineage: See `layers.lineage`.

        Returns:
            float[N, D].
        """
        return self._average(self._split_row(self.query(x_ND), lineage), *source)

    def _average(self, query_BHKC: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        query_BHKC = query_BHKC * query_BHKC.shape[-1] ** -0.5
        logits_BHKS = ops.cast(multiply_transposed(query_BHKC, keys), "float32") + bias
        mean_BHKC = ops.matmul(ops.cast(compute_softmax(logits_BHKS), values.dtype), values)
        if mean_BHKC.shape[2] != 1:  # of one hypothesis heads need no moving
            mean_BHKC = ops.transpose(mean_BHKC, (0, 2, 1, 3))
        return self.output_projection(ops.reshape(mean_BHKC, (-1, self.query.width)))

    def _project_row(self, x_ND: Tensor, lineage: Lineage | None) -> list[Tensor]:
        """Return query, key and value of one position, float[B, H, K, C] each, by one product."""
        layers = (self.query, self.key, self.value)
        w_DF = compute_before_loop(
            lambda: ops.concatenate([ops.cast(x.kernel, x_ND.dtype) for x in layers], axis=1)
        )
        if w_DF is None:
            rows = [layer(x_ND) for layer in layers]
        else:
            rows = ops.split(ops.matmul(x_ND, w_DF), len(layers), axis=1)
        return [self._split_row(row, lineage) for row in rows]

    def _split_row(self, x_ND: Tensor, lineage: Lineage | None) -> Tensor:
        """Return float[B, H, K, C]."""
        heads = (self.num_heads, self.query.width // self.num_heads)
        if lineage is None:
            return ops.reshape(x_ND, (-1, heads[0], 1, heads[1]))
        rows = ops.reshape(x_ND, (-1, lineage.num_hypotheses, *heads))
        return ops.transpose(rows, (0, 2, 1, 3))

    def _split_heads(self, x: Tensor) -> Tensor:
        batch, length, width = ops.shape(x)
        heads = ops.reshape(x, (batch, length, self.num_heads, width // self.num_heads))
        return ops.transpose(heads, (0, 2, 1, 3))

    def _merge_heads(self, x: Tensor) -> Tensor:
        batch, heads, length, channels = ops.shape(x)
        return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch, length, heads * channels))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "seed": self.seed,
        }


@choose_form
def average_values(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Average the values by the softmax of the products of queries and keys.

    Args:
        query: float[B, H, T, C], scaled.
        keys: float[B, H, S, C].
        values: float[B, H, S, C].
        bias: Broadcastable to float[B, H, T, S], 0 or `BLOCKED`; None blocks nothing.

    Returns:
        float[B, H, T, C].

    Example:
        >>> values = ops.reshape(ops.array([1.0, 5.0]), (1, 1, 2, 1))
        >>> average_values(ops.zeros((1, 1, 1, 1)), values, values, None).numpy().item()
        3.0
    """
    return ops.matmul(_weigh(query, keys, bias), values)


def _weigh(query: Tensor, keys: Tensor, bias: Tensor | None) -> Tensor:
    """Return the weights of the values, float[B, H, T, S]; their softmax is one of float32."""
    logits = ops.cast(multiply_transposed(query, keys), "float32")
    if bias is not None:
        logits = logits + ops.cast(bias, "float32")
    return ops.cast(ops.softmax(logits), query.dtype)
