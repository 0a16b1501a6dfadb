import numpy as np
import tensorflow as tf

from t2t_mm.data.pipeline.stochastic import NUM_DICE, Dice


def throw(seed: int, place: int, feature: int) -> list[float]:
    numbers: list[float] = Dice(seed, tf.constant(place, tf.int64)).roll(feature).numpy().tolist()
    return numbers


def test_the_numbers_depend_on_seed_place_and_feature_only() -> None:
    keys = [(seed, place, feature) for seed in (-1, 0, 1) for place in (0, 9) for feature in (0, 1)]
    thrown = {key: throw(*key) for key in keys}
    assert {key: throw(*key) for key in keys} == thrown
    assert len({number for numbers in thrown.values() for number in numbers}) == 12 * NUM_DICE


def test_the_numbers_are_even_between_0_and_1() -> None:
    numbers = np.array([throw(5, place, 0) for place in range(300)])
    assert numbers.shape == (300, NUM_DICE)
    assert numbers.min() >= 0 and numbers.max() < 1
    np.testing.assert_allclose(numbers.mean(axis=0), 0.5, atol=0.06)
    correlation = np.corrcoef(numbers.T) - np.eye(NUM_DICE)
    assert np.abs(correlation).max() < 0.2


def test_any_seed_and_a_late_place_will_do() -> None:
    assert len(set(throw(2**63 - 1, 2**40, 3))) == NUM_DICE
