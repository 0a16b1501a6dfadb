"""The most probable classes of inputs whose targets are classes."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from t2t_mm.features import NUM_RANKED
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.search.few_shapes import needs_few_shapes
from t2t_mm.search.forward import compile_forward
from t2t_mm.search.search_inputs import encode_inputs, select_inputs

Tensor = Any


class RankedClasses(NamedTuple):
    """The most probable classes of each input, best first.

    Attributes:
        ids: int32[B, count].
        probabilities: float32[B, count].
    """

    ids: Tensor
    probabilities: Tensor


class TopClasses:
    """Finds the most probable classes of inputs; one trace serves every size.

    Args:
        model: built.
        input_modality: Share key of the input net.
        target_modality: Share key of a net that reads the encoder's output.
        count: How many classes, best first; fewer where there are fewer.
    """

    def __init__(
        self, model: MultiModel, input_modality: str, target_modality: str, count: int = NUM_RANKED
    ) -> None:
        self.model = model
        self.input_modality = input_modality
        self.target_modality = target_modality
        self.count = count
        self._rank: Any = None
        self._compiling = threading.Lock()

    def __call__(
        self, batch: Mapping[str, Any], *, problem_index: int = 0, open_axes: Sequence[int] = ()
    ) -> RankedClasses:
        """Rank the classes of a batch.

        Args:
            batch: As :class:`GreedySearch` takes it.
            problem_index: The problem's place among the run's.
            open_axes: As :class:`GreedySearch` takes them.

        Returns:
            Ids of classes, the most probable first, and how probable they are.
        """
        inputs = select_inputs(batch, needs_few_shapes(), open_axes=open_axes)
        problem = np.int32(problem_index)
        with self._compiling:
            if self._rank is None:
                self._rank = compile_forward(self.model, self.rank_in_graph, [inputs, problem])
        ranked = self._rank(inputs, problem)
        return RankedClasses(*(np.array(values)[: len(batch["inputs"])] for values in ranked))

    def rank_in_graph(self, inputs: Mapping[str, Tensor], problem: Tensor) -> RankedClasses:
        """Rank the classes of what `select_inputs` returned, inside a graph."""
        encoded = encode_inputs(self.model, self.input_modality, inputs, problem)
        logits = self.model.classify(encoded, self.target_modality)
        probabilities = ops.softmax(ops.cast(logits, "float32"))
        values, ids = ops.top_k(probabilities, min(self.count, logits.shape[-1]))
        return RankedClasses(ids, values)
