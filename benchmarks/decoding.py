"""Greedy search: tokens a second, and how much of a step is the reading of weights.

    python benchmarks/decoding.py
    python benchmarks/decoding.py --backend=jax --json=decoding.json

Random texts of 64 pieces are decoded by new models whose gates differ from position to position and
which never end a text by themselves. *Reading*: what the weights that a step uses would take at the
rate at which a product of the same rows reads a matrix too large for any cache, timed between the
searches of the same run; of the experts as many count as are chosen by `rows` gates that are even.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from step_cases import TEXT, VOCABULARY_SIZE, Case, build_model_and_task

from t2t_mm.bin import command

SOURCE_LENGTH = 64
LONG = 512
MATRIX = (2048, 16384)
"""128 MiB in float32."""
Figures = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("sets", ["multimodel_tiny", "multimodel_base"], "Registered sets.")
    flags.DEFINE_integer("rows", 8, "Texts decoded at once.", lower_bound=1)
    flags.DEFINE_list("steps", ["64", str(LONG)], "Symbols of each text.")
    flags.DEFINE_integer("rounds", 5, "Searches of each length; the median counts.", lower_bound=1)
    flags.DEFINE_enum("backend", "tensorflow", ["tensorflow", "jax"], "Keras's backend.")
    flags.DEFINE_bool("quick", False, "The first set and number of steps, one round.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    os.environ["KERAS_BACKEND"] = flags.backend  # before anything imports Keras
    if flags.backend == "tensorflow":
        command.import_tensorflow()
    sets, steps = flags.sets, [int(text) for text in flags.steps]
    if flags.quick:
        sets, steps = sets[:1], steps[:1]
    figures: dict[str, Figures] = {}
    for name in sets:
        figures[name] = measure(name, flags.rows, steps, 1 if flags.quick else flags.rounds)
        print(f"{name}, {flags.rows} rows, {flags.backend}")
        print(f"  the first search, with its compilation: {figures[name]['first_s']:.1f} s")
        for length, found in figures[name]["steps"].items():
            print(
                f"  {length} steps: {found['tokens_per_s']:.0f} tokens/s, "
                f"{found['step_ms']:.2f} ms a step, of which reading {found['reading_ms']:.2f}",
                flush=True,
            )
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(name: str, rows: int, steps: list[int], rounds: int) -> Figures:
    """Measure a set's model at each length.

    Returns:
        "first_s", "used_bytes" of the weights of a step, and by length of "steps" a dict.
    """
    import numpy as np

    from t2t_mm.inference.search import GreedySearch
    from t2t_mm.registry import load_hparams

    hparams = load_hparams(name)
    model, task = build_model_and_task(Case(name, rows, TEXT, (SOURCE_LENGTH,), 1), hparams)
    spread_gates_and_never_end(model)
    search = GreedySearch(model, *task.signature)
    drawn = np.random.default_rng(0).integers(2, VOCABULARY_SIZE, (rows, SOURCE_LENGTH))
    batch = {"inputs": drawn.astype("int32")}

    def decode(length: int) -> float:
        start = time.perf_counter()
        ids = search(batch, command_index=0, extra_length=length - SOURCE_LENGTH).ids[:, 0]
        assert ids.shape == (rows, length) and ids.all()
        return time.perf_counter() - start

    first_s = decode(steps[0])
    used_bytes, read = count_used_bytes(model, hparams.experts, rows), make_reading(rows)
    by_steps = {}
    for length in steps:
        decode(length)
        times = [(decode(length), read()) for _ in range(rounds)]
        seconds, bytes_per_s = (statistics.median(column) for column in zip(*times, strict=True))
        by_steps[length] = {
            "tokens_per_s": rows * length / seconds,
            "step_ms": 1e3 * seconds / length,
            "reading_ms": 1e3 * used_bytes / bytes_per_s,
        }
    return {"first_s": first_s, "used_bytes": used_bytes, "steps": by_steps}


def spread_gates_and_never_end(model: Any) -> None:
    """Let gates choose by position, as trained ones do, and no text have an end."""
    import numpy as np

    from t2t_mm.data.vocabulary.vocabulary import EOS_ID, PAD_ID

    for variable in model.variables:
        if variable.path.endswith("gate/choice"):
            variable.assign(np.random.default_rng(7).normal(size=variable.shape))
        elif variable.path.endswith("/softmax"):  # logits of 0, the largest being above
            rows = np.array(variable)
            rows[[PAD_ID, EOS_ID]] = 0.0
            variable.assign(rows)


def count_used_bytes(model: Any, experts: Any, rows: int) -> float:
    """Count the bytes of the weights that one step of a search reads."""
    unused = ("source_attention/key", "source_attention/value", "gate/spread", "_embedding")
    share = 1 - (1 - experts.experts_per_token / experts.num_experts) ** rows
    parts = (model.mixer, model.decoder, *model.modalities.values())
    variables = {v.path: v for part in parts for v in part.trainable_variables}
    return math.fsum(
        4.0 * math.prod(variable.shape) * (share if "/w_" in path else 1.0)
        for path, variable in variables.items()
        if not any(part in path for part in unused)
    )


def make_reading(rows: int) -> Callable[[], float]:
    """Make a function that returns at how many bytes a second a product reads a large matrix."""
    import keras
    import numpy as np
    from keras import ops

    from t2t_mm.inference.forward import compile_forward

    layer = keras.layers.Dense(MATRIX[1], use_bias=False)
    layer.build((None, MATRIX[0]))
    x = np.ones((rows, MATRIX[0]), np.float32)
    multiply = compile_forward(layer, lambda x: ops.sum(ops.matmul(x, layer.kernel)), [x])
    float(multiply(x))

    def read() -> float:
        start = time.perf_counter()
        float(multiply(x))
        return 4.0 * MATRIX[0] * MATRIX[1] / (time.perf_counter() - start)

    return read


def main(argv: list[str] | None = None) -> int:
    """Run the program from its command line; return its exit code."""
    return command.run_command("decoding.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
