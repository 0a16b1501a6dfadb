"""What the scores of decoded outputs have in common."""

import pytest
from sacrebleu import sentence_bleu

from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import (
    METRICS,
    check_metrics,
    find_intervals,
    find_main_interval,
    find_main_score,
    list_other_scores,
    score_decoded,
    score_example,
)

# One decoded output, right and wrong, for each metric that works on any text.
RIGHT = Decoded(["a b c d e"], [["a b c d e"]], rankings=[["a b c d e", "x"]])
WRONG = Decoded(["v w x y z"], [["a b c d e"]], rankings=[["v w x y z", "x"]])


@pytest.mark.parametrize("name", ["bleu", "chrf", "top_k", "wer", "caption"])
def test_the_headline_of_every_metric_is_among_its_scores_and_ranks_right_over_wrong(
    name: str,
) -> None:
    others = Decoded(["k l m n o"], [["k l m n o"]], rankings=[["k l m n o", "x"]])
    metric = METRICS[name]
    good, bad = (
        metric.score(
            Decoded(
                [*one.hypotheses, *others.hypotheses],
                [*one.references, *others.references],
                rankings=[*one.rankings, *others.rankings],
            )
        )[metric.key]
        for one in (RIGHT, WRONG)
    )
    assert good == pytest.approx(0.0 if metric.lower_is_better else 100.0)
    assert (good < bad) is metric.lower_is_better and good != bad


def test_brackets_are_scored_by_the_same_call() -> None:
    tree, other = "S NP PRP /NP VP VBZ /VP /S", "S PRP VP VBZ /VP /S"
    assert METRICS["brackets"].score(Decoded([tree], [[tree]]))["f1"] == 100.0
    scores = METRICS["brackets"].score(Decoded([other], [[tree]]))
    assert scores["f1"] == pytest.approx(80.0)  # 2 of 2 brackets right, 2 of 3 found


def test_the_main_score_is_that_of_the_first_metric_and_the_others_follow() -> None:
    result = {"teacher_forced": {"accuracy": 1.0}, "bleu_4": 50.0, "cider": 90.0, "samples": []}
    both = {**result, "bleu_4_signature": "nrefs:5", "bleu": 40.0}
    assert find_main_score(result) == METRICS["caption"] == find_main_score(both)
    assert list_other_scores(both) == {"CIDEr": 90.0, "BLEU": 40.0}
    assert find_main_score({"teacher_forced": {}}) is None and list_other_scores({"cer": 3.0}) == {}


def test_shuffled_inputs_are_scored_against_the_references_of_others() -> None:
    texts = ["a b c d e", "f g h i j", "k l m n o"]
    references = [[text] for text in texts]
    scores = score_decoded(["bleu"], Decoded(texts, references), shuffled_inputs=True)
    assert scores["bleu"] == pytest.approx(100.0)
    assert scores["shuffled_inputs"]["bleu"] < 5
    one_ahead = [texts[-1], *texts[:-1]]
    shifted = score_decoded(["bleu"], Decoded(one_ahead, references), shuffled_inputs=True)
    assert shifted["shuffled_inputs"]["bleu"] == pytest.approx(100.0)


def test_one_example_alone_has_no_other_input() -> None:
    assert "shuffled_inputs" not in score_decoded(["bleu"], RIGHT, shuffled_inputs=True)


def test_scores_of_all_named_metrics_are_together() -> None:
    assert score_decoded(["wer", "top_k"], RIGHT).keys() == {"wer", "cer", "top_1"}
    assert score_decoded([], RIGHT) == {}


def test_an_unknown_metric_names_the_problem_and_the_closest() -> None:
    check_metrics("my_parses", METRICS)
    with pytest.raises(UserError, match=r"my_parses names the unknown metric 'blue'.*'bleu'"):
        check_metrics("my_parses", ["wer", "blue"])
    with pytest.raises(UserError, match=r"are a text.*Expected: a tuple, as \('wer',\)"):
        check_metrics("my_parses", "wer")


def test_a_short_sentence_alone_is_scored_as_sacrebleu_scores_sentences() -> None:
    texts, references = "the cat sat", ["the cat sat down", "a cat is sitting"]
    expected = sentence_bleu(texts, references).score
    assert 50 < expected < 100  # and not near 0 for want of four words
    alone = score_example(["bleu"], Decoded([texts], [references]))
    assert alone == {"bleu": pytest.approx(expected, abs=1e-3)}
    assert score_example(["bleu"], Decoded([""], [["a"]])) == {"bleu": 0.0}


