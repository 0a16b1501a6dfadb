"""Updates at once and postponed: the same to the last bit, and nothing is lost or made twice."""

import numpy as np
import tensorflow as tf

from t2t_mm.training.on_tensorflow.postponed import NEUTRAL, Updates, make_zeros_beside

RATE = 0.125
START = [[1.0, 2.0], [3.0, 4.0]]


def make_updates(num_variables: int = 2) -> Updates:
    return Updates([tf.Variable(START) for _ in range(num_variables)])


def numbers(updates: Updates, step: int = 1, factor: float = 1.0) -> dict[str, tf.Tensor]:
    """Of step `step` of each variable; without epsilon the first is of the size of the rate."""
    values = {
        "factor": factor,
        "beta1_power": 0.9**step,
        "beta2_power": 0.98**step,
        "lr": RATE,
        "beta1": 0.9,
        "beta2": 0.98,
        "epsilon": 0.0,
    }
    return {name: tf.fill([len(updates.variables)], value) for name, value in values.items()}


def arrays(updates: Updates) -> list[np.ndarray]:
    groups = (updates.variables, updates.first_moments, updates.second_moments)
    return [variable.numpy() for group in groups for variable in group]


def test_an_update_at_once_is_adams_first_step() -> None:
    updates = make_updates()
    gradient = tf.constant([[1.0, -1.0], [2.0, 1.0]])
    updates.make({0: gradient}, numbers(updates))
    moved = np.array(START) - RATE * np.sign(gradient)
    np.testing.assert_allclose(updates.variables[0], moved, rtol=1e-5)
    np.testing.assert_allclose(updates.first_moments[0], 0.1 * gradient.numpy(), rtol=1e-5)
    np.testing.assert_array_equal(updates.variables[1], START)


def test_room_that_is_made_changes_nothing() -> None:
    updates = make_updates()
    updates.make({0: tf.ones([2, 2]), 1: tf.ones([2, 2])}, numbers(updates))
    before = arrays(updates)
    updates.make_room([0, 1])
    updates.carry_out([0, 1])
    np.testing.assert_equal(arrays(updates), before)


def test_what_waits_is_updated_when_it_is_carried_out_and_not_again() -> None:
    later, at_once = make_updates(), make_updates()
    gradients = {0: tf.constant([[1.0, 2.0], [3.0, 4.0]]), 1: tf.ones([2, 2])}
    at_once.make(gradients, numbers(at_once))
    later.make_room([1])
    later.make(gradients, numbers(later), postpone=[1])
    np.testing.assert_array_equal(later.variables[0], at_once.variables[0])
    np.testing.assert_array_equal(later.variables[1], START)
    later.settle()
    np.testing.assert_equal(arrays(later), arrays(at_once))
    later.settle()
    np.testing.assert_equal(arrays(later), arrays(at_once))


def test_a_gradient_is_clipped_when_its_update_is_made_and_not_before() -> None:
    later, at_once = make_updates(), make_updates()
    gradients = {i: tf.constant([[8.0, 2.0], [-4.0, 16.0]]) for i in range(2)}
    later.make_room([1])
    for updates, postpone in ((later, [1]), (at_once, [])):
        updates.make(gradients, numbers(updates, factor=0.25), postpone)
    np.testing.assert_array_equal(gradients[1], [[8.0, 2.0], [-4.0, 16.0]])
    later.settle()
    np.testing.assert_equal(arrays(later), arrays(at_once))
    np.testing.assert_allclose(later.first_moments[1], 0.1 * 0.25 * gradients[1].numpy(), rtol=1e-5)


def test_in_a_graph_what_waits_is_clipped_in_its_place_and_the_same_is_done() -> None:
    graph, eager = make_updates(), make_updates()

    @tf.function
    def step(gradient: tf.Tensor) -> None:
        graph.carry_out([0, 1])
        graph.make({0: gradient, 1: 2.0 * gradient}, numbers(graph, factor=0.5), postpone=[0, 1])

    graph.make_room([0, 1])
    for size in (1.0, 3.0):
        gradient = size * tf.constant([[1.0, -2.0], [3.0, 4.0]])
        step(gradient)
        eager.make({0: gradient, 1: 2.0 * gradient}, numbers(eager, factor=0.5))
        graph.make_room([0, 1])
    graph.settle()
    np.testing.assert_equal(arrays(graph), arrays(eager))


def test_neutral_numbers_are_those_of_every_update() -> None:
    assert NEUTRAL.keys() == numbers(make_updates()).keys()


def test_zeros_have_the_shape_of_what_they_stand_beside() -> None:
    zeros = make_zeros_beside(tf.Variable(START))
    np.testing.assert_array_equal(zeros, [[0.0, 0.0], [0.0, 0.0]])
    assert not zeros.trainable
