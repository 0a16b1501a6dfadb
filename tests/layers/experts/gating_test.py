import math

import keras
import numpy as np
import pytest
from keras import ops

from t2t_mm.layers.experts.gating import NoisyTopKGate, sum_by_expert


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def gate_with(choice, experts_per_token, **kwargs):
    """A gate whose weights are given, so that unit vectors pick rows of `choice` as logits."""
    gate = NoisyTopKGate(choice.shape[1], experts_per_token, **kwargs)
    gate.build((None, choice.shape[0]))
    gate.choice.assign(choice)
    return gate


# Four tokens, four experts, two each; logits chosen so that the softmax of the two is 0.75, 0.25.
LOG3 = np.log(3.0)
TABLE = np.array(
    [
        [LOG3, 0.0, -9.0, -9.0],
        [0.0, LOG3, -9.0, -9.0],
        [-9.0, -9.0, LOG3, 0.0],
        [LOG3, -9.0, 0.0, -9.0],
    ],
    "float32",
)


def test_a_routing_table_by_hand():
    routing = gate_with(TABLE, 2)(np.eye(4, dtype="float32"))
    np.testing.assert_array_equal(routing.experts, [[0, 1], [1, 0], [2, 3], [0, 2]])
    np.testing.assert_allclose(routing.gates, [[0.75, 0.25]] * 4, atol=1e-6)
    np.testing.assert_allclose(routing.importance, [1.75, 1.0, 1.0, 0.25], atol=1e-6)
    np.testing.assert_array_equal(routing.load, [3, 2, 2, 1])
    # importance: mean 1, variance (0.5625 + 0 + 0 + 0.5625) / 4; load: mean 2, variance 0.5
    np.testing.assert_allclose(routing.balance_loss, 0.28125 + 0.125, atol=1e-5)


def test_padded_tokens_weigh_nothing_and_are_not_counted():
    gate = gate_with(TABLE, 2)
    routing = gate(np.eye(4, dtype="float32"), position_mask=np.array([True, True, True, False]))
    np.testing.assert_array_equal(routing.gates[3], [0, 0])
    np.testing.assert_allclose(routing.importance, [1.0, 1.0, 0.75, 0.25], atol=1e-6)
    np.testing.assert_array_equal(routing.load, [2, 2, 1, 1])


def test_equal_use_of_all_experts_costs_nothing():
    choice = np.full((4, 4), -9.0, "float32")
    for token in range(4):
        choice[token, [token, (token + 1) % 4]] = LOG3, 0.0
    routing = gate_with(choice, 2)(np.eye(4, dtype="float32"))
    np.testing.assert_allclose(routing.balance_loss, 0.0, atol=1e-9)


def test_sum_by_expert():
    total = sum_by_expert(ops.array([[1.0, 2.0], [4.0, 8.0]]), ops.array([[2, 0], [2, 1]]), 4)
    np.testing.assert_array_equal(total, [2, 8, 5, 0])


@pytest.mark.parametrize("training", [False, True])
def test_k_gates_are_positive_and_sum_to_one(training):
    gate = gate_with(normal(8, 6), 3, seed=1)
    routing = gate(normal(50, 8, seed=1), training=training)
    gates, experts = np.asarray(routing.gates), np.asarray(routing.experts)
    assert (gates > 0).all()
    np.testing.assert_allclose(gates.sum(-1), 1.0, rtol=1e-5)
    assert all(len(set(row)) == 3 for row in experts)


def test_without_noise_a_new_gate_sends_all_to_the_first_experts():
    routing = NoisyTopKGate(5, 2)(normal(7, 8))
    np.testing.assert_array_equal(routing.experts, [[0, 1]] * 7)
    np.testing.assert_array_equal(routing.load, [7, 7, 0, 0, 0])


def test_the_noise_of_a_new_gate_chooses_all_experts_alike():
    # All logits start equal, so noise alone chooses: every expert about as often as any other.
    routing = NoisyTopKGate(4, 1, seed=2)(normal(4000, 8), training=True)
    counts = np.bincount(np.asarray(routing.experts)[:, 0], minlength=4)
    assert counts.min() > 900


def test_the_loss_in_training_is_of_importance_and_expected_load():
    gate = gate_with(normal(8, 5), 2, seed=3)
    x = normal(6, 8, seed=4)
    routing = gate(x, training=True)
    clean = x @ np.asarray(gate.choice)
    spread = np.log(2.0) + 0.01
    twin = keras.random.SeedGenerator(3)
    noisy = clean + spread * np.asarray(keras.random.normal((6, 5), seed=twin))
    expected = np.zeros(5)
    for token in range(6):
        ranked = np.sort(noisy[token])[::-1]
        for expert in range(5):
            rival = ranked[2] if noisy[token, expert] >= ranked[1] else ranked[1]
            distance = (clean[token, expert] - rival) / spread
            expected[expert] += 0.5 * (1 + math.erf(distance / math.sqrt(2)))
    both = [np.asarray(routing.importance), expected]
    loss = sum(values.var() / values.mean() ** 2 for values in both)
    np.testing.assert_allclose(routing.balance_loss, loss, rtol=1e-4)
    counts = np.bincount(np.asarray(routing.experts).ravel(), minlength=5)
    np.testing.assert_array_equal(routing.load, counts)


