"""Merged experts by hand: which experts a problem has, and what net they make."""

import numpy as np
import pytest

from t2t_mm.layers.experts.mixture_of_experts import ExpertBlock
from t2t_mm.layers.experts.problem_gate import ProblemGatedExperts, make_expert_block

WIDTH = 4


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture
def block():
    """Problem 0 has experts 0 and 1 with 3/4 and 1/4, problem 1 has 2 and 0, the other way."""
    made = ProblemGatedExperts(2, num_experts=3, experts_per_token=2, expert_width=6)
    made.build((None, None, WIDTH))
    log3 = np.log(3.0)
    made.gate.choice.assign(np.array([[log3, 0.0, -9.0], [0.0, -9.0, log3]]) / WIDTH**0.5)
    return made


def merged_by_hand(block, x, weights):
    w_in = np.tensordot(weights, np.asarray(block.w_in), 1)
    w_out = np.tensordot(weights, np.asarray(block.w_out), 1)
    return block.norm(x + np.maximum(x @ w_in, 0.0) @ w_out)


HALVES = {0: [0.75, 0.25, 0.0], 1: [0.25, 0.0, 0.75]}


@pytest.mark.parametrize("problem", [0, 1])
def test_a_batch_of_one_problem_runs_through_the_weighted_mean_of_its_experts(block, problem):
    x = normal(2, 5, WIDTH)
    y, routing = block(x, problem=problem)
    np.testing.assert_array_equal(routing.experts, [[[0, 1], [2, 0]][problem]])
    np.testing.assert_allclose(y, merged_by_hand(block, x, HALVES[problem]), atol=1e-5)


def test_the_outer_residual_adds_the_input_once_more(block):
    x, outer = normal(2, 5, WIDTH), ProblemGatedExperts(2, 3, 2, 6, outer_residual=True)
    outer.build((None, None, WIDTH))
    for variable, other in zip(block.weights, outer.weights, strict=True):
        other.assign(variable)
    expected = x + merged_by_hand(block, x, HALVES[1])
    np.testing.assert_allclose(outer(x, problem=1)[0], expected, atol=1e-5)


def test_each_row_can_have_its_own_problem(block):
    x = normal(3, 5, WIDTH)
    y, _ = block(x, problem=np.array([1, 0, 1]))
    for row, problem in enumerate([1, 0, 1]):
        expected = merged_by_hand(block, x[row : row + 1], HALVES[problem])
        np.testing.assert_allclose(y[row], expected[0], atol=1e-5)


def test_rows_of_one_position_are_those_of_a_sequence_of_one(block):
    x = normal(3, WIDTH)
    problem, mask = np.array([1, 0, 1]), np.array([True, True, False])
    y, routing = block(x, position_mask=mask, problem=problem)
    sequence, _ = block(x[:, None], problem=problem)
    np.testing.assert_allclose(y, sequence[:, 0], atol=1e-6)
    np.testing.assert_array_equal(routing.load, [2, 1, 1])


def test_use_is_counted_in_real_positions_and_has_no_balance_loss(block):
    mask = np.arange(5)[None] < np.array([5, 2])[:, None]
    _, one = block(normal(2, 5, WIDTH), position_mask=mask, problem=1)
    np.testing.assert_array_equal(one.load, [7, 0, 7])
    np.testing.assert_allclose(one.importance, [1.75, 0.0, 5.25], atol=1e-5)
    _, two = block(normal(2, 5, WIDTH), position_mask=mask, problem=np.array([0, 1]))
    np.testing.assert_array_equal(two.load, [7, 5, 2])
    assert float(one.balance_loss) == 0.0


def test_noise_lets_new_problems_try_other_experts():
    made = ProblemGatedExperts(1, 4, 1, 6, gate_arguments={"seed": 1})
    x = normal(1, 2, WIDTH)
    tried = {int(made(x, problem=0, training=True)[1].experts[0, 0]) for _ in range(40)}
    assert tried == {0, 1, 2, 3}


def test_the_problem_must_be_given(block):
    with pytest.raises(ValueError, match=r"asks for the problem\. Received: problem=None"):
        block(normal(2, 5, WIDTH))


def test_the_number_of_problems_says_whose_gate_it_is():
    arguments = {"num_experts": 4, "experts_per_token": 2, "expert_width": 8}
    assert isinstance(make_expert_block(arguments, name="a"), ExpertBlock)
    made = make_expert_block({**arguments, "num_problems": 3}, name="b")
    assert isinstance(made, ProblemGatedExperts)
    assert (made.num_problems, made.name) == (3, "b")
