"""What a run trains on: batches, shares and digests of its problems."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.padding import measure_padding
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec, Language
from t2t_mm.registry import expand_problems, load_hparams, problem, register_problem
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.task import make_tasks
from t2t_mm.settings import DataHParams, HParams
from t2t_mm.training.objective import Batch
from t2t_mm.training.problem_check import check_problem
from t2t_mm.training.training_inputs import TrainingInputs, choose_batch, open_inputs


def test_settings_may_know_problems_that_are_not_trained_on(tiny_run: TinyRun) -> None:
    data = DataHParams(
        mixing="given",
        rates={"algorithmic_copy": 3.0, "mini_ende": 1.0},
        batches={"mini_ende": 7, "algorithmic_copy": 99},
    )
    inputs = open_inputs(["algorithmic_copy"], data, data_dir=tiny_run.data_dir)
    assert inputs.rates == {"algorithmic_copy": 1.0}
    assert inputs.batches == {"algorithmic_copy": BatchSpec(tokens=99)}
    for misspelt in ({"rates": {"mini_endee": 1.0}}, {"batches": {"mini_endee": 7}}):
        with pytest.raises(UserError, match="Did you mean 'mini_ende'"):
            open_inputs(["algorithmic_copy"], DataHParams(**misspelt), data_dir=tiny_run.data_dir)


def test_an_unknown_metric_is_told_before_training(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(problem("algorithmic_copy")), "metrics", ("rouge",))
    with pytest.raises(UserError, match="algorithmic_copy names the unknown metric 'rouge'"):
        open_inputs(PROBLEMS, DataHParams(), data_dir=tiny_run.data_dir)
    with pytest.raises(UserError, match="unknown metric"):
        check_problem("algorithmic_copy", hparams=HParams(), data_dir=tiny_run.data_dir)


def test_a_share_of_the_examples_counts_for_rates_and_is_told(tiny_run: TinyRun) -> None:
    data = DataHParams(mixing="by_size", shares={"algorithmic_copy": 0.25})
    inputs = open_inputs(PROBLEMS, data, data_dir=tiny_run.data_dir)
    assert inputs.rates == {"algorithmic_copy": 0.2, "algorithmic_reverse": 0.8}
    assert "50 examples (data.shares: 0.25 of all)" in inputs.describe(data)[0]


@register_problem("only_tested_for_tests")
class OnlyTested(Problem):
    """Letters."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    splits: ClassVar = ("test",)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        yield from ({"inputs": "a", "targets": "b"} for _ in range(9))


@register_problem("only_written_for_tests")
class OnlyWritten(Problem):
    """Letters out of nothing."""

    modalities: ClassVar = {"targets": Language("bytes")}

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        yield from ({"targets": "b"} for _ in range(9))


def test_data_that_nothing_can_be_trained_on_is_refused(tmp_path: Path) -> None:
    for name, message in (
        ("only_tested_for_tests", "only_tested_for_tests has no split 'train'"),
        ("only_written_for_tests", "'only_written_for_tests' declares no inputs"),
    ):
        generate_data(name, data_dir=tmp_path, options=GenerationOptions(progress=False))
        with pytest.raises(UserError, match=message):
            open_inputs([name], DataHParams(), data_dir=tmp_path)
        with pytest.raises(UserError, match=message):
            check_problem(name, hparams=HParams(), data_dir=tmp_path)


def test_what_is_said_of_problems_that_are_not_trained_is_told(tiny_run: TinyRun) -> None:
    data = DataHParams(batches={"text2text_files/en-de": 7, "algorithmic_copy": 99})
    inputs = open_inputs(["algorithmic_copy"], data, data_dir=tiny_run.data_dir)
    told = "data.batches and data.rates of problems not trained: text2text_files/en-de"
    assert inputs.describe(data)[-1] == told


