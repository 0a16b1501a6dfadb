"""Decoding: tokens a second of greedy search, what a beam costs, and what limits both.

    python benchmarks/decode.py
    python benchmarks/decode.py --sets=multimodel_base --rows=1,8,32 --steps=32,128,512
    python benchmarks/decode.py --rows=32 --at_once=2    # as files are decoded on two cores
    python benchmarks/decode.py --backend=jax --json=decode.json

Random texts of 64 pieces are decoded by new models whose gates differ from position to position and
which never end a text by themselves. Timed in turns, each by its median:

- *Greedy*, and a beam of `--beam_size` hypotheses of the same texts.
- *Re-running* the decoder over the whole prefix at every step, as is done without caches: a step is
  timed at five lengths of the prefix, and summed up over all by the trapezoidal rule.
- *Copying* as many bytes as the weights have that a step uses; of the experts as many count as are
  chosen by `rows` gates that are even.

With `--at_once` so many searches run side by side, on TensorFlow each operation on one thread, and
nothing is run again; symbols of all count.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from copied_weights import count_used_bytes, make_copy
from step_cases import TEXT, VOCABULARY_SIZE, Case, build_model_and_task

from t2t_mm.bin import command

SOURCE_LENGTH = 64
Figures = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("sets", ["multimodel_tiny", "multimodel_base"], "Registered sets.")
    flags.DEFINE_list("rows", ["8"], "Numbers of texts decoded at once.")
    flags.DEFINE_list("steps", ["64", "512"], "Symbols of each text.")
    flags.DEFINE_integer("beam_size", 4, "Hypotheses of a beam; 1 leaves it out.", lower_bound=1)
    flags.DEFINE_integer("at_once", 1, "Searches side by side, of as many rows.", lower_bound=1)
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
    from t2t_mm.run.side_by_side import give_operations_one_thread

    if flags.at_once > 1:
        give_operations_one_thread()
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
            bench = Decoding(model, task, rows, flags.beam_size, copy, flags.at_once)
            for length in lengths:
                rerun = flags.rerun and flags.at_once == 1
                found = bench.measure(length, 1 if flags.quick else flags.rounds, rerun)
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
        at_once: Searches side by side, each of `rows`.
    """

    def __init__(
        self,
        model: Any,
        task: Any,
        rows: int,
        beam_size: int,
        copy: Callable[[], float],
        at_once: int = 1,
    ) -> None:
        import numpy as np

        from t2t_mm.search.beam_search import BeamSearch
        from t2t_mm.search.greedy_search import GreedySearch

        self.model, self.task, self.rows, self.beam_size = model, task, rows, beam_size
        self.at_once = at_once
        drawn = np.random.default_rng(0).integers(2, VOCABULARY_SIZE, (rows, SOURCE_LENGTH))
        self.batch = {"inputs": drawn.astype("int32")}
        nets: tuple[str, str] = task.signature
        self.greedy = GreedySearch(model, *nets)
        self.beam = BeamSearch(model, *nets, beam_size, num_wanted=1)
        self.copy = copy

    def measure(self, length: int, rounds: int, rerun: bool) -> Figures:
        """Measure texts of a length.

        Returns:
            "rows", "steps", "at_once", "tokens_per_s" and "step_ms" of greedy search, "copy_ms",
            and if they were wanted "beam_size" and "beam_ratio", the time of a beam over that of
            greedy search, and "rerun_ratio".
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
            "at_once": self.at_once,
            "tokens_per_s": self.at_once * self.rows * length / greedy,
            "step_ms": 1e3 * greedy / length,
            "copy_ms": 1e3 * medians["copy"],
        }
        if self.beam_size > 1:
            found |= {"beam_size": self.beam_size, "beam_ratio": medians["beam"] / greedy}
        if rerun:
            found["rerun_ratio"] = self._rerun(length, rounds) / greedy
        return found

    def _search(self, search: Any, length: int) -> float:
        from t2t_mm.run.side_by_side import run_side_by_side

        def run(batch: Any) -> Any:
            extra_length = length - SOURCE_LENGTH
            return search(batch, command_index=0, extra_length=extra_length, open_axes=[1])

        start = time.perf_counter()
        found = list(run_side_by_side(run, [self.batch] * self.at_once, self.at_once))
        seconds = time.perf_counter() - start
        for _, one in found:
            ids = one.ids[:, 0]
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


def main(argv: list[str] | None = None) -> int:
    """Run the program from its command line; return its exit code."""
    return command.run_command("decode.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
