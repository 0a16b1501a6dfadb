"""The training step: how much of its time is arithmetic, and what memory it takes.

    python benchmarks/step.py

Forward pass, backward pass and update of random batches at the shapes at which Tensor2Tensor's
MultiModel was measured. *Share*: operations of the matrix products and convolutions, counted while
the step runs, over its time, over the rate of a plain float32 product of two 2048 x 2048 matrices
that is timed between the steps. Each case runs in a process of its own, so that its peak of memory
is its own. `--quick` takes less than a minute.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations import counted_operations
from profiling import KINDS, REST, seconds_by_kind

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Categorical, Feature, Image, Language

Figures = dict[str, Any]
VOCABULARY_SIZE = 8192
NUM_CLASSES = 1000


@dataclass(frozen=True)
class Case:
    """One shape of batch for one set of settings.

    Args:
        hparams_set: name of the set.
        batch_size: examples.
        inputs: what is read.
        input_shape: of one example: pieces, pixels or frames.
        target_length: pieces to write; 0 for a class.
    """

    hparams_set: str
    batch_size: int
    inputs: Feature
    input_shape: tuple[int, ...]
    target_length: int

    @property
    def targets(self) -> Feature:
        """What is written."""
        return Language() if self.target_length else Categorical(num_classes=NUM_CLASSES)


TEXT, PICTURE, SOUND = Language(), Image(), Audio(num_bands=80)
CASES = {
    "text base": Case("multimodel_base", 16, TEXT, (64,), 64),
    "text tiny": Case("multimodel_tiny", 16, TEXT, (32,), 32),
    "image base": Case("multimodel_base", 4, PICTURE, (224, 224, 3), 0),
    "image tiny": Case("multimodel_tiny", 8, PICTURE, (224, 224, 3), 0),
    "caption base": Case("multimodel_base", 4, PICTURE, (224, 224, 3), 16),
    "audio base": Case("multimodel_base", 4, SOUND, (1024, 80), 32),
}


def define_flags(flags: Any) -> None:
    """Declares the program's flags on absl's `flags` module."""
    flags.DEFINE_list("cases", list(CASES), f"Which to measure, of: {', '.join(CASES)}.")
    flags.DEFINE_integer("steps", 15, "Steps timed in each case.", lower_bound=1)
    flags.DEFINE_bool("profile", False, "Also say what each step's time is spent on.")
    flags.DEFINE_enum("precision", "float32", ["float32", "mixed_bfloat16"], "See model.precision.")
    flags.DEFINE_bool("quick", False, "The tiny set's text only, three steps.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def call(flags: Any) -> int:
    """Measures and prints."""
    names = ["text tiny"] if flags.quick else flags.cases
    for name in names:
        if name not in CASES:
            raise UserError(f"Unknown case {name!r}", expected=", ".join(CASES))
    figures = {}
    for name in names:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            steps = 3 if flags.quick else flags.steps
            figures[name] = pool.apply(measure, (name, steps, flags.precision, flags.profile))
    print_table(figures)
    if flags.profile:
        print_profiles(figures)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(name: str, num_steps: int, precision: str, profile: bool) -> Figures:
    """Runs one case; meant for a process of its own."""
    start = time.perf_counter()

    case = CASES[name]
    step, task = step_and_task(case, precision)
    batch = random_batch(case)

    def run() -> None:
        float(step.update(task, batch, 1e-4)["loss"])

    run()
    first = time.perf_counter() - start
    seconds, products = interleaved(run, num_steps)
    figures = {
        "examples": case.batch_size,
        "target_tokens": case.batch_size * max(case.target_length, 1),
        "parameters": step.model.count_params(),
        "peak_bytes": peak_bytes(),
        "first_step_seconds": first,
        "seconds": statistics.median(seconds),
        "quartiles": statistics.quantiles(seconds, n=4)[::2],
        "matmul_rate": 2 * 2048**3 / statistics.median(products),
        "operations": counted_operations(
            lambda: step.gradients(task.signature, {**batch, **task.indices()})
        ),
    }
    figures["share"] = figures["operations"] / figures["seconds"] / figures["matmul_rate"]
    if profile:
        figures["core_seconds"] = seconds_by_kind(run)
    return figures


def step_and_task(case: Case, precision: str) -> tuple[Any, Any]:
    """The training step of a set's model for one pair of modalities, and the task."""
    from t2t_mm.config import load_hparams
    from t2t_mm.training.optimizer import build_optimizer
    from t2t_mm.training.step import TrainStep

    hparams = load_hparams(case.hparams_set, overrides=f"model.precision={precision}")
    model, task = model_and_task(case, hparams)
    optimizer = build_optimizer(hparams.optimizer, model.trainable_variables)
    return TrainStep(model, optimizer, label_smoothing=0.1, accumulate_steps=1), task