def test_rates_of_other_problems_are_refused_with_what_was_given(tiny_run: TinyRun) -> None:
    given = {"text2text_files/en-de": 0.3, "mini_ende": 0.7}
    data = DataHParams(mixing="given", rates=given)
    with pytest.raises(UserError) as error:
        open_inputs(["algorithmic_copy"], data, data_dir=tiny_run.data_dir)
    for part in ("no rate for algorithmic_copy", "'text2text_files/en-de': 0.3", "uniform"):
        assert part in str(error.value)


def test_batches_by_name_beat_the_settings_beat_the_problem() -> None:
    copy = problem("algorithmic_copy")
    assert choose_batch(copy, HParams().data) == copy.batch
    for_all = load_hparams("multimodel_tiny", overrides="batch_tokens=77").data
    assert choose_batch(copy, for_all) == BatchSpec(tokens=77)
    overrides = "data.batch_tokens=77,data.batches={'algorithmic_copy': 99}"
    by_name = load_hparams("multimodel_tiny", overrides=overrides).data
    assert choose_batch(copy, by_name) == BatchSpec(tokens=99)


def test_tokens_and_examples_together_are_each_for_the_problems_of_their_unit() -> None:
    pictures, texts = problem("mini_image"), problem("mini_ende")
    overrides = "data.batch_tokens=777,data.batch_examples=5"
    both = load_hparams("multimodel_tiny", overrides=overrides).data
    assert choose_batch(texts, both) == BatchSpec(tokens=777)
    assert choose_batch(pictures, both) == BatchSpec(examples=5)
    named = DataHParams(batch_tokens=777, batch_examples=5, batches={"mini_image": 9})
    assert choose_batch(pictures, named) == BatchSpec(examples=9)
    alone = DataHParams(batch_examples=5)
    assert choose_batch(texts, alone) == choose_batch(pictures, alone) == BatchSpec(examples=5)


def test_the_digests_are_those_that_the_run_was_trained_on(tiny_run: TinyRun) -> None:
    inputs = open_inputs(list(PROBLEMS), DataHParams(), data_dir=tiny_run.data_dir)
    assert inputs.compute_digests() == open_run(tiny_run.output_dir).data_digests
    assert len(set(inputs.compute_digests().values())) == 2


def test_streams_begin_alike_and_have_no_end(tiny_run: TinyRun) -> None:
    hparams = load_hparams("multimodel_tiny", overrides="data.max_pieces=64")
    inputs = open_inputs(["algorithmic_copy"], hparams.data, data_dir=tiny_run.data_dir)
    first, again = (inputs.open_streams(hparams) for _ in range(2))
    size = inputs.infos["algorithmic_copy"].sizes["train"]
    seen = 0
    while seen <= size:
        batch, same = (stream.read("algorithmic_copy") for stream in (first, again))
        assert (batch["inputs"].numpy() == same["inputs"].numpy()).all()
        seen += len(batch["inputs"])


def test_a_line_for_each_problem_tells_its_size_share_and_batch(tiny_run: TinyRun) -> None:
    data = DataHParams(batch_tokens=77)
    inputs = open_inputs(list(PROBLEMS), data, data_dir=tiny_run.data_dir)
    lines = inputs.describe(DataHParams(max_pieces=64))
    assert len(lines) == 2 and all(line.endswith(", none dropped") for line in lines)
    short = inputs.describe(DataHParams(max_pieces=6))[0]
    told = r" dropped: inputs longer than data.max_pieces=6; [\d,]+ dropped: targets longer"
    assert re.search(told, short)
    size = inputs.infos["algorithmic_copy"].sizes["train"]
    assert lines[0].startswith(f"algorithmic_copy: {size:,} examples, share 50.0%, batches of 77")


@pytest.fixture(scope="module")
def mini_inputs(tmp_path_factory: pytest.TempPathFactory) -> TrainingInputs:
    """All eight problems of the miniature, of 300 examples each."""
    data_dir = tmp_path_factory.mktemp("mini")
    names = expand_problems("mini_8")
    options = GenerationOptions(max_cases=300, vocab_size=400, vocab_bytes=50_000, progress=False)
    generate_data(names, data_dir=data_dir, options=options)
    return open_inputs(names, DataHParams(), data_dir=data_dir)


