"""One function for both backends: it reads the weights that the model has when it is called."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from t2t_mm.search.forward import compile_forward

ROOT = Path(__file__).parents[2]

ON_JAX = """
import sys
sys.modules["tensorflow"] = None  # any import of it now fails
import time
from concurrent.futures import ThreadPoolExecutor
import keras
import numpy as np
from keras import ops
from t2t_mm.search.forward import compile_forward

traces = []
layer = keras.layers.Dense(1, kernel_initializer="ones")
layer.build((None, 2))

def forward(batch):
    time.sleep(0.2)  # long enough for other threads to come to the same program
    traces.append(ops.shape(batch["x"]))
    return {"sum": ops.sum(layer(batch["x"]))}

run = compile_forward(layer, forward, [{"x": np.ones((1, 2), np.float32)}])
assert float(run({"x": np.ones((3, 2), np.float32)})["sum"]) == 6.0
layer.kernel.assign(ops.full((2, 1), 5.0))
assert float(run({"x": np.ones((3, 2), np.float32)})["sum"]) == 30.0
assert traces == [(3, 2)]
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda rows: run({"x": np.ones((rows, 2), np.float32)}), [4, 4, 4, 3]))
assert traces == [(3, 2), (4, 2)]
"""


@pytest.mark.slow
def test_on_jax_a_changed_model_is_seen_by_the_same_program_compiled_once() -> None:
    pytest.importorskip("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    environment["JAX_PLATFORMS"] = "cpu"
    subprocess.run([sys.executable, "-c", ON_JAX], env=environment, check=True, cwd=ROOT)


def test_on_tensorflow_a_changed_model_is_seen_by_the_same_graph() -> None:
    traces = []
    layer = keras.layers.Dense(1, kernel_initializer="ones")
    layer.build((None, 2))

    def forward(x: object) -> object:
        traces.append(1)
        return ops.sum(layer(x))

    run = compile_forward(layer, forward, [np.ones((1, 2), np.float32)])
    assert float(run(np.ones((3, 2), np.float32))) == 6.0
    layer.kernel.assign(ops.full((2, 1), 5.0))
    assert float(run(np.ones((4, 2), np.float32))) == 40.0
    assert len(traces) == 1
