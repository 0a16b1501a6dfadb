"""Pairs beside what is known of them: sacreBLEU's own tests, the sign test, and no difference."""

from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest

from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.intervals import Statistics, compute_intervals
from t2t_mm.scoring.metrics import METRICS
from t2t_mm.scoring.paired import PairedDifference, compare_paired
from t2t_mm.scoring.translation import count_bleu


def outcomes(rows: list[int]) -> Statistics:
    return Statistics(np.array(rows)[:, None], lambda sums: {"right": 100 * sums[0] / len(rows)})


def spoil(texts: list[str], share: float, generator: np.random.Generator) -> list[str]:
    """Replace a share of the words by one that is wrong."""
    return [
        " ".join("x" if generator.random() < share else word for word in text.split())
        for text in texts
    ]


@pytest.mark.parametrize("share", [0.202, 0.215, 0.225, 0.27])
def test_bleu_beside_the_paired_tests_of_sacrebleu(share: float) -> None:
    generator = np.random.default_rng(9)
    true = [" ".join(map(str, generator.integers(30, size=12))) for _ in range(200)]
    systems = [spoil(true, wrong, generator) for wrong in (0.2, share)]
    a, b = (count_bleu(Decoded(system, [[text] for text in true])) for system in systems)
    ours = compare_paired(a, b)["bleu"]

    def test_by_sacrebleu(kind: str) -> Any:
        named = list(zip("ab", systems, strict=True))
        _, found = PairedTest(named, {"BLEU": BLEU()}, [true], test_type=kind, n_samples=2000)()
        return found["BLEU"][1]

    randomization, bootstrap = test_by_sacrebleu("ar"), test_by_sacrebleu("bs")
    assert ours.b == pytest.approx(bootstrap.score, abs=1e-4)
    assert ours.p_value == pytest.approx(randomization.p_value, abs=0.04)
    if bootstrap.p_value < 0.05:  # it counts one side only, and so what is large enough
        assert ours.p_value == pytest.approx(2 * bootstrap.p_value, abs=0.02)


def test_right_or_wrong_is_the_interval_of_paired_proportions() -> None:
    a = [1] * 15 + [0] * 5 + [1] * 100 + [0] * 80
    b = [0] * 15 + [1] * 5 + [1] * 100 + [0] * 80  # 20 of 200 differ, by 10 more than chance
    found = compare_paired(outcomes(a), outcomes(b))["right"]
    deviation = 100 * (20 - 10**2 / 200) ** 0.5 / 200
    assert (found.a, found.b, found.difference) == (57.5, 52.5, -5.0)
    assert found.interval == pytest.approx([-5 - 1.96 * deviation, -5 + 1.96 * deviation], abs=0.6)
    assert found.p_value == pytest.approx(0.041, abs=0.015)  # of the sign test, 5 of 20
    unpaired = compute_intervals(outcomes(a))["right"]
    assert unpaired[1] - unpaired[0] > 1.4 * (found.interval[1] - found.interval[0])


def test_of_equal_systems_one_in_twenty_is_called_better() -> None:
    generator = np.random.default_rng(4)
    called = 0
    for _ in range(200):
        difficulty = generator.random(80)
        a, b = ((generator.random(80) < difficulty).astype(int).tolist() for _ in "ab")
        called += bool(compare_paired(outcomes(a), outcomes(b))["right"].name_better())
    assert 4 <= called <= 18  # of the binomial of 200 and 0.05, 99%


@pytest.mark.parametrize("metric", ["bleu", "chrf", "wer", "caption", "top_k"])
def test_a_system_beside_itself_has_p_1_and_no_difference(metric: str) -> None:
    texts = ["a red boat on a lake", "the cat sleeps here now", "two dogs run to a big tree"]
    guessed = ["a red boat on the lake", "the cat sleeps there now", "two cats run to a big tree"]
    decoded = Decoded(guessed, [[text] for text in texts])
    count = METRICS[metric].count
    for found in compare_paired(count(decoded), count(decoded)).values():
        assert (found.difference, found.interval, found.p_value) == (0.0, [0.0, 0.0], 1.0)
        assert found.name_better() == ""


def test_a_clear_difference_has_a_small_p_and_a_better_side() -> None:
    found = compare_paired(outcomes([0, 1] * 50), outcomes([1, 1] * 45 + [0] * 10))["right"]
    assert found.p_value < 0.01 and found.interval[0] > 0
    assert (found.name_better(), found.name_better(lower_is_better=True)) == ("b", "a")
    assert compare_paired(outcomes([0, 1]), outcomes([1, 1]))["right"].name_better() == ""


def test_what_comes_by_chance_is_not_called_better() -> None:
    assert PairedDifference(50.0, 52.0, 2.0, [-0.1, 4.1], 0.0559).name_better() == ""


def test_one_example_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="Fewer than two examples"):
        compare_paired(outcomes([1]), outcomes([0]))
