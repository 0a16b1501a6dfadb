"""Compiled steps of a mixture of experts for `moe.py`: one forward and one backward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from expert_mesh_tensorflow import make_mesh_tensorflow_step
from expert_patterns import Shape, run_dense_pair, run_one_hot, run_ragged_dot

Step = Callable[..., None]
"""Takes the experts, int32[N, K], and how often to run; returns when all results are there."""


class Contender(NamedTuple):
    """A way to run the experts.

    Attributes:
        run: `run(x, experts, gates, w_in, w_out)`; what routes by itself makes the whole step
            instead, `run(num_experts, per_token, arrays)`.
        weights: "listed": a matrix for each expert; "stacked": one tensor; "single": one expert
            on as many rows as there are slots.
        uses_xla: Whether TensorFlow compiles it with XLA; JAX always does.
        updates: Whether Adam changes the weights at the end, clipping included.
        routes: Whether it chooses the experts by itself, by a random gate.
    """

    run: Callable[..., Any]
    weights: str = "listed"
    uses_xla: bool = False
    updates: bool = False
    routes: bool = False


def list_contenders(backend: str) -> dict[str, Contender]:
    """List all that run on a backend, ours first."""
    from t2t_mm.layers.dispatch import DISPATCHES

    found = {}
    if backend == "tensorflow":
        from t2t_mm.layers.on_tensorflow.ragged import run_ragged

        found["ragged"] = Contender(run_ragged)
        found["ragged + Adam"] = Contender(run_ragged, updates=True)
    weights = "stacked" if backend == "jax" else "listed"
    for name in ("tiered", "blocked", "capacity"):
        found[name] = Contender(DISPATCHES[name], weights, uses_xla=name != "capacity")
    if backend == "jax":
        found["ragged_dot"] = Contender(run_ragged_dot, "stacked")
    found["one-hot einsum"] = Contender(run_one_hot, "stacked")
    if backend == "tensorflow":
        found["Mesh TensorFlow"] = Contender(make_mesh_tensorflow_step, routes=True)
    return found | {
        "all experts": Contender(DISPATCHES["dense"], weights),
        "dense pair": Contender(run_dense_pair, "single"),
    }


class Arrays(NamedTuple):
    """What a step runs on but the chosen experts; see `t2t_mm.layers.dispatch`."""

    x: Any
    gates: Any
    w_in: Any
    w_out: Any
    upstream: Any


def make_arrays(shape: Shape, weights: str, backend: str, dtype: str) -> Arrays:
    """Draw inputs, weights and upstream gradient of one layer.

    Args:
        shape: Of the layer.
        weights: As of `Contender`.
        backend: Whose tensors they are.
        dtype: Of all of them.
    """
    draw_normal = make_normal_draws(backend)

    def draw(*sizes: int, scale: float = 1.0) -> Any:
        return to_tensor(draw_normal(sizes) * np.float32(scale), backend, dtype)

    def draw_matrices(fan_in: int) -> Any:
        size, scale = (shape.expert_width, shape.width), fan_in**-0.5
        if weights == "stacked":
            return draw(shape.num_experts, *size, scale=scale)
        count = 1 if weights == "single" else shape.num_experts
        return [draw(*size, scale=scale) for _ in range(count)]

    rows = shape.tokens * (shape.per_token if weights == "single" else 1)
    gates = np.full((shape.tokens, shape.per_token), 1.0 / shape.per_token, np.float32)
    return Arrays(
        draw(rows, shape.width),
        to_tensor(gates, backend, dtype),
        draw_matrices(shape.width),
        draw_matrices(shape.expert_width),
        draw(rows, shape.width),
    )


def make_normal_draws(backend: str) -> Callable[[Sequence[int]], Any]:
    """Make a function that draws float32 arrays, on JAX on the device."""
    generator = np.random.default_rng(2)
    if backend == "jax":
        import jax

        return lambda sizes: jax.random.normal(jax.random.key(generator.integers(2**31)), sizes)
    return lambda sizes: generator.standard_normal(sizes, np.float32)


def to_tensor(values: Any, backend: str, dtype: str) -> Any:
    """Put an array on the device."""
    if backend == "jax":
        import jax.numpy as jnp

        return jnp.asarray(values, dtype)
    import tensorflow as tf

    return tf.cast(tf.constant(values), dtype)


def make_step(backend: str, contender: Contender, arrays: Arrays, shape: Shape) -> Step:
    """Make a step of a contender."""
    if contender.routes:
        step: Step = contender.run(shape.num_experts, shape.per_token, arrays)
        return step
    if contender.updates:
        return _make_update_step(contender, arrays)
    return (_make_jax_step if backend == "jax" else _make_tensorflow_step)(contender, arrays)


def _make_tensorflow_step(contender: Contender, arrays: Arrays) -> Step:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # a function for each contender: it warns of retracing

    @tf.function(autograph=False, jit_compile=contender.uses_xla)  # type: ignore[untyped-decorator]
    def run(arrays: Arrays, experts: Any) -> Any:
        watched = (arrays.x, arrays.gates, arrays.w_in, arrays.w_out)
        with tf.GradientTape() as tape:
            tape.watch(watched)
            out = contender.run(arrays.x, experts, *watched[1:])
        none = tf.UnconnectedGradients.ZERO
        return tape.gradient(out, watched, arrays.upstream, unconnected_gradients=none)

    def step(experts: Any, number: int = 1) -> None:
        for _ in range(number):
            last = tf.nest.flatten(run(arrays, experts))[-1]
        last[..., :1].numpy()  # waits for the device

    return step


def _make_update_step(contender: Contender, arrays: Arrays) -> Step:
    import keras
    import tensorflow as tf

    from t2t_mm.settings import OptimizerHParams
    from t2t_mm.training.on_tensorflow.optimizer import Adam

    weights = [keras.Variable(matrix) for matrix in (*arrays.w_in, *arrays.w_out)]
    matrices = [weight.value for weight in weights]
    adam = Adam(weights, {}, OptimizerHParams())

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def run(x: Any, gates: Any, experts: Any) -> Any:
        num_experts = len(matrices) // 2
        with tf.GradientTape() as tape:
            tape.watch((x, gates))
            w_in, w_out = matrices[:num_experts], matrices[num_experts:]
            out = contender.run(x, experts, gates, w_in, w_out)
        *inputs, gradients = tape.gradient(out, (x, gates, matrices), arrays.upstream)
        dense = {i: tf.convert_to_tensor(gradient) for i, gradient in enumerate(gradients)}
        return [*inputs, adam.apply(dense, {}, tf.constant(1e-3))]

    def step(experts: Any, number: int = 1) -> None:
        for _ in range(number):
            run(arrays.x, arrays.gates, experts)[-1].numpy()  # waits for the device

    return step


def _make_jax_step(contender: Contender, arrays: Arrays) -> Step:
    import jax

    run = make_jax_run(contender)

    def step(experts: Any, number: int = 1) -> None:
        for _ in range(number):
            results = run(arrays, experts)
        jax.block_until_ready(results)  # type: ignore[no-untyped-call]

    return step


@functools.cache  # compiled once for a shape
def make_jax_run(contender: Contender) -> Callable[[Arrays, Any], Any]:
    """Compile the forward and backward pass: output, and gradients of x, gates, w_in and w_out.

    As the trainer compiles its programs.
    """
    import jax

    from t2t_mm.run.jax_process import choose_compiler_options

    def run(arrays: Arrays, experts: Any) -> Any:
        def forward(x: Any, gates: Any, w_in: Any, w_out: Any) -> Any:
            return contender.run(x, experts, gates, w_in, w_out)

        out, backward = jax.vjp(forward, arrays.x, arrays.gates, arrays.w_in, arrays.w_out)
        return out, backward(arrays.upstream)

    found: Callable[[Arrays, Any], Any] = jax.jit(run, compiler_options=choose_compiler_options())
    return found


def make_matmul_step(backend: str, dtype: str, size: int) -> Callable[..., None]:
    """Make a step that is a plain matmul of two square matrices."""
    values = np.random.default_rng(0).standard_normal((size, size), np.float32)
    matrix = to_tensor(values, backend, dtype)
    if backend == "jax":
        import jax

        multiply = jax.jit(lambda matrix: matrix @ matrix)

        def multiply_on_jax(number: int = 1) -> None:
            for _ in range(number):
                product = multiply(matrix)
            product.block_until_ready()

        return multiply_on_jax
    import tensorflow as tf

    def step(number: int = 1) -> None:
        for _ in range(number):
            tf.matmul(matrix, matrix)[:1, :1].numpy()

    return step


def describe_device(backend: str) -> str:
    """Return the device that the steps run on, as the backend names it."""
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return f"{device.platform}: {device.device_kind}"
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    if not found:
        return "cpu"
    return f"gpu: {tf.config.experimental.get_device_details(found[0]).get('device_name', '')}"