def test_where_every_expert_is_chosen_the_load_is_even():
    routing = NoisyTopKGate(3, 3, seed=1)(normal(5, 8), training=True)
    np.testing.assert_array_equal(routing.load, [5, 5, 5])
    importance = np.asarray(routing.importance)
    of_importance = importance.var() / importance.mean() ** 2  # that of the load is 0
    np.testing.assert_allclose(routing.balance_loss, of_importance, rtol=1e-4)


def test_the_losses_of_the_table_under_each_balancing():
    """Loads 3, 2, 2, 1 of 8 choices; each row's chances are 3/4, 1/4 and nearly nothing."""
    losses = {
        name: gate_with(TABLE, 2, balancing=name)(np.eye(4, dtype="float32"))
        for name in ("importance_load", "switch", "bias", "none")
    }
    # Mean probabilities 7/16, 1/4, 1/4, 1/16 (the last expert is second in one row of four).
    switch = 4 * (3 / 8 * 7 / 16 + 2 / 8 / 4 + 2 / 8 / 4 + 1 / 8 / 16)
    np.testing.assert_allclose(losses["switch"].balance_loss, switch, atol=1e-3)
    np.testing.assert_allclose(losses["importance_load"].balance_loss, 0.40625, atol=1e-5)
    assert float(losses["bias"].balance_loss) == float(losses["none"].balance_loss) == 0.0
    for routing in losses.values():  # log(3 + 1 + 2 exp(-9)), in every row
        np.testing.assert_allclose(routing.z_loss, np.log(4.0) ** 2, atol=1e-3)


def test_a_bias_changes_the_choice_and_not_the_weights():
    gate = gate_with(TABLE, 2, balancing="bias")
    gate.bias.assign([0.0, 0.0, 0.0, 9.5])
    routing = gate(np.eye(4, dtype="float32"))
    # Expert 3 gains 9.5: 0.5 in rows 0, 1 and 3, where log 3 stays before it and 0 does not.
    np.testing.assert_array_equal(routing.experts, [[0, 3], [1, 3], [3, 2], [0, 3]])
    weight = 3.0 / (3.0 + np.exp(-9.0))
    expected = [[weight, 1 - weight], [weight, 1 - weight], [0.25, 0.75], [weight, 1 - weight]]
    np.testing.assert_allclose(routing.gates, expected, atol=1e-5)


def test_only_training_corrects_the_bias():
    gate = gate_with(TABLE, 2, balancing="bias", bias_update_rate=0.125)
    gate.spread.assign(np.full((4, 4), -99.0))  # noise of the least spread, 0.01
    gate(np.eye(4, dtype="float32"))
    np.testing.assert_array_equal(gate.bias, [0, 0, 0, 0])
    gate(np.eye(4, dtype="float32"), training=True)  # loads 3, 2, 2, 1
    np.testing.assert_array_equal(gate.bias, [-0.125, 0, 0, 0.125])
    assert [weight.name for weight in gate.trainable_weights] == ["choice", "spread"]


def test_a_bias_alone_balances_a_skewed_router():
    choice = normal(8, 6, seed=1) * 0.3
    x = normal(400, 8, seed=2)
    x[:, 0] = 1.0
    choice[0] = [3.0, 2.0, 0.0, 0.0, -1.0, -2.0]  # all prefer the first two
    gate = gate_with(choice, 2, balancing="bias", bias_update_rate=0.05, seed=3)
    before = np.asarray(gate(x).load)
    for _ in range(150):
        routing = gate(x, training=True)
    assert before.max() / before.mean() > 2.5
    after = np.asarray(routing.load)
    assert after.max() / after.mean() < 1.3
    assert after.min() / after.mean() > 0.7


def test_an_unknown_balancing_is_refused():
    with pytest.raises(ValueError, match=r"switch, bias, none\. Received: balancing='loss'"):
        NoisyTopKGate(4, 2, balancing="loss")


@pytest.mark.parametrize("chosen", [0, 5])
def test_too_few_or_too_many_chosen_experts_are_refused(chosen):
    with pytest.raises(ValueError, match=f"experts_per_token={chosen}, num_experts=4"):
        NoisyTopKGate(4, chosen)


def test_experts_that_were_added_are_chosen_by_nothing_until_training_lets_them_in():
    old, wide = gate_with(TABLE[:, :3], 2), gate_with(TABLE, 2, entry_steps=2)
    wide.entry.assign([1, 1, 1, 0])
    tokens = np.eye(4, dtype="float32")
    before, routing = old(tokens), wide(tokens)
    np.testing.assert_array_equal(routing.experts, before.experts)
    np.testing.assert_array_equal(routing.gates, before.gates)
    for expected in (0.5, 1.0, 1.0):
        assert np.isfinite(wide(tokens, training=True).balance_loss)
        np.testing.assert_array_equal(wide.entry, [1, 1, 1, expected])
    full = gate_with(TABLE, 2)(tokens)
    np.testing.assert_array_equal(wide(tokens).experts, full.experts)
