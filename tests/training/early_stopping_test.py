"""When a run has stopped getting better; and what is refused."""

import json
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.training.early_stopping import EarlyStopping, has_plateaued


@pytest.mark.parametrize(
    ("values", "is_over"),
    [
        ([3.0, 2.0, 1.99, 1.95, 1.91], True),  # of 2.0, within 30 steps
        ([3.0, 2.0, 1.99, 1.95, 1.90], False),
        ([3.0, 2.0, 1.80, 1.95, 2.50], False),  # it was better meanwhile
        ([1.0, 2.0, 2.00, 2.00, 2.00], True),  # only the last 30 steps count
    ],
)
def test_what_counts_is_the_gain_since_the_last_value_that_is_old_enough(
    values: list[float], is_over: bool
) -> None:
    steps = [10, 20, 30, 40, 50]
    assert has_plateaued(steps, values, 30, 0.1) == is_over
    assert has_plateaued(steps, [-one for one in values], 30, 0.1, decreases=False) == is_over


def test_it_is_too_early_before_there_is_a_value_that_is_old_enough() -> None:
    assert not has_plateaued([], [], 10, 0.1)
    assert not has_plateaued([10, 15], [1.0, 1.0], 10, 0.1)
    assert has_plateaued([10, 20], [1.0, 1.0], 10, 0.1)


def write_log(path: Path) -> Path:
    records = [{"kind": "train", "step": 5, "problem": "a", "accuracy": 0.0}]
    for step, a, b in ((10, 2.0, 4.0), (20, 1.0, 5.0), (30, 1.5, 4.4)):
        for name, value in (("a", a), ("b", b)):
            values = {"log_perplexity": value, "accuracy": 10 * value}
            records.append({"kind": "eval", "step": step, "problem": name, **values})
        records.append({"kind": "eval", "step": step, "log_perplexity": 0.0})
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_score_that_is_not_finite_stops_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    records = [
        {"kind": "eval", "step": step, "problem": name, "log_perplexity": value}
        for step, other in ((10, 6.0), (20, None), (30, 6.0), (40, 6.0))
        for name, value in (("a", 2.0), ("b", other))
    ]
    records += [{"kind": "eval", "step": 30, "problem": "c", "accuracy": 0.5}]  # has no such score
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert not EarlyStopping(20).is_due(log)  # 4 is not compared with 2, which is of "a" alone
    assert EarlyStopping(10).is_due(log)


@pytest.mark.parametrize(
    ("metric", "is_due"),
    [
        ("log_perplexity", True),  # 3, 3, 2.95
        ("a/log_perplexity", False),  # 2, 1, 1.5
        ("b/log_perplexity", True),  # 4, 5, 4.4
        ("b/accuracy", False),  # 40, 50, 44
        ("accuracy", True),  # 30, 30, 29.5
    ],
)
def test_the_log_holds_what_is_looked_at(tmp_path: Path, metric: str, is_due: bool) -> None:
    log = write_log(tmp_path / "log.jsonl")
    assert EarlyStopping(20, metric).is_due(log) == is_due
    assert not EarlyStopping(0, metric).is_due(log)
    assert not EarlyStopping(20, metric).is_due(tmp_path / "none.jsonl")


def test_what_will_not_be_measured_is_refused() -> None:
    with pytest.raises(UserError, match=r"'bleu'.*log_perplexity"):
        EarlyStopping(20, "bleu")
    with pytest.raises(UserError, match=r"'c' is not evaluated.*one of a, b"):
        EarlyStopping(20, "c/accuracy").check_problems(["a", "b"], 10)
    with pytest.raises(UserError, match=r"needs evaluations.*eval_every=0"):
        EarlyStopping(20).check_problems(["a", "b"], 0)
    EarlyStopping(0, "c/accuracy").check_problems(["a", "b"], 0)
