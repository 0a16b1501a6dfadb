"""Facts about the whole model: what may influence what, and what may not."""

import numpy as np
import pytest
import tensorflow as tf
from small_model import TEXT, VOCABULARY, ids, make_model, spread_gates


@pytest.fixture(scope="module")
def model():
    return spread_gates(make_model())


def run(model, inputs, targets, command=0, training=False):
    return model(
        {
            "inputs": inputs,
            "targets": targets,
            "command": tf.convert_to_tensor(command),
            "problem": tf.convert_to_tensor(command),
        },
        input_modality=TEXT,
        target_modality=TEXT,
        training=training,
    )


def test_a_changed_target_moves_nothing_up_to_itself_and_all_after(model):
    inputs, targets = ids(2, 7), ids(2, 12, seed=1)
    other = targets.copy()
    other[:, 5] = 2 + (other[:, 5] - 1) % (VOCABULARY - 2)
    first, second = run(model, inputs, targets).logits, run(model, inputs, other).logits
    moved = np.abs(np.asarray(first) - np.asarray(second)).max(-1) > 0
    assert not moved[:, :6].any()  # target 5 is first read when target 6 is predicted
    assert moved[:, 6:].all()


def test_every_prediction_reads_the_whole_input(model):
    inputs, targets = ids(1, 7), ids(1, 5, seed=1)
    for position in (0, 6):
        other = inputs.copy()
        other[0, position] = 2 + (other[0, position] - 1) % (VOCABULARY - 2)
        difference = np.asarray(
            run(model, inputs, targets).logits - run(model, other, targets).logits
        )
        assert (np.abs(difference).max(-1) > 0).all()


def test_more_padding_changes_nothing(model):
    inputs, targets = ids(3, 7), ids(3, 6, seed=1)
    inputs[1, 4:], targets[2, 3:] = 0, 0
    out = run(model, inputs, targets)
    padded = run(model, np.pad(inputs, [[0, 0], [0, 9]]), np.pad(targets, [[0, 0], [0, 4]]))
    real = targets != 0
    np.testing.assert_allclose(
        np.asarray(padded.logits)[:, :6][real], np.asarray(out.logits)[real], atol=1e-5
    )
    np.testing.assert_allclose(padded.balance_loss, out.balance_loss, rtol=1e-5)
    for report, other in zip(out.reports, padded.reports, strict=True):
        np.testing.assert_array_equal(report.load, other.load)


def test_an_example_does_not_see_its_batch(model):
    inputs, targets = ids(3, 7), ids(3, 6, seed=1)
    together = run(model, inputs, targets).logits
    for row in range(3):
        alone = run(model, inputs[row : row + 1], targets[row : row + 1]).logits
        np.testing.assert_allclose(together[row], alone[0], atol=1e-5)


def test_the_command_changes_every_prediction(model):
    inputs, targets = ids(2, 7), ids(2, 6, seed=1)
    german, french = (np.asarray(run(model, inputs, targets, index).logits) for index in (0, 1))
    assert (np.abs(german - french).max(-1) > 1e-4).all()
    mixed = np.asarray(run(model, inputs, targets, [0, 1]).logits)
    np.testing.assert_allclose(mixed[0], german[0], atol=1e-5)
    np.testing.assert_allclose(mixed[1], french[1], atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"balancing": "switch"},
        {"balancing": "bias"},
        {"balancing": "none", "z_loss_weight": 0.001},
        {"gate": "problem"},
    ],
    ids=lambda changes: ",".join(map(str, changes.values())) or "default",
)
def test_every_weight_gets_a_gradient(changes):
    model = make_model(**changes)
    inputs, targets = ids(8, 16), ids(8, 16, seed=1)
    inputs[0, 10:], targets[1, 10:] = 0, 0
    with tf.GradientTape() as tape:
        out = run(model, inputs, targets, [0, 1] * 4, training=True)
        total, weight = model.loss(out.logits, targets, TEXT, 0.1)
        loss = total / weight + out.balance_loss
    for variable, gradient in zip(
        model.trainable_weights,
        tape.gradient(loss, [weight.value for weight in model.trainable_weights]),
        strict=True,
    ):
        assert gradient is not None, variable.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, variable.path


def test_reports_name_each_mixture_and_the_loss_is_their_weighted_sum(model):
    inputs, targets = ids(2, 7), ids(2, 6, seed=1)
    out = run(model, inputs, targets)
    assert [report.name for report in out.reports] == ["encoder", "decoder"]
    assert [int(sum(report.load)) for report in out.reports] == [2 * 7 * 2, 2 * 6 * 2]
    expected = 0.01 * sum(float(report.balance_loss) for report in out.reports)
    np.testing.assert_allclose(out.balance_loss, expected, rtol=1e-6)
    assert expected > 0
    both = make_model(z_loss_weight=0.5, balance_loss_weight=0.0)
    spread_gates(both)
    out = run(both, inputs, targets)
    z_losses = [float(report.z_loss) for report in out.reports]
    np.testing.assert_allclose(out.balance_loss, 0.5 * sum(z_losses), rtol=1e-6)
    assert min(z_losses) > np.log(4) ** 2  # what equal logits have


def test_the_gate_of_a_problem_is_the_only_thing_that_knows_it():
    inputs, targets = ids(2, 7), ids(2, 6, seed=1)
    for gate, knows in (("problem", True), ("position", False)):
        model = spread_gates(make_model(gate=gate))
        batch = {"inputs": inputs, "targets": targets, "command": np.array(0)}
        logits = [
            np.asarray(
                model(
                    {**batch, "problem": np.array(problem)},
                    input_modality=TEXT,
                    target_modality=TEXT,
                ).logits
            )
            for problem in (0, 1)
        ]
        assert (np.abs(logits[0] - logits[1]).max() > 1e-4) == knows


@pytest.mark.slow
def test_one_trace_serves_all_lengths_and_commands(model):
    traces = []

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def traced(inputs, targets, command):
        traces.append(1)
        return run(model, inputs, targets, command, training=False).logits

    for batch, length in ((1, 1), (3, 20)):
        inputs, targets = ids(batch, length), ids(batch, length + 3)
        np.testing.assert_allclose(
            traced(inputs, targets, 1), run(model, inputs, targets, 1).logits, atol=1e-4
        )
    assert len(traces) == 1


@pytest.mark.slow
def test_training_noise_repeats_with_the_seed_and_with_restored_state():
    inputs, targets = ids(2, 7), ids(2, 6, seed=1)
    one, two = make_model(seed=5), make_model(seed=5)
    before = [np.asarray(variable) for variable in one.variables]
    first = np.asarray(run(one, inputs, targets, training=True).logits)
    np.testing.assert_array_equal(first, run(two, inputs, targets, training=True).logits)
    assert (first != np.asarray(run(one, inputs, targets, training=True).logits)).any()
    for variable, value in zip(one.variables, before, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal(first, run(one, inputs, targets, training=True).logits)
