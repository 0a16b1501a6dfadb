"""Whether a problem is fit to be trained on: shapes, vocabulary, one batch by heart, and its cost.

The Python form of `t2t-registry check`.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.problem_generation import is_generated
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.buckets import SIDES
from t2t_mm.data.pipeline.padding import SIZE_SUFFIX, describe_batch
from t2t_mm.data.records.stored import DataInfo, open_data
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.run.jax_process import prepare_jax
from t2t_mm.run.task import load_task_vocabularies, make_tasks
from t2t_mm.scoring.metrics import check_metrics
from t2t_mm.settings import HParams
from t2t_mm.training.cost import count_state_bytes
from t2t_mm.training.learning_by_heart import KNOWN, Learned, learn_by_heart

EXAMPLES_READ: Final = 32
"""Of each split, where the data is not generated yet."""
_BATCH, _ROUND_TRIPS = 8, 200
_VOCAB_SIZE = 8192  # at most: a few examples give fewer, but may have many characters
_SHOWN = 60


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        what: Its name, as "vocabulary".
        is_fine: Whether it is as it should be.
        told: What was found, in words.
        facts: The same in numbers.
    """

    what: str
    is_fine: bool
    told: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what `t2t-registry check --json` prints."""
        return asdict(self)


def check_problem(
    name: str,
    *,
    hparams: HParams,
    data_dir: str | Path = "",
    tmp_dir: str | Path = "",
    most_steps: int = 300,
) -> list[Finding]:
    """Look at a problem as a training will: its examples, shapes and vocabulary, and learn a batch.

    Data that is generated is taken; else up to 32 examples of each split are, in a folder that is
    then removed, with a vocabulary of their own.

    Args:
        name: Of the problem.
        hparams: The model that learns.
        data_dir: Folder of generated data; "" for none.
        tmp_dir: Folder of raw files; "" for none.
        most_steps: Steps after which a batch that is not learned is given up; 0: nothing is
            learned, and the last three findings are left out.

    Returns:
        "examples", "shapes", "vocabulary", "learned", "decoded" and "cost".

    Raises:
        UserError: An example does not fit what the problem declares, or raw files are not there.
    """
    if not is_on_tensorflow():
        prepare_jax()  # before tf.data starts TensorFlow
    with _open_examples(name, data_dir, tmp_dir) as (problem, folder):
        (task,) = make_tasks([problem])
        check_metrics(name, problem.metrics)
        info = open_data(problem, folder)
        findings = [
            Finding(
                "examples",
                True,
                ", ".join(f"{size:,} in {split}" for split, size in info.sizes.items()),
                {"sizes": info.sizes},
            )
        ]
        batch = _read_batch(problem, folder)
        kind = choose_kind(task.targets)
        texts = [kind.list_texts(text.decode())[0] for text in batch.pop("targets_text")]
        batch = {name: values for name, values in batch.items() if _is_read(name)}
        shapes = {side: list(values.shape) for side, values in batch.items()}
        findings.append(Finding("shapes", True, describe_batch(batch), {"shapes": shapes}))
        findings.append(_check_vocabulary(info, problem))
        if not most_steps:
            return findings
        vocabularies = load_task_vocabularies([task], folder)
        learned = learn_by_heart(task, vocabularies, batch, hparams, most_steps)
    return [*findings, _judge_losses(learned), _judge_outputs(learned, texts), _tell_cost(learned)]


@contextlib.contextmanager
def _open_examples(
    name: str, data_dir: str | Path, tmp_dir: str | Path
) -> Iterator[tuple[Problem, Path]]:
    """Open generated data, or generate a little of it."""
    problem: Problem = registry.problem(name, data_dir=data_dir or None, tmp_dir=tmp_dir or None)
    if data_dir and is_generated(problem.base, Path(data_dir)):
        yield problem, Path(data_dir)
        return
    if data_dir and not Path(data_dir).is_dir():
        raise UserError("There is no such folder", received={"data_dir": str(data_dir)})
    options = GenerationOptions(
        max_cases=EXAMPLES_READ, vocab_size=_VOCAB_SIZE, num_shards=1, progress=False
    )
    with tempfile.TemporaryDirectory() as folder:
        generate_data(name, data_dir=folder, tmp_dir=tmp_dir or None, options=options)
        yield registry.problem(name, data_dir=folder, tmp_dir=tmp_dir or None), Path(folder)


def _is_read(name: str) -> bool:
    """Return whether a net reads what a batch has by this name, not a further feature or a text."""
    return name.removesuffix(SIZE_SUFFIX) in SIDES


def _read_batch(problem: Problem, data_dir: Path) -> dict[str, Any]:
    from t2t_mm.data.pipeline.datasets import make_evaluation_dataset  # TensorFlow's tf.data

    size = BatchSpec(examples=_BATCH)
    dataset = make_evaluation_dataset(problem, "train", data_dir=data_dir, batch=size, limit=_BATCH)
    return next(iter(dataset))


def _check_vocabulary(info: DataInfo, problem: Problem) -> Finding:
    """Encode and decode the first texts; classes have been by their names when they were read."""
    from t2t_mm.data.pipeline.inspection import inspect_records

    shown = inspect_records(info, "train", problem, limit=_ROUND_TRIPS)
    texts = [one for record in shown for one in record.values() if "decoded" in one]
    wrong = [one for one in texts if one["decoded"] != one["text"]]
    sizes = {one.name: one.size for one in info.vocabularies.values()}
    told = ", ".join(f"{name} of {size:,}" for name, size in sizes.items()) or "none"
    if texts:
        told += f"; {len(texts) - len(wrong)} of {len(texts)} texts come back as they were"
    if wrong:
        told += f"; not {wrong[0]['text']!r:.{_SHOWN}}: {wrong[0]['decoded']!r:.{_SHOWN}}"
    facts = {"sizes": sizes, "texts": len(texts), "changed": len(wrong)}
    return Finding("vocabulary", not wrong, told, facts)


def _judge_losses(learned: Learned) -> Finding:
    first, last, steps = learned.losses[0], learned.losses[-1], len(learned.losses)
    told = f"one batch in {steps} steps: from {first:.2f} to {last:.3f} nats per token"
    is_known = last <= KNOWN
    if not is_known:
        told += f", not below {KNOWN}: do equal inputs have different targets, or are they noise?"
    return Finding("learned", is_known, told, {"steps": steps, "first": first, "last": last})


def _judge_outputs(learned: Learned, texts: Sequence[str]) -> Finding:
    pairs = [*zip(learned.outputs, texts, strict=True)]
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    told = f"{len(pairs) - len(wrong)} of {len(pairs)} outputs are the targets"
    if wrong:
        told += f"; not {wrong[0][1]!r:.{_SHOWN}}: {wrong[0][0]!r:.{_SHOWN}}"
    return Finding("decoded", not wrong, told, {"outputs": len(pairs), "wrong": len(wrong)})


def _tell_cost(learned: Learned) -> Finding:
    state = count_state_bytes(learned.parameters)
    told = (
        f"{learned.operations:.2e} operations a step, {learned.parameters:,} parameters: "
        f"{state / 2**20:,.0f} MiB with gradients and moments; at most "
        f"{learned.peak_bytes / 2**20:,.0f} MiB were held in all"
    )
    facts = {name: getattr(learned, name) for name in ("operations", "parameters", "peak_bytes")}
    return Finding("cost", bool(np.isfinite(learned.operations)), told, facts)
