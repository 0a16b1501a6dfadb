"""What a run trains on: its problems' data, opened and checked, and how it is mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.kinds.kind_table import choose_kinds, name_vocabulary
from t2t_mm.data.pipeline.buckets import MOST_BUCKETS, SIDES, Bucket, choose_buckets
from t2t_mm.data.pipeline.datasets import make_training_dataset
from t2t_mm.data.pipeline.grouping import make_empty_batches
from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.data.pipeline.length_limits import (
    choose_limits,
    count_dropped_examples,
    find_longest_of_each,
)
from t2t_mm.data.pipeline.length_sample import sample_lengths
from t2t_mm.data.records.shards import digest_shards
from t2t_mm.data.records.stored import DataInfo, check_split, open_data
from t2t_mm.data.vocabulary.vocabulary import has_vocabulary, load_vocabulary
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.features import BatchSpec
from t2t_mm.mixing.rates import RateTree, compute_mixture_rates, keep_rates, list_rated
from t2t_mm.run.run_directory import Run, check_vocabularies
from t2t_mm.run.task import Task, check_sides
from t2t_mm.scoring.metrics import check_metrics
from t2t_mm.settings import DataHParams, HParams
from t2t_mm.training.objective import Batch

Buckets = Mapping[str, Sequence[Bucket]]
"""Of each problem, the cheapest first."""


@dataclass(frozen=True)
class TrainingInputs:
    """The data of a run.

    Args:
        problems: In the run's order.
        infos: What is known of each problem's generated data, by name.
        batches: The batch of each problem.
        rates: How often each problem is drawn; they sum to 1.
        data_dir: Where the data is.
    """

    problems: list[Problem]
    infos: dict[str, DataInfo]
    batches: dict[str, BatchSpec]
    rates: dict[str, float]
    data_dir: Path

    def compute_digests(self) -> dict[str, str]:
        """Digest each problem's records: a run goes on only with the data it began with."""
        return {name: digest_shards(info.metadata.shards) for name, info in self.infos.items()}

    def choose_buckets(self, hparams: HParams, tasks: Sequence[Task]) -> Buckets:
        """Choose few shapes for all batches, where a program is compiled for each.

        Problems that go through the same nets share theirs, as long as the shapes are of the same
        kind and the batches of the same size; there are at most `MOST_BUCKETS` for two nets.

        Args:
            hparams: The run's settings.
            tasks: The problems' tasks, in their order.
        """
        groups: dict[tuple[str, str], dict[Hashable, list[int]]] = {}
        for index, (problem, task) in enumerate(zip(self.problems, tasks, strict=True)):
            kinds = choose_kinds(problem.features)
            shapes = tuple(kinds[side].find_batch_shape(1) for side in SIDES)
            shared = groups.setdefault(task.signature, {})
            shared.setdefault((shapes, self.batches[problem.name]), []).append(index)
        buckets: dict[str, Sequence[Bucket]] = {}
        for shared in groups.values():
            for indices in shared.values():
                chosen = self._choose_shared(hparams, indices, max(1, MOST_BUCKETS // len(shared)))
                buckets |= {self.problems[index].name: chosen for index in indices}
        return buckets

    def _choose_shared(self, hparams: HParams, indices: Sequence[int], most: int) -> list[Bucket]:
        """Choose the buckets of some of the problems together."""
        lengths, longest = [], []
        for index in indices:
            problem = self.problems[index]
            info, limits = self.infos[problem.name], choose_limits(problem, hparams.data)
            longest.append(find_longest_of_each(info, "train", problem, limits))
            lengths.append(sample_lengths(info, problem, limits, hparams.train.seed + index))
        return choose_buckets(lengths, longest, self.batches[self.problems[indices[0]].name], most)

    def make_batches(self, buckets: Buckets) -> dict[str, Sequence[Batch]]:
        """Make for each problem a batch of every shape that training can yield, all zeros.

        What can be compiled is compiled for these before any data is read. Pictures of their own
        sizes are of no shape that is known before: buckets that have some are left out.

        Args:
            buckets: As `choose_buckets` returns them.
        """
        return {
            problem.name: make_empty_batches(choose_kinds(problem.features), buckets[problem.name])
            for problem in self.problems
        }

    def open_streams(self, hparams: HParams, buckets: Buckets | None = None) -> InputStreams:
        """Open each problem's training batches, without end; the position can be saved.

        Args:
            hparams: The run's settings.
            buckets: As `choose_buckets` returns them; None: batches of every shape.
        """
        buckets = buckets or {}
        megabytes = max(hparams.data.shuffle_megabytes / len(self.problems), 1.0)
        datasets = {
            problem.name: make_training_dataset(
                problem,
                data_dir=self.data_dir,
                batch=self.batches[problem.name],
                limits=choose_limits(problem, hparams.data),
                seed=hparams.train.seed + index,
                shuffle_megabytes=megabytes,
                buckets=buckets.get(problem.name, ()),
                share=hparams.data.shares.get(problem.name, 1.0),
            )
            for index, problem in enumerate(self.problems)
        }
        return InputStreams(datasets, {name: _digest(repr(buckets[name]))[:16] for name in buckets})

    def describe(self, data: DataHParams) -> list[str]:
        """Return a line for each problem: examples, share, batch, and how many are too long."""
        lines = []
        for problem in self.problems:
            name, info, spec = problem.name, self.infos[problem.name], self.batches[problem.name]
            size = f"{spec.tokens} tokens" if spec.tokens else f"{spec.examples} examples"
            limits = choose_limits(problem, data)
            dropped = count_dropped_examples(info, "train", problem, limits)
            of_all = f" (data.shares: {info.share:g} of all)" if info.share < 1 else ""
            parts = [f"{info.sizes['train']:,} examples{of_all}", f"share {self.rates[name]:.1%}"]
            parts.append(f"batches of {size}")
            if limits:  # pictures and classes have none: they cannot be too long
                parts.append("; ".join(map(str, dropped)) or "none dropped")
            if problem.exchanged:
                parts.append(f"the data of {problem.data_name}, exchanged")
            lines.append(f"{name}: {', '.join(parts)}")
        if others := sorted({*data.batches, *list_rated(data.rates)}.difference(self.infos)):
            lines.append(
                f"data.batches and data.rates of problems not trained: {', '.join(others)}"
            )
        return lines


def open_inputs(
    names: Sequence[str],
    data: DataHParams,
    *,
    data_dir: Path,
    tmp_dir: str | Path = "",
    rate_function: str = "",
    verify: bool = False,
) -> TrainingInputs:
    """Open the data of problems.

    Rates and batches of problems that are not trained on are left aside.

    Args:
        names: Of the problems, in the run's order.
        data: Batches and rates.
        data_dir: Where the data is.
        tmp_dir: Raw files.
        rate_function: Where `data.mixing` is by a function, its registered name.
        verify: Whether to compare the checksums of all data, changed or not.

    Raises:
        UserError: Data is missing, stale or damaged, the settings name no such problem, or one is
            not made to be trained on.
    """
    problems: list[Problem] = [
        registry.problem(name, data_dir=data_dir, tmp_dir=tmp_dir or None) for name in names
    ]
    for problem in problems:
        check_sides(problem)
        check_metrics(problem.name, problem.metrics)
    for name in (*data.batches, *data.shares, *list_rated(data.rates)):
        if name not in names:  # a set of settings may know more problems than are trained on
            registry.expand_problems(name)  # but no misspelt ones
    if data.mixing == "given":
        check_rates(names, data.rates)
    infos = {
        one.name: open_data(one, data_dir, data.shares.get(one.name, 1.0), verify=verify)
        for one in problems
    }
    for name, info in infos.items():
        check_split(info, "train", name)
    by_name = {problem.name: problem for problem in problems}

    def ask_function(name: str) -> float:
        function = registry.RATE_FUNCTIONS.lookup(rate_function)
        return function(by_name[name], infos[name].sizes["train"])

    return TrainingInputs(
        problems=problems,
        infos=infos,
        batches={problem.name: choose_batch(problem, data) for problem in problems},
        rates=compute_mixture_rates(
            [problem.name for problem in problems],
            mixing=data.mixing,
            sizes={name: info.sizes["train"] for name, info in infos.items()},
            temperature=data.temperature,
            rates=keep_rates(data.rates, names),
            function=ask_function,
        ),
        data_dir=data_dir,
    )


def check_rates(names: Sequence[str], rates: RateTree) -> None:
    """Check that each problem has a rate where rates are given by name.

    Raises:
        UserError: One has none.
    """
    rated = list(list_rated(rates))
    missing = [name for name in names if name not in rated]
    if missing:
        closest = "".join(suggest_closest(name, missing) for name in rated if name not in names)
        raise UserError(
            f"data.rates has no rate for {', '.join(missing)}.{closest}",
            expected=f"one for each of {', '.join(names)}",
            received={"data.rates": dict(rates)},
            fix="Give rates by these names, or mix otherwise: --hparams='data.mixing=uniform'.",
        )


def choose_batch(problem: Problem, data: DataHParams) -> BatchSpec:
    """Return the batch of `problem`: by its name, else the settings' for all, else its own.

    Where the settings have tokens and examples for all, the problem's own unit chooses.
    """
    own = problem.batch
    given = data.batches.get(problem.name)
    if given is not None:
        return BatchSpec(tokens=given) if own.tokens else BatchSpec(examples=given)
    if data.batch_tokens and (own.tokens or not data.batch_examples):
        return BatchSpec(tokens=data.batch_tokens)
    if data.batch_examples:
        return BatchSpec(examples=data.batch_examples)
    return own


def generate_missing(
    names: Sequence[str],
    data: DataHParams,
    *,
    data_dir: Path,
    tmp_dir: str | Path,
    earlier: Run | None = None,
) -> None:
    """Generate the data of problems that is not there yet, by the settings of a run.

    Args:
        names: Of the problems.
        data: Sizes of vocabularies.
        data_dir: Where the data goes.
        tmp_dir: Raw files.
        earlier: The run that is begun with or gone on with.

    Raises:
        UserError: The data cannot be made, or would be of other vocabularies than that run has.
    """
    if earlier:
        problems = (registry.problem(one, data_dir=data_dir, tmp_dir=tmp_dir) for one in names)
        features = (
            one.features[side] for one in problems for side in SIDES if side in one.features
        )
        check_shared_vocabularies(earlier, set(map(name_vocabulary, features)), data_dir)
    options = GenerationOptions(
        vocab_size=data.vocab_size, vocab_bytes=data.vocab_bytes, only_missing=True
    )
    generate_data(names, data_dir=data_dir, tmp_dir=tmp_dir or None, options=options)


def check_shared_vocabularies(run: Run, names: Iterable[str], data_dir: Path) -> None:
    """Check that vocabularies in a folder of data are a run's, before data is made with them.

    Those of the names that the run or the folder lacks are passed over.
    """
    there = [one for one in names if one in run.vocabulary_hashes and has_vocabulary(data_dir, one)]
    check_vocabularies(run, {one: load_vocabulary(data_dir, one) for one in there}, data_dir)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
