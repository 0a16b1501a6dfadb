"""Which score a row shows, and which way is better."""

import pytest
from small_study import ROW, TABLE

from t2t_mm.errors import UserError
from t2t_mm.study.definition import Row, Table
from t2t_mm.study.scored_metric import choose_metric


def test_the_row_s_metric_beats_the_table_s() -> None:
    assert choose_metric(TABLE, ROW).label == "accuracy"
    row = Row(problem="mini_speech", cells={}, metric="wer")
    metric = choose_metric(TABLE, row)
    assert (metric.label, metric.lower_is_better, metric.metric) == ("WER", True, "wer")
    assert choose_metric(Table(title="", rows=(), metric="main"), row) == metric


def test_a_gain_is_positive_where_it_is_better() -> None:
    row = Row(problem="mini_ende", cells={}, metric="log_perplexity")
    assert choose_metric(TABLE, ROW).gain(71.0, 70.0) == 1.0
    assert choose_metric(TABLE, row).gain(0.5, 1.5) == 1.0


def test_a_score_that_is_missing_or_not_finite_is_none() -> None:
    metric = choose_metric(TABLE, ROW)
    assert metric.read({"teacher_forced": {"accuracy": 50}}) == 50.0
    assert metric.read({"teacher_forced": {"accuracy": float("nan")}}) is None
    assert metric.read({"accuracy": 50.0}) is None
    decoded = choose_metric(TABLE, Row(problem="mini_ende", cells={}, metric="bleu"))
    assert decoded.read({"bleu": 31.0}) == 31.0


def test_a_metric_that_the_problem_lacks_is_refused() -> None:
    with pytest.raises(UserError, match=r"'wer', which mini_ende is not scored by.*bleu.*main"):
        choose_metric(TABLE, Row(problem="mini_ende", cells={}, metric="wer"))
