"""Peak host memory of training, by the number of problems in one mixture.

    python benchmarks/mixture_memory.py --problems=8,16,32

Each mixture is trained for a few steps in a process of its own, whose largest resident size is
printed beside that after the same start with one problem. All problems are of texts, of one pair of
nets, and larger than their share of the memory for shuffling, which is what is asked here: a model
or a graph more would cost the same whatever the mixture. The data is made in `--data_dir`, once.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm import Language, Problem, registry
from t2t_mm.bin import command
from t2t_mm.features import Feature
from t2t_mm.files.quiet_start import import_tensorflow

SMALL = (
    "model.width=32,model.num_heads=4,experts.expert_width=32,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=1,model.decoder_blocks=1,"
    "data.batch_tokens=1024,data.max_pieces=64,train.log_every=1000"
)


@registry.register_problem
class SameLetters(Problem):
    """Drawn letters, twice; NAME/ARGUMENT is another problem for each argument."""

    modalities: ClassVar[Mapping[str, Feature]] = {
        "inputs": Language(vocabulary="bytes"),
        "targets": Language(vocabulary="bytes"),
    }
    takes_argument = True
    num_examples: ClassVar[int] = 20_000

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield as many examples for training as fill no shuffle buffer."""
        dice = random.Random(f"{split} {self.argument}")
        for _ in range(self.num_examples if split == "train" else 20):
            text = "".join(dice.choices("abcdefghijkl", k=dice.randint(30, 60)))
            yield {"inputs": text, "targets": text}


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("problems", ["8", "16", "32"], "Numbers of problems, by commas.")
    flags.DEFINE_integer("shuffle_megabytes", 64, "data.shuffle_megabytes.", lower_bound=1)
    flags.DEFINE_integer("steps", 100, "Steps of each training.", lower_bound=1)
    flags.DEFINE_string("data_dir", "", "Where the data is made; default: a temporary folder.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    numbers = [1, *map(int, flags.problems)]
    with tempfile.TemporaryDirectory() as folder:
        arguments = (flags.data_dir or folder, flags.shuffle_megabytes, flags.steps)
        peaks = {number: measure_peak(number, *arguments) for number in numbers}
    print(f"{'problems':>8}{'peak MB':>10}{'above one problem':>20}")
    for number, peak in peaks.items():
        print(f"{number:>8}{peak / 1e6:>10,.0f}{(peak - peaks[1]) / 1e6:>20,.0f}")
    if flags.json:
        Path(flags.json).write_text(json.dumps(peaks) + "\n", encoding="utf-8")
    return 0


def measure_peak(number: int, data_dir: str, shuffle_megabytes: int, steps: int) -> int:
    """Train so many problems in a fresh process and return its largest resident size in bytes."""
    names = [f"same_letters/{index}" for index in range(number)]
    context = multiprocessing.get_context("spawn")
    for function in (make_data, train):  # what makes the data must not be in what trains on it
        with context.Pool(1) as pool:
            peak = pool.apply(function, (names, data_dir, shuffle_megabytes, steps))
    return int(peak)


def make_data(names: list[str], data_dir: str, shuffle_megabytes: int, steps: int) -> int:
    """Generate what is not there."""
    import t2t_mm

    t2t_mm.datagen(
        names,
        data_dir=data_dir,
        options=t2t_mm.GenerationOptions(only_missing=True, progress=False),
    )
    return 0


def train(names: list[str], data_dir: str, shuffle_megabytes: int, steps: int) -> int:
    """Train on all, in turns; return the largest resident size of this process in bytes."""
    import_tensorflow()
    from t2t_mm.registry import load_hparams
    from t2t_mm.training.train import train as train_problems
    from t2t_mm.training.training_options import TrainingOptions

    overrides = f"{SMALL},data.shuffle_megabytes={shuffle_megabytes},train.steps={steps}"
    with tempfile.TemporaryDirectory() as folder:
        train_problems(
            names,
            hparams=load_hparams("multimodel_tiny", overrides=overrides),
            data_dir=data_dir,
            output_dir=folder,
            options=TrainingOptions(evaluate=False),
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(argv: list[str] | None = None) -> int:
    """Run the program from its command line; return its exit code."""
    return command.run_command("mixture_memory", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
