"""Training steps: one trace for each signature, whatever problem, command and length."""

import dataclasses
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from changed_settings import change_settings

from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.registry import load_hparams
from t2t_mm.run.named_variables import restore_variables
from t2t_mm.run.task import Task
from t2t_mm.run.written_arrays import write_arrays
from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.on_tensorflow import tensorflow_backend
from t2t_mm.training.on_tensorflow.tensorflow_backend import TensorFlowBackend
from t2t_mm.training.step import TrainStep

HPARAMS = load_hparams(
    "multimodel_tiny",
    overrides="model.width=16,model.num_heads=2,experts.expert_width=16,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=1,model.decoder_blocks=1",
)
OTHER = Language("other")


def task(name: str, command_index: int, targets: Language | None = None) -> Task:
    written = targets or Language()
    nets = (Language().share_key, written.share_key)
    return Task(name, Language(), written, name, command_index, ("bleu",), nets)


def batch(length: int, seed: int = 0) -> dict[str, np.ndarray]:
    ids = np.random.default_rng(seed).integers(2, 30, (4, length)).astype(np.int32)
    return {"inputs": ids, "targets": ids}


def make_step(
    accumulate_steps: int = 1,
    jit_compile: bool = False,
    overlap_update: bool = False,
    **model_changes: object,
) -> TrainStep:
    specs = {key.share_key: ModalitySpec(key, 32) for key in (Language(), OTHER)}
    hparams = change_settings(
        HPARAMS,
        accumulate_steps=accumulate_steps,
        jit_compile=jit_compile,
        overlap_update=overlap_update,
        **model_changes,
    )
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=specs,
        targets=specs,
        commands=["de", "fr", "reverse"],
        num_problems=3,
        seed=1,
    )
    return TrainStep(TensorFlowBackend(model, OptimizerHParams(), hparams.train))


def values(step: TrainStep) -> dict[str, np.ndarray]:
    return {v.path: v.numpy() for v in step.backend.model.trainable_variables}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("use_experts", [False, True])