def interleaved(run: Any, num_steps: int) -> tuple[list[float], list[float]]:
    """Seconds of each step, and of the plain product after it; two rounds warm up."""
    import tensorflow as tf

    matrix = tf.random.normal([2048, 2048])
    multiply = tf.function(lambda a: tf.linalg.matmul(a, a))
    rounds = [(timed(run), timed(lambda: multiply(matrix).numpy())) for _ in range(num_steps + 2)]
    seconds, products = zip(*rounds[2:], strict=True)
    return list(seconds), list(products)


def model_and_task(case: Case, hparams: Any) -> tuple[Any, Any]:
    """The model of a set that runs one pair of modalities, and the task."""
    from t2t_mm.model.build import ModalitySpec, build_multimodel
    from t2t_mm.training.task import Task

    writes = "text" if case.target_length else ""
    task = Task("benchmark", case.inputs, case.targets, writes, 0, ())
    sizes = {"language": VOCABULARY_SIZE, "categorical": NUM_CLASSES}
    model = build_multimodel(
        hparams.model,
        inputs={
            case.inputs.share_key: ModalitySpec(case.inputs, sizes.get(case.inputs.modality, 0))
        },
        targets={case.targets.share_key: ModalitySpec(case.targets, sizes[case.targets.modality])},
        commands=[writes],
        seed=1,
        nets=hparams.modality,
    )
    return model, task


def random_batch(case: Case) -> dict[str, Any]:
    """A batch without padding, as the input pipelines make them."""
    import numpy as np
    import tensorflow as tf

    generator = np.random.default_rng(0)
    shape = (case.batch_size, *case.input_shape)
    if case.inputs.modality == "language":
        batch = {"inputs": generator.integers(2, VOCABULARY_SIZE, shape).astype("int32")}
    else:
        sizes = np.tile(np.array(case.input_shape[: 2 if len(shape) == 4 else 1]), (shape[0], 1))
        inputs = generator.normal(size=shape).astype("float32")
        batch = {"inputs": inputs, "inputs_size": sizes.astype("int32")}
    if case.target_length:
        pieces = generator.integers(2, VOCABULARY_SIZE, (shape[0], case.target_length))
        batch["targets"] = pieces.astype("int32")
    else:
        batch["targets"] = generator.integers(0, NUM_CLASSES, shape[0]).astype("int32")
    return {key: tf.constant(value) for key, value in batch.items()}


def timed(run: Any) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak_bytes() -> int:
    """The most memory that this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


HEADINGS = ("ms", "examples/s", "tokens/s", "share", "Gop", "params", "GiB", "B/param", "first s")
CAPTION = (
    "ms: median of a step; tokens: of the targets; share: of the rate of a plain\n"
    "product; Gop: 1e9 counted operations; GiB: peak memory; B/param: its bytes above\n"
    "1 GiB for each parameter; first s: from the start to the end of the first step"
)


def print_table(figures: dict[str, Figures]) -> None:
    """Prints a row for each case."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, caption=CAPTION, caption_justify="left")
    table.add_column("case", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for name, values in figures.items():
        table.add_row(name, *cells(values))
    Console().print(table)


def print_profiles(figures: dict[str, Figures]) -> None:
    """Prints what the cores do in a step: a row for each kind of operation, a column a case."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("core time")
    for name in figures:
        table.add_column(name, justify="right")
    for kind in (*KINDS, REST):
        shares = []
        for values in figures.values():
            spent = values["core_seconds"]
            shares.append(f"{spent[kind] / sum(spent.values()):.0%}")
        table.add_row(kind, *shares)
    Console().print(table)


def cells(values: Figures) -> Sequence[str]:
    """The figures of a row, as text."""
    seconds, gibibyte = values["seconds"], 2**30
    over = max(values["peak_bytes"] - gibibyte, 0.0) / values["parameters"]
    return (
        f"{seconds * 1e3:,.0f}",
        f"{values['examples'] / seconds:,.1f}",
        f"{values['target_tokens'] / seconds:,.0f}",
        f"{values['share']:.1%}",
        f"{values['operations'] / 1e9:,.0f}",
        f"{values['parameters'] / 1e6:,.1f}M",
        f"{values['peak_bytes'] / gibibyte:.2f}",
        f"{over:.1f}",
        f"{values['first_step_seconds']:.1f}",
    )


def main(argv: list[str] | None = None) -> int:
    """Runs the program."""
    return command.run("step.py", __doc__, define_flags, call, argv)


if __name__ == "__main__":
    raise SystemExit(main())
