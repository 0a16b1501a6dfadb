import numpy as np
import pytest

from t2t_mm.layers.dispatch import run_dense
from t2t_mm.layers.experts import mixture_of_experts
from t2t_mm.layers.experts.mixture_of_experts import ExpertBlock, Experts

ARGUMENTS = {"num_experts": 5, "experts_per_token": 2, "expert_width": 16}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def trained(block, width=8):
    """Gives the gate's weights values, so that positions differ in their experts."""
    block.build((None, None, width))
    block.gate.choice.assign(normal(width, block.num_experts, seed=9))
    return block


def test_ragged_and_dense_give_the_same_numbers():
    ragged = trained(ExpertBlock(**ARGUMENTS, dispatch_arguments={"dispatch": "ragged"}))
    dense = trained(ExpertBlock(**ARGUMENTS, dispatch_arguments={"dispatch": "dense"}))
    for variable, other in zip(ragged.weights, dense.weights, strict=True):
        other.assign(variable)
    x = normal(3, 7, 8)
    mask = np.arange(7)[None] < np.array([7, 4, 1])[:, None]
    for position_mask in (None, mask):
        one, _ = ragged(x, position_mask=position_mask)
        two, _ = dense(x, position_mask=position_mask)
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_slices_on_devices_run_their_own_rows_alone(monkeypatch):
    named = []

    def choose(name, num_rows):
        named.append(name)
        return run_dense

    monkeypatch.setattr(mixture_of_experts, "choose_dispatch", choose)
    monkeypatch.setattr(mixture_of_experts, "run_on_mesh", lambda run, x, *_: x)
    x, experts, gates = normal(4, 8), np.zeros((4, 2), "int32"), normal(4, 2)
    layer = Experts(4, 16)
    layer.build((None, 8))
    layer(x, experts, gates)
    layer.devices = ("GPU:0", "GPU:1")  # which need not be there: nothing is run on them
    layer(x, experts, gates)
    assert named == ["auto", "ragged"]


@pytest.mark.parametrize("outer_residual", [True, False])
def test_the_block_adds_and_normalizes(outer_residual):
    block = trained(ExpertBlock(**ARGUMENTS, outer_residual=outer_residual))
    block.norm.gain.assign(normal(8, seed=4))
    x = normal(2, 3, 8)
    y, routing = block(x)
    mixed = block.experts(x.reshape(6, 8), routing.experts, routing.gates)
    normalized = block.norm(x + np.reshape(mixed, (2, 3, 8)))
    np.testing.assert_allclose(y, x * outer_residual + normalized, atol=1e-5)


def test_each_position_is_routed_by_itself():
    block = trained(ExpertBlock(**ARGUMENTS))
    x = normal(1, 6, 8)
    other = x.copy()
    other[0, 3] += 1.0
    difference = np.abs(np.asarray(block(x)[0]) - np.asarray(block(other)[0])).max(-1)[0]
    # Products of other sizes round otherwise: not 0 where an expert has one position more or less.
    np.testing.assert_array_equal(difference > 1e-5, [False, False, False, True, False, False])


def test_padding_changes_neither_outputs_nor_balance():
    block = trained(ExpertBlock(**ARGUMENTS))
    x = normal(2, 5, 8)
    mask = np.full((2, 5), True)
    y, routing = block(x, position_mask=mask)
    longer = np.concatenate([x, normal(2, 4, 8, seed=5)], axis=1)
    longer_mask = np.concatenate([mask, np.full((2, 4), False)], axis=1)
    padded, padded_routing = block(longer, position_mask=longer_mask)
    np.testing.assert_allclose(padded[:, :5], y, atol=1e-6)
    np.testing.assert_allclose(padded_routing.load, routing.load)
    np.testing.assert_allclose(padded_routing.balance_loss, routing.balance_loss, rtol=1e-5)


def test_unknown_dispatch_is_refused():
    with pytest.raises(ValueError, match=r"auto, .*, tiered\. Received: dispatch='sparse'"):
        Experts(4, 8, dispatch="sparse")


def test_a_capacity_drops_in_training_and_never_at_inference():
    options = ARGUMENTS | {"gate_arguments": {"seed": 3}}
    limited = {"dispatch": "capacity", "capacity_factor": 0.4}
    capacity = trained(ExpertBlock(**options, dispatch_arguments=limited))
    ragged = trained(ExpertBlock(**options, dispatch_arguments={"dispatch": "ragged"}))
    for variable, other in zip(capacity.variables, ragged.variables, strict=True):
        other.assign(variable)
    x = normal(3, 7, 8)
    dropping, routing = capacity(x, training=True)
    keeping, kept = ragged(x, training=True)  # the same noise, so the same experts
    np.testing.assert_array_equal(routing.experts, kept.experts)
    assert kept.dropped_share is None
    # 42 slots, room for 4 at each of 5 experts.
    loads = np.bincount(np.ravel(kept.experts), minlength=5)
    assert float(routing.dropped_share) == pytest.approx(np.maximum(loads - 4, 0).sum() / 42)
    changed = np.abs(np.asarray(dropping) - np.asarray(keeping)).max(-1) > 1e-6
    assert 0 < changed.sum() < changed.size

    answer, routing = capacity(x)
    np.testing.assert_allclose(answer, ragged(x)[0], atol=1e-6)
    assert routing.dropped_share is None