@pytest.mark.slow
def test_only_what_has_a_limit_is_said_to_be_dropped_or_not(mini_inputs: TrainingInputs) -> None:
    lines = {line.partition(":")[0]: line for line in mini_inputs.describe(DataHParams())}
    assert "dropped" not in lines["mini_image"]
    assert lines["mini_image"].endswith("batches of 64 examples")
    others = [line for name, line in lines.items() if name != "mini_image"]
    assert len(others) == 7 and all(", none dropped" in line for line in others)
    told = {name: line for name, line in lines.items() if "exchanged" in line}
    assert sorted(told) == ["mini_deen", "mini_fren"]
    assert told["mini_deen"].endswith(", none dropped, the data of mini_ende, exchanged")


@pytest.mark.slow
def test_eight_problems_have_few_programs_and_little_padding(mini_inputs: TrainingInputs) -> None:
    hparams, tasks = HParams(), make_tasks(mini_inputs.problems)
    buckets = mini_inputs.choose_buckets(hparams, tasks)
    listed = {
        (task.signature, *list_shapes(batch))
        for task in tasks
        for batch in mini_inputs.make_batches(buckets)[task.name]
    }
    by_signature = Counter(signature for signature, *_ in listed)
    assert len(by_signature) == 4 and max(by_signature.values()) <= 6
    assert len(listed) <= 24
    streams, seen, positions, padded = mini_inputs.open_streams(hparams, buckets), set(), 0, 0
    for one, task in zip(mini_inputs.problems, tasks, strict=True):
        for _ in range(12):
            batch = streams.read(one.name)
            seen.add((task.signature, *list_shapes(batch)))
            padding = measure_padding(batch, choose_kinds(one.features))
            positions, padded = positions + padding.positions, padded + padding.padded
    assert seen <= listed
    assert padded / positions < 0.25


def list_shapes(batch: Batch) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(batch[name].shape)) for name in sorted(batch)]


@pytest.mark.slow
def test_problems_of_one_signature_share_buckets_if_their_batches_are_alike(
    mini_inputs: TrainingInputs,
) -> None:
    data = DataHParams(batches={"mini_enfr": 1000, "mini_fren": 1000})
    changed = dataclasses.replace(
        mini_inputs, batches={p.name: choose_batch(p, data) for p in mini_inputs.problems}
    )
    buckets = changed.choose_buckets(HParams(), make_tasks(changed.problems))
    assert buckets["mini_ende"] == buckets["mini_deen"] == buckets["mini_parse"]
    assert buckets["mini_enfr"] == buckets["mini_fren"] != buckets["mini_ende"]
    of_texts = [*buckets["mini_ende"], *buckets["mini_enfr"]]
    assert len(buckets["mini_enfr"]) == 3 and len(of_texts) <= 6
    assert all(b.examples * max(b.positions.values()) <= 1000 for b in buckets["mini_enfr"])


@pytest.mark.slow
def test_a_position_fits_only_the_buckets_that_it_was_written_with(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    hparams = load_hparams("multimodel_tiny", overrides="data.max_pieces=64")
    inputs = open_inputs(list(PROBLEMS), hparams.data, data_dir=tiny_run.data_dir)
    buckets = inputs.choose_buckets(hparams, make_tasks(inputs.problems))
    first, *_ = PROBLEMS
    assert all(bucket.positions["inputs"] <= 64 for bucket in buckets[first])
    streams = inputs.open_streams(hparams, buckets)
    streams.read(first)
    written = str(streams.make_checkpoint().write(str(tmp_path / "input")))
    following = streams.read(first)
    again = inputs.open_streams(hparams, buckets)
    assert again.restore(written) == []
    np.testing.assert_array_equal(again.read(first)["inputs"], following["inputs"])
    assert inputs.open_streams(hparams).restore(written) == list(PROBLEMS)
    fewer = {name: chosen[-1:] for name, chosen in buckets.items()}
    assert inputs.open_streams(hparams, fewer).restore(written) == list(PROBLEMS)