@pytest.mark.parametrize("name", METRICS)
def test_one_example_is_perfect_or_not_by_every_metric(name: str) -> None:
    tree, other = "S NP PRP /NP VP VBZ /VP /S", "S PRP VP VBZ /VP /S"
    right = Decoded([tree], [[tree]], rankings=[[tree]])
    wrong = Decoded([other], [[tree]], rankings=[[other]])
    metric = METRICS[name]
    ((key, best),), ((_, worse),) = (score_example([name], one).items() for one in (right, wrong))
    assert key == metric.key
    assert best == pytest.approx(0.0 if metric.lower_is_better else 100.0)
    assert (worse > best) is metric.lower_is_better and worse != best


def test_an_example_has_the_score_of_every_metric_the_first_ones_first() -> None:
    one = Decoded(["a b c"], [["a b d"]])
    assert list(score_example(["wer", "caption"], one)) == ["wer", "bleu_4"]
    assert score_example(["wer"], one)["wer"] == METRICS["wer"].score(one)["wer"]
    assert 0 < score_example(["caption"], one)["bleu_4"] < 100  # smoothed
    assert score_example([], one) == {}


TREES = ["S NP PRP /NP VP VBZ /VP /S", "S PRP VP VBZ /VP /S", "S NP PRP VBZ /NP /S", "S ("]
TEXTS = ["the red boat is on a lake", "a dog sleeps here", "two of three cats", "", "the red tree"]
TRUE = [
    ["the red boat is on the lake", "a red boat is on a lake"],
    ["a dog sleeps over there"],
    ["two cats", "three cats of two"],
    ["a man"],
    ["the red tree"],
]


def several_outputs(name: str) -> Decoded:
    """Outputs for a metric, some right, some in part, some wrong, one empty or malformed."""
    if name == "brackets":
        return Decoded(TREES, [[TREES[0]], [TREES[0]], [TREES[2]], [TREES[2]]])
    rankings = [[text, "the red tree"] for text in TEXTS]
    return Decoded(TEXTS, TRUE, rankings=rankings, num_classes=6)


@pytest.mark.parametrize("name", METRICS)
def test_sums_over_examples_give_the_scores_of_all(name: str) -> None:
    decoded, metric = several_outputs(name), METRICS[name]
    statistics = metric.count(decoded)
    assert len(statistics.rows) == len(decoded.hypotheses)
    scores = {key: one for key, one in metric.score(decoded).items() if "signature" not in key}
    assert statistics.score_all() == pytest.approx(scores, abs=2e-4)
    assert 0 < scores[metric.key] < 100


@pytest.mark.parametrize("name", METRICS)
def test_sums_over_drawn_examples_give_the_score_of_these(name: str) -> None:
    decoded, metric = several_outputs(name), METRICS[name]
    first, *_, last = decoded.split()
    often = len(TREES if name == "brackets" else TEXTS) - 1
    statistics = metric.count(decoded)
    sums = statistics.rows[[-1, *[0] * often]].sum(axis=0).tolist()
    expected = metric.score(Decoded.join([last, *[first] * often]))[metric.key]
    assert statistics.compute_scores(sums)[metric.key] == pytest.approx(expected, abs=1e-3)


def test_intervals_are_those_of_every_score_around_it() -> None:
    decoded = several_outputs("bleu")
    intervals = find_intervals(["bleu", "wer", "top_k"], decoded)
    scores = score_decoded(["bleu", "wer", "top_k"], decoded)
    assert intervals.keys() == {"bleu", "wer", "cer", "top_1", "top_5"}
    for key, (low, high) in intervals.items():
        assert low < scores[key] < high, key
    assert find_intervals(["bleu"], RIGHT) == {} == find_intervals([], decoded)


def test_the_interval_of_a_problem_is_that_of_its_main_score() -> None:
    assert find_main_interval({"bleu": 3.0, "intervals": {"wer": [1.0, 2.0]}}) is None
    assert find_main_interval({"bleu": 3.0}) is None is find_main_interval({"teacher_forced": {}})
