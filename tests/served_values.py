"""What an exported model's graph makes of one raw value."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm import FeatureKind
from t2t_mm.search.tracing import trace


def read_in_graph(kind: FeatureKind, given: Mapping[str, Any]) -> np.ndarray:
    """Returns what a net is to read of it, as `FeatureKind.prepare_input` does without a graph."""

    def read(row: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return kind.prepare(kind.store_tensors(row), None)

    specs = kind.served_specs
    assert set(specs) == set(given)
    tensors = {name: tf.constant(value, specs[name].dtype) for name, value in given.items()}
    return trace(read, [specs])(tensors).numpy()
