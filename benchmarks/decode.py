"""Decoding: tokens a second of greedy search, what a beam costs, and what limits both.

    python benchmarks/decode.py
    python benchmarks/decode.py --sets=multimodel_base --rows=1,8,32 --steps=32,128,512
    python benchmarks/decode.py --backend=jax --json=decode.json

Random texts of 64 pieces are decoded by new models whose gates differ from position to position and
which never end a text by themselves. Timed in turns, each by its median:

- *Greedy*, and a beam of `--beam_size` hypotheses of the same texts.
- *Re-running* the decoder over the whole prefix at every step, as is done without caches: a step is
  timed at five lengths of the prefix, and summed up over all by the trapezoidal rule.
- *Copying* as many bytes as the weights have that a step uses; of the experts as many count as are
  chosen by `rows` gates that are even.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from step_cases import TEXT, VOCABULARY_SIZE, Case, build_model_and_task

from t2t_mm.bin import command

SOURCE_LENGTH = 64
MOST_COPIED = 2**28
Figures = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("sets", ["multimodel_tiny", "multimodel_base"], "Registered sets.")
    flags.DEFINE_list("rows", ["8"], "Numbers of texts decoded at once.")
    flags.DEFINE_list("steps", ["64", "512"], "Symbols of each text.")
    flags.DEFINE_integer("beam_size", 4, "Hypotheses of a beam; 1 leaves it out.", lower_bound=1)
    flags.DEFINE_bool("rerun", True, "Also re-run the prefix at every step.")
    flags.DEFINE_integer("rounds", 5, "Searches of each length; the median counts.", lower_bound=1)
    flags.DEFINE_enum("backend", "tensorflow", ["tensorflow", "jax"], "Keras's backend.")
    flags.DEFINE_string("hparams", "", "Settings that differ, as in t2t-trainer's --hparams.")
    flags.DEFINE_bool("quick", False, "The first set and number of steps, one round.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    os.environ["KERAS_BACKEND"] = flags.backend  # before anything imports Keras
    if flags.backend == "tensorflow":
        command.import_tensorflow()
    from t2t_mm.registry import load_hparams

    sets, lengths = flags.sets, [int(text) for text in flags.steps]
    if flags.quick:
        sets, lengths = sets[:1], lengths[:1]
    figures: list[Figures] = []
    print(
        "set, rows, steps: greedy tokens/s, ms a step; times that of greedy search; copy",
        flush=True,
    )
    for name in sets:
        hparams = load_hparams(name, overrides=flags.hparams)
        model, task = build(name, hparams)
        for rows in map(int, flags.rows):
            copy = make_copy(count_used_bytes(model, hparams, rows), flags.backend)
            bench = Decoding(model, task, rows, flags.beam_size, copy)
            for length in lengths:
                found = bench.measure(length, 1 if flags.quick else flags.rounds, flags.rerun)
                figures.append({"set": name, "backend": flags.backend, **found})
                print(describe(figures[-1]), flush=True)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def describe(found: Figures) -> str:
    """Describe the figures of one case in a line."""
    parts = [
        f"{found['set']}, {found['rows']}, {found['steps']}: {found['tokens_per_s']:.0f} tokens/s",
        f"{found['step_ms']:.2f} ms",
    ]
    if "beam_ratio" in found:
        parts.append(f"beam of {found['beam_size']} {found['beam_ratio']:.2f}")
    if "rerun_ratio" in found:
        parts.append(f"re-running {found['rerun_ratio']:.1f}")
    return ", ".join([*parts, f"copying {found['copy_ms']:.2f} ms"])


def build(name: str, hparams: Any) -> tuple[Any, Any]:
    """Build a set's model and its task of texts."""
    model, task = build_model_and_task(Case(name, 1, TEXT, (SOURCE_LENGTH,), 1), hparams)
    spread_gates_and_never_end(model)
    return model, task