def test_xla_compiles_once_for_a_bucket_and_gives_the_same_numbers(
    use_experts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Padded batches would draw other noise for the gates.
    monkeypatch.setattr(keras.random, "normal", lambda shape, **_: keras.ops.zeros(shape))
    small = {"encoder_blocks": 1, "mixer_blocks": 0, "decoder_blocks": 1, "dropout": 0.0}
    small |= {"attention_dropout": 0.0, "use_experts": use_experts}
    compiled, plain = (make_step(jit_compile=jit, **small) for jit in (True, False))
    for step in (compiled, plain):
        choose_experts_by_position(step)
    for length in (13, 16):
        given = batch(length)
        padded = {name: np.pad(ids, [(0, 0), (0, 16 - length)]) for name, ids in given.items()}
        metrics = [
            step.update(task("ende", 0), values, 1e-3)
            for step, values in ((compiled, padded), (plain, given))
        ]
        for name in ("loss", "balance_loss", "gradient_norm"):
            np.testing.assert_allclose(*(float(one[name]) for one in metrics), rtol=1e-4)
        assert {float(one["target_tokens"]) for one in metrics} == {4 * length}
        loads = [one["expert_load"] for one in metrics]
        assert loads[0].keys() == loads[1].keys() == (LOADS if use_experts else set())
        for name in loads[0]:
            np.testing.assert_array_equal(loads[0][name], loads[1][name])
            assert np.count_nonzero(loads[0][name]) > 2
    otherwise = dict(reversed(batch(16).items()))  # as problems with inputs and targets exchanged
    compiled.update(task("ende", 0), otherwise, 1e-3)
    assert compiled.num_traces == plain.num_traces == 1
    compiled.update(task("ende", 0), batch(17), 1e-3)
    assert compiled.num_traces == 2


LOADS = {"encoder", "decoder"}


def choose_experts_by_position(step: TrainStep) -> None:
    """A new gate sends every position to the same experts."""
    for weight in step.backend.model.weights:
        if weight.path.endswith("gate/choice"):
            weight.assign(np.random.default_rng(7).normal(size=weight.shape))


BATCHES = [
    (task("ende", 0), batch(5, 1)),
    (task("reverse", 2, targets=OTHER), batch(7, 2)),
    (task("enfr", 1), batch(6, 3)),
    (task("reverse", 2, targets=OTHER), batch(5, 4)),
]


@pytest.mark.slow
@pytest.mark.usefixtures("sums_in_order")
@pytest.mark.long
def test_postponed_updates_are_those_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two signatures in turn, settled in the middle: every bit of weights and moments."""
    monkeypatch.setattr(tensorflow_backend, "LEAST_POSTPONED", 100)
    later, at_once = make_step(overlap_update=True), make_step()
    for steps in (BATCHES[:3], BATCHES[3:] + BATCHES):
        for one, examples in steps:
            metrics = [step.update(one, examples, 1e-2) for step in (later, at_once)]
            assert float(metrics[0]["loss"]) == float(metrics[1]["loss"])
        moved = [
            path for path, value in values(later).items() if (value != values(at_once)[path]).any()
        ]
        assert len(moved) > 50  # these wait
        later.backend.settle()
        for path, value in values(later).items():
            np.testing.assert_array_equal(value, values(at_once)[path], err_msg=path)
        expected = at_once.backend.state()["optimizer"]
        for name, state in later.backend.state()["optimizer"].items():
            np.testing.assert_array_equal(state, expected[name], err_msg=name)


@pytest.mark.slow
def test_what_a_batch_does_not_reach_is_left_alone_when_updates_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tensorflow_backend, "LEAST_POSTPONED", 1)
    step = make_step(overlap_update=True)
    before = values(step)
    for _ in range(2):
        step.update(task("reverse", 2, targets=OTHER), batch(5), 1e-2)
    step.backend.settle()
    kept = {path for path, value in values(step).items() if (value == before[path]).all()}
    unread = {path for path in before if "language_other/input" in path}
    assert unread and unread <= kept
    assert "multimodel/language_other/softmax" not in kept


@pytest.fixture
def train_step() -> TrainStep:
    return make_step()


@pytest.mark.slow
def test_problems_of_one_signature_share_a_trace(train_step: TrainStep) -> None:
    for name, command, length in (("ende", 0, 5), ("enfr", 1, 9), ("ende", 0, 13)):
        train_step.update(task(name, command), batch(length), 1e-3)
    assert train_step.num_traces == 1


@pytest.mark.slow
def test_batches_of_one_net_may_have_sizes_or_none(train_step: TrainStep) -> None:
    sizes = {"inputs_size": np.full((4, 1), 5, np.int32)}
    for one in (batch(5), batch(5) | sizes, batch(5)):
        train_step.update(task("ende", 0), one, 1e-3)
    assert train_step.num_traces == 2


@pytest.mark.slow
def test_a_step_touches_only_the_nets_of_its_signature(train_step: TrainStep) -> None:
    before = values(train_step)
    train_step.update(task("ende", 0), batch(5), 1e-3)
    moved = {path for path, value in values(train_step).items() if (value != before[path]).any()}
    assert any("language_shared" in path for path in moved)
    assert not any("language_other" in path for path in moved)


@pytest.mark.slow
def test_the_loss_of_a_batch_that_is_repeated_falls(train_step: TrainStep) -> None:
    losses = [float(train_step.update(task("ende", 0), batch(6), 3e-3)["loss"]) for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.slow
def test_tokens_are_those_that_are_not_padding(train_step: TrainStep) -> None:
    padded = batch(6)
    padded["targets"] = padded["targets"].copy()
    padded["targets"][:, 4:] = 0
    metrics = train_step.update(task("ende", 0), padded, 1e-3)
    assert int(metrics["target_tokens"]) == 4 * 4
    assert int(metrics["examples"]) == 4
    assert int(metrics["padded_tokens"]) == 2 * 4 * 6
    assert (metrics["positions"], metrics["padding_positions"]) == (2 * 4 * 6, 4 * 2)
    loads = {name: int(sum(load)) for name, load in metrics["expert_load"].items()}
    assert loads == {"encoder": 2 * 4 * 6, "decoder": 2 * 4 * 4}  # two experts each


@pytest.mark.slow
def test_accumulated_batches_equal_one_batch_of_both() -> None:
    """The mean of the gradients of two batches of equal size, not their sum or the last one."""
    plain = {"use_experts": False, "dropout": 0.0, "attention_dropout": 0.0}
    whole, parts = make_step(1, **plain), make_step(2, **plain)
    first, second = batch(6, seed=1), batch(6, seed=2)
    both = {name: np.concatenate([first[name], second[name]]) for name in first}
    for _ in range(3):
        whole.update(task("ende", 0), both, 1e-2)
        parts.accumulate(task("ende", 0), first)
        parts.accumulate(task("ende", 0), second)
        parts.apply_accumulated(1e-2)
    for path, value in values(parts).items():
        np.testing.assert_allclose(value, values(whole)[path], atol=2e-4, err_msg=path)


@pytest.mark.slow
def test_one_graph_makes_accumulated_updates_and_reaches_what_its_batches_reached() -> None:
    step = make_step(2)
    start = values(step)
    step.accumulate(task("ende", 0), batch(5))
    step.accumulate(task("reverse", 2, targets=OTHER), batch(5))
    step.apply_accumulated(1e-2)
    after_both = values(step)
    softmaxes = [path for path in start if path.endswith("softmax")]
    assert len(softmaxes) == 2
    assert all((after_both[path] != start[path]).any() for path in softmaxes)
    for _ in range(2):
        step.accumulate(task("ende", 0), batch(5))
    step.apply_accumulated(1e-2)
    after_one = values(step)
    moved = [path for path in softmaxes if (after_one[path] != after_both[path]).any()]
    assert moved == [path for path in softmaxes if "language_shared" in path]
    step.accumulate(task("reverse", 2, targets=OTHER), batch(5))
    step.accumulate(task("reverse", 2, targets=OTHER), batch(5))
    step.apply_accumulated(1e-2)
    assert step.num_traces == 3  # of two signatures, and the update of any of them
    counts = step.backend.state()["optimizer"]
    assert [int(np.asarray(counts[f"count/{path}"])) for path in softmaxes] == [2, 2]


@pytest.mark.slow
def test_each_update_moves_the_biases_and_a_checkpoint_keeps_them(tmp_path: Path) -> None:
    rate = 0.125
    step = make_step(balancing="bias", bias_update_rate=rate)
    variables = [v for v in step.backend.model.variables if v.path.endswith("gate/bias")]
    assert len(variables) == 2

    def biases_after(*seeds: int) -> np.ndarray:
        for seed in seeds:
            metrics = step.update(task("ende", 0), batch(7, seed), 1e-3)
            assert float(metrics["balance_loss"]) == 0.0
        return np.array([bias.numpy() for bias in variables]) / rate

    moved = biases_after(1, 2)
    np.testing.assert_array_equal(moved, np.round(moved))
    assert np.abs(moved).max() > 0
    saved = step.backend.state()
    for name, group in saved.items():
        write_arrays(tmp_path / name, group)
    later = biases_after(3, 4)
    assert (later != moved).any()
    for name, group in saved.items():
        restore_variables(tmp_path / name, group)
    np.testing.assert_array_equal(biases_after(), moved)
    np.testing.assert_array_equal(biases_after(3, 4), later)


@pytest.mark.slow
def test_gates_of_problems_share_a_trace_and_each_learns_from_its_own_batches() -> None:
    step = make_step(gate="problem")
    choices = [v for v in step.backend.model.variables if v.path.endswith("gate/choice")]
    tasks = [dataclasses.replace(task("ende", 0), problem_index=index) for index in (0, 2)]
    for one in tasks:
        step.update(one, batch(6), 1e-3)
    assert step.num_traces == 1
    assert len(choices) == 2
    for choice in choices:
        assert (np.abs(choice.numpy()).max(axis=1) > 0).tolist() == [True, False, True]


@pytest.mark.slow
def test_slots_dropped_for_want_of_room_are_in_the_metrics_of_a_capacity_alone() -> None:
    settings = {"expert_dispatch": "capacity", "mixer_blocks": 0}
    half = make_step(**settings, capacity_factor=0.5)
    metrics = half.update(task("ende", 0), batch(6), 1e-3)
    assert 50.0 <= float(metrics["dropped_slots_percent"]) <= 100.0  # room for half of the slots
    all_of_them = make_step(**settings, capacity_factor=4.0)
    metrics = all_of_them.update(task("ende", 0), batch(6), 1e-3)
    assert float(metrics["dropped_slots_percent"]) == 0.0
    assert "dropped_slots_percent" not in make_step(mixer_blocks=0).update(
        task("ende", 0), batch(6), 1e-3
    )


COMMANDS = ("de", "fr", "reverse")


def rows_of(step: TrainStep, command: str) -> dict[str, np.ndarray]:
    """A command's row, moments and count, as a checkpoint keeps them."""
    step.backend.settle()
    state = step.backend.state()
    name = f"multimodel/command.{command}"
    kinds = ("first_moment", "second_moment", "count")
    rows = {kind: np.asarray(state["optimizer"][f"{kind}/{name}"]) for kind in kinds}
    return rows | {"weights": np.asarray(state["weights"][name])}


@pytest.mark.slow
@pytest.mark.parametrize("accumulate_steps", [1, 2])
def test_a_command_that_no_batch_gives_is_left_alone(accumulate_steps: int) -> None:
    """One update of ende, three of enfr: neither the row of "de" nor its count moves in these."""
    step = make_step(accumulate_steps, overlap_update=True)

    def update(one: Task, seed: int) -> None:
        if accumulate_steps == 1:
            step.update(one, batch(6, seed), 1e-2)
            return
        for part in range(accumulate_steps):
            step.accumulate(one, batch(6, seed + 10 * part))
        step.apply_accumulated(1e-2)

    start = {command: rows_of(step, command) for command in COMMANDS}
    update(task("ende", 0), 1)
    after = {command: rows_of(step, command) for command in COMMANDS}
    assert all((after["de"][kind] != start["de"][kind]).any() for kind in after["de"])
    for seed in (2, 3, 4):
        update(task("enfr", 1), seed)
    np.testing.assert_equal(rows_of(step, "de"), after["de"])
    np.testing.assert_equal(rows_of(step, "reverse"), start["reverse"])
    assert [int(rows_of(step, command)["count"]) for command in COMMANDS] == [1, 3, 0]
    moved = rows_of(step, "fr")["weights"] - start["fr"]["weights"]
    assert 5e-3 < np.abs(moved).max() < 4e-2  # Adam's first steps are about the rate, 1e-2


def test_a_batch_that_does_not_fit_the_memory_is_named(train_step: TrainStep) -> None:
    def fail(error: Exception, *arguments: object) -> None:
        raise error

    for error, place in (
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12345 bytes."), "device"),
        (tf.errors.ResourceExhaustedError(None, None, "Out of memory, 12345 bytes."), "device"),
        (MemoryError("Out of memory, 12345 bytes."), "machine"),
    ):
        for name in ("compile_update", "compile_accumulation"):
            setattr(train_step.backend, name, partial(fail, error))
        told = (
            rf"of ende needs more memory than the {place} has, in the bucket of 4 examples, inputs "
            r"of 5, targets of 5\. Out.*12345 bytes\..*{ende: "
        )
        with pytest.raises(UserError, match=told):
            train_step.update(task("ende", 0), batch(5), 1e-3)
        with pytest.raises(UserError, match=told):
            train_step.accumulate(task("ende", 0), batch(5))


@pytest.mark.slow
def test_an_update_by_several_problems_is_by_the_sum_of_their_weighted_gradients() -> None:
    small = {"encoder_blocks": 1, "mixer_blocks": 0, "decoder_blocks": 1, "dropout": 0.0}
    step = make_step(accumulate_steps=4, **small, attention_dropout=0.0, use_experts=False)
    step.loss_weights = {"ende": 0.5}
    problems = [(task("ende", 0), batch(6, 1)), (task("enfr", 1), batch(9, 2))]
    backend = step.backend
    assert isinstance(backend, TensorFlowBackend)
    alone = [
        tf.function(backend.compute_gradients)(one.signature, {**given, **one.indices()})[0]
        for one, given in problems
    ]
    norms = [float(step.accumulate(*problem)["gradient_norm"]) for problem in problems]
    for norm, gradients, weight in zip(norms, alone, (0.5, 1.0), strict=True):
        squares = sum(float(np.sum(np.square(one))) for one in gradients.values())
        assert norm == pytest.approx(weight * np.sqrt(squares), rel=1e-4)
    # Two of at most four batches came: the sum is divided by four all the same.
    total = [(0.5 * alone[0][i].numpy() + alone[1][i].numpy()) / 4 for i in alone[0]]
    expected = np.sqrt(sum(float(np.sum(np.square(one))) for one in total))
    assert float(step.apply_accumulated(1e-3)) == pytest.approx(expected, rel=1e-4)
