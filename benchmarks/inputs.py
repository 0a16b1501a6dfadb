"""Input pipelines against the training step: does any problem's data starve it?

    python benchmarks/inputs.py --problems=mini_8 --data_dir=demo/data --hparams_set=multimodel_demo

For each problem: examples a second that its pipeline gives when the process has one core, and that
the training step takes when it has all of them and its batches are in memory already. A ratio above
1 means that one core feeds the step with room to spare; while the step runs, both share the cores.
The two are measured one after the other, each in a process of its own. `--quick` takes seconds.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from t2t_mm.bin import command
from t2t_mm.errors import UserError

Rates = dict[str, float]
Settings = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_string("problems", "mini_8", "Problems, as t2t-trainer takes them.")
    flags.DEFINE_string("data_dir", "", "Generated data.")
    flags.DEFINE_string("hparams_set", "multimodel_demo", "Sizes of batches and of the model.")
    flags.DEFINE_multi_string("t2t_usr_dir", [], "Your own problems.")
    flags.DEFINE_bool("quick", False, "A few batches of each problem only.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    if not flags.data_dir:
        raise UserError("--data_dir must be given", fix="t2t-datagen makes one.")
    settings: Settings = {
        "problems": flags.problems,
        "data_dir": flags.data_dir,
        "hparams_set": flags.hparams_set,
        "t2t_usr_dir": flags.t2t_usr_dir,
        "seconds": 1.0 if flags.quick else 8.0,
        "steps": 4 if flags.quick else 15,
    }
    pipelines = run_in_own_process(measure_pipelines, settings)
    steps = run_in_own_process(measure_steps, settings)
    print_table(pipelines, steps)
    if flags.json:
        figures = {name: {"pipeline": pipelines[name], "step": steps[name]} for name in steps}
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def run_in_own_process(measure: Callable[[Settings], Rates], settings: Settings) -> Rates:
    """Run a function in a fresh interpreter, so that neither threads nor caches are shared."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (settings,))


def measure_pipelines(settings: Settings) -> Rates:
    """Measure the examples a second that each problem's pipeline gives on one core."""
    if hasattr(os, "sched_setaffinity"):  # before TensorFlow makes its threads
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    inputs, _, streams = open_problems(settings)
    rates = {}
    for name in inputs.infos:
        for _ in range(3):
            streams.read(name)
        examples, start = 0, time.perf_counter()
        while time.perf_counter() - start < settings["seconds"]:
            examples += len(streams.read(name)["targets"])
        rates[name] = examples / (time.perf_counter() - start)
    return rates


def measure_steps(settings: Settings) -> Rates:
    """Measure the examples a second that the training step takes of each problem; medians."""
    from t2t_mm.run.task import build_model, load_task_vocabularies, make_tasks
    from t2t_mm.training.backend import find_backend
    from t2t_mm.training.step import TrainStep

    inputs, hparams, streams = open_problems(settings)
    tasks = make_tasks(inputs.problems)
    model = build_model(tasks, load_task_vocabularies(tasks, inputs.data_dir), hparams)
    step = TrainStep(find_backend()(model, hparams.optimizer, hparams.train))
    rates = {}
    for task in tasks:
        batches = [streams.read(task.name) for _ in range(settings["steps"])]
        float(step.update(task, batches[0], 1e-4)["loss"])  # traces, and warms up
        seconds = []
        for batch in batches:
            start = time.perf_counter()
            float(step.update(task, batch, 1e-4)["loss"])
            seconds.append((time.perf_counter() - start) / len(batch["targets"]))
        rates[task.name] = 1.0 / statistics.median(seconds)
    return rates


def open_problems(settings: Settings) -> tuple[Any, Any, Any]:
    """Open the data of the problems, with the settings and the stream of each one's batches."""
    from t2t_mm import registry
    from t2t_mm.registry import load_hparams
    from t2t_mm.training.training_inputs import open_inputs

    registry.import_user_modules(settings["t2t_usr_dir"])
    hparams = load_hparams(settings["hparams_set"])
    names = registry.expand_problems(settings["problems"])
    inputs = open_inputs(names, hparams.data, data_dir=Path(settings["data_dir"]))
    return inputs, hparams, inputs.open_streams(hparams)


def print_table(pipelines: Rates, steps: Rates) -> None:
    """Print a row for each problem, the tightest first."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, caption="examples a second", caption_justify="left")
    table.add_column("problem")
    for heading in ("pipeline, one core", "step, all cores", "ratio"):
        table.add_column(heading, justify="right")
    for name in sorted(steps, key=lambda name: pipelines[name] / steps[name]):
        ratio = pipelines[name] / steps[name]
        table.add_row(name, f"{pipelines[name]:,.0f}", f"{steps[name]:,.0f}", f"{ratio:.1f}")
    Console().print(table)


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return command.run_command("inputs.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