class Decoding:
    """Searches of one model for a number of random texts.

    Args:
        model: Of `build`.
        task: Of `build`.
        rows: Texts.
        beam_size: Hypotheses of the beam; 1 for none.
        copy: Of `make_copy`.
    """

    def __init__(
        self, model: Any, task: Any, rows: int, beam_size: int, copy: Callable[[], float]
    ) -> None:
        import numpy as np

        from t2t_mm.search.beam_search import BeamSearch
        from t2t_mm.search.search import GreedySearch

        self.model, self.task, self.rows, self.beam_size = model, task, rows, beam_size
        drawn = np.random.default_rng(0).integers(2, VOCABULARY_SIZE, (rows, SOURCE_LENGTH))
        self.batch = {"inputs": drawn.astype("int32")}
        nets: tuple[str, str] = task.signature
        self.greedy = GreedySearch(model, *nets)
        self.beam = BeamSearch(model, *nets, beam_size, num_wanted=1)
        self.copy = copy

    def measure(self, length: int, rounds: int, rerun: bool) -> Figures:
        """Measure texts of a length.

        Returns:
            "rows", "steps", "tokens_per_s" and "step_ms" of greedy search, "copy_ms", and if they
            were wanted "beam_size" and "beam_ratio", the time of a beam over that of greedy
            search, and "rerun_ratio".
        """
        runs = {"greedy": lambda: self._search(self.greedy, length), "copy": self.copy}
        if self.beam_size > 1:
            runs["beam"] = lambda: self._search(self.beam, length)
        for run in runs.values():
            run()
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                times[name].append(run())
        medians = {name: statistics.median(each) for name, each in times.items()}
        greedy = medians["greedy"]
        found = {
            "rows": self.rows,
            "steps": length,
            "tokens_per_s": self.rows * length / greedy,
            "step_ms": 1e3 * greedy / length,
            "copy_ms": 1e3 * medians["copy"],
        }
        if self.beam_size > 1:
            found |= {"beam_size": self.beam_size, "beam_ratio": medians["beam"] / greedy}
        if rerun:
            found["rerun_ratio"] = self._rerun(length, rounds) / greedy
        return found

    def _search(self, search: Any, length: int) -> float:
        start = time.perf_counter()
        found = search(self.batch, command_index=0, extra_length=length - SOURCE_LENGTH)
        seconds = time.perf_counter() - start
        ids = found.ids[:, 0]
        assert ids.shape == (self.rows, length) and ids.all()
        return seconds

    def _rerun(self, length: int, rounds: int) -> float:
        """Return the seconds that re-running every prefix would take."""
        import numpy as np
        from keras import ops

        from t2t_mm.modalities.base import Positions
        from t2t_mm.model.outputs import Encoded
        from t2t_mm.search.forward import compile_forward

        source, target = self.task.signature

        def encode(inputs: Any) -> tuple[Any, Any]:
            positions = self.model.encode(inputs, modality=source).positions
            return positions.x, positions.mask

        def predict_next(x: Any, mask: Any, prefix: Any) -> Any:
            x = ops.reshape(x, (*ops.shape(mask), self.model.width))
            encoded = Encoded(Positions(x, mask), [])
            x, _ = self.model.decode(encoded, prefix, modality=target, command=0)
            return self.model.compute_logits(x[:, -1], target)

        encoded = [
            np.asarray(one)
            for one in compile_forward(self.model, encode, [self.batch["inputs"]])(
                self.batch["inputs"]
            )
        ]

        def time_step(places: int) -> float:
            prefix = np.full((self.rows, places), 7, np.int32)
            times = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                np.asarray(compiled(*encoded, prefix))
                times.append(time.perf_counter() - start)
            return statistics.median(times[1:])

        compiled = compile_forward(self.model, predict_next, [*encoded, np.zeros((1, 1), np.int32)])
        prefixes = sorted({max(1, length * part // 4) for part in range(5)})
        return integrate(prefixes, [time_step(places) for places in prefixes])


def integrate(places: Sequence[int], seconds: Sequence[float]) -> float:
    """Sum up what a step takes over all places from 1 on, by the trapezoidal rule.

    Example:
        >>> integrate([1, 3], [1.0, 3.0])  # 1 + 2 + 3
        6.0
    """
    total = seconds[0]
    pairs = zip(places, places[1:], seconds, seconds[1:], strict=False)
    for first, last, low, high in pairs:
        total += (last - first) * (low + high) / 2 + (high - low) / 2
    return total


def spread_gates_and_never_end(model: Any) -> None:
    """Let gates choose by position, as trained ones do, and no text have an end."""
    import keras
    import numpy as np

    from t2t_mm.data.vocabulary.vocabulary import EOS_ID, PAD_ID

    for variable in model.variables:
        if variable.path.endswith("gate/choice"):
            variable.assign(np.random.default_rng(7).normal(size=variable.shape))
        elif variable.path.endswith("/softmax"):  # logits of 0, the largest being above
            rows = keras.ops.convert_to_numpy(variable).copy()
            rows[[PAD_ID, EOS_ID]] = 0.0
            variable.assign(rows)


def count_used_bytes(model: Any, hparams: Any, rows: int) -> float:
    """Count the bytes of the weights that one step of a search reads."""
    experts = hparams.experts
    unused = ("source_attention/key", "source_attention/value", "gate/spread", "_embedding")
    share = 1 - (1 - experts.experts_per_token / experts.num_experts) ** rows
    parts = (model.mixer, model.decoder, *model.modalities.values())
    variables = {v.path: v for part in parts for v in part.trainable_variables}
    return math.fsum(
        4.0 * math.prod(variable.shape) * (share if "/w_" in path else 1.0)
        for path, variable in variables.items()
        if not any(part in path for part in unused)
    )


def make_copy(num_bytes: float, backend: str) -> Callable[[], float]:
    """Make a function that copies so many bytes and returns the seconds that it took.

    On JAX a device copies within its own memory, several times for one wait.
    """
    import numpy as np

    copied = min(int(num_bytes), MOST_COPIED)
    source = np.ones(copied, np.uint8)
    if backend == "jax":
        import jax

        on_device, times = jax.device_put(source), 10
        invert = jax.jit(jax.numpy.invert)  # what it reads is written, changed

        def copy_all() -> None:
            for _ in range(times):
                inverted = invert(on_device)
            inverted.block_until_ready()
    else:
        target, times = np.zeros(copied, np.uint8), 1

        def copy_all() -> None:
            np.copyto(target, source)

    def copy() -> float:
        start = time.perf_counter()
        copy_all()
        return (time.perf_counter() - start) / times * num_bytes / copied

    return copy


def main(argv: list[str] | None = None) -> int:
    """Run the program from its command line; return its exit code."""
    return command.run_command("decode.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
