"""What a signature reaches, as the nets say and as the tape finds, and what may wait."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from changed_settings import change_settings
from every_pair import CLASS, HPARAMS, PAIRS, TEXT, make_batch, make_model
from senses_run import determinism_ends

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.modalities.language import LanguageModality
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.training.objective import Signature, compute_objective
from t2t_mm.training.on_tensorflow import tensorflow_backend
from t2t_mm.training.on_tensorflow.tensorflow_backend import TensorFlowBackend
from t2t_mm.training.training_options import TrainingOptions


def find_by_tape(model: MultiModel, pair: Signature) -> set[str]:
    with tf.GradientTape() as tape:
        objective, _ = compute_objective(model, pair, make_batch(pair), 0.1)
    variables = model.trainable_variables
    gradients = tape.gradient(objective, [variable.value for variable in variables])
    return {v.path for v, one in zip(variables, gradients, strict=True) if one is not None}


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gate": "problem"},
        {"balancing": "bias", "mixer_join": "concat", "norm": "batch"},
        {"balancing": "switch", "experts_per_token": 4, "expert_dispatch": "dense"},
        {"use_experts": False, "audio_bands": "positions", "separable": False},
    ],
)
def test_what_a_pair_of_nets_reaches_is_what_the_tape_finds(changes: dict[str, Any]) -> None:
    model = make_model(**changes)
    for pair in PAIRS:
        said = {variable.path for variable in model.list_reached_variables(*pair)}
        assert said == find_by_tape(model, pair), pair


def test_pairs_reach_different_variables_and_the_commands_only_where_they_are_read() -> None:
    model = make_model()
    reached = [frozenset(v.path for v in model.list_reached_variables(*pair)) for pair in PAIRS]
    assert len(set(reached)) == len(PAIRS)
    for (_, target), paths in zip(PAIRS, reached, strict=True):
        assert ("multimodel/commands" in paths) == (target == TEXT)


class Tied(LanguageModality):
    """A net of text whose inputs and targets have one embedding."""

    says_so = True

    def build(self, input_shape: Any = None) -> None:
        self.table = self.add_weight((self.vocabulary_size, self.width), "normal", name="table")
        self.softmax = self.add_weight((self.vocabulary_size, self.width), "normal", name="softmax")

    def list_input_variables(self) -> list[Any]:
        return [self.table] if self.says_so else []

    def list_target_variables(self, has_grid: bool) -> list[Any]:
        return [self.table, self.softmax]

    def bottom(self, features: Any, sizes: Any = None, training: bool = False) -> Any:
        return self._embed(features, self.table)

    def targets_bottom(self, targets: Any, training: bool = False) -> Any:
        return self._embed(targets, self.table)


def make_tied(monkeypatch: pytest.MonkeyPatch, **settings: object) -> TensorFlowBackend:
    find = registry.modality
    with monkeypatch.context() as patch:
        patch.setattr(registry, "modality", lambda name: Tied if name == "language" else find(name))
        plain = {"dropout": 0.0, "attention_dropout": 0.0, "use_experts": False}
        model = make_model(**plain)
    monkeypatch.setattr(tensorflow_backend, "LEAST_POSTPONED", 1)
    hparams = change_settings(HPARAMS, **settings)
    return TensorFlowBackend(model, hparams.optimizer, hparams.train)


def train(backend: TensorFlowBackend) -> dict[str, np.ndarray]:
    """Both pairs in turn: the second reads the table as inputs, the first writes it too."""
    steps = {pair: backend.compile_update(pair, make_batch(pair)) for pair in PAIRS[:2]}
    for pair in [*steps] * 3:
        steps[pair](make_batch(pair), 1e-2)
    backend.settle()
    return {name: np.asarray(one).copy() for name, one in backend.state()["weights"].items()}


def trace_gradients(backend: TensorFlowBackend) -> Any:
    """Trace the gradients of a batch of texts: a function without arguments."""
    batch = make_batch((TEXT, TEXT))
    traced = tf.function(lambda: backend.compute_gradients((TEXT, TEXT), batch)[0])
    return traced.get_concrete_function()


@pytest.mark.slow
@pytest.mark.usefixtures("sums_in_order")
@pytest.mark.long
def test_what_an_input_net_reads_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A net that ties its embeddings trains as if no update waited."""
    later, at_once = (
        train(make_tied(monkeypatch, overlap_update=overlap)) for overlap in (True, False)
    )
    assert not [name for name, one in later.items() if (one != at_once[name]).any()]
    waiting = make_tied(monkeypatch).choose_postponed((TEXT, TEXT))
    assert len(waiting) > 20


@pytest.mark.slow
def test_a_net_that_reads_what_it_does_not_say_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would read a table whose update waits for a step that writes texts."""
    monkeypatch.setattr(Tied, "says_so", False)
    backend = make_tied(monkeypatch)
    pair = (TEXT, CLASS)
    with pytest.raises(UserError, match=r"do not name.*table.*list_input_variables"):
        backend.compile_update(pair, make_batch(pair))


@pytest.mark.slow
def test_what_is_reached_by_nothing_has_gradients_of_zero() -> None:
    """Without attention no target reads the encoder's output."""
    model = make_model(use_attention=False, use_experts=False)
    backend = TensorFlowBackend(model, HPARAMS.optimizer, HPARAMS.train)
    gradients = trace_gradients(backend)()
    names = [backend.optimizer.names[i] for i, one in gradients.items() if not np.any(one)]
    assert {name.split("/")[1] for name in names} == {"encoder", "language_shared"}


@pytest.mark.slow
def test_gradients_are_added_in_an_order_that_hangs_on_no_thread() -> None:
    """A sum of three tensors begins with the one whose memory is free, which differs by the run."""
    backend = TensorFlowBackend(make_model(), HPARAMS.optimizer, HPARAMS.train)
    graph = trace_gradients(backend).graph
    sums = [len(op.inputs) for op in graph.get_operations() if op.type == "AddN"]
    assert len(sums) > 50
    assert set(sums) == {2}


def test_a_deterministic_run_lets_no_sums_be_joined() -> None:
    with determinism_ends():
        settings = change_settings(HPARAMS, deterministic=True)
        TensorFlowBackend.prepare_process(settings.train, TrainingOptions(), [])
        assert tf.config.optimizer.get_experimental_options()["arithmetic_optimization"] is False


def test_a_number_of_threads_that_comes_too_late_ends_no_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tf.constant(1.0)  # whatever it runs
    train = change_settings(HPARAMS, num_threads=3).train
    TensorFlowBackend.prepare_process(train, TrainingOptions(), [])
    assert "train.num_threads=3 counts for nothing" in caplog.text
