"""The most frequent target of the training split, whatever the input."""

from tiny_run import TinyRun

from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.evaluation.baseline import choose_most_frequent, find_frequent_targets, replace_outputs
from t2t_mm.registry import problem
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import METRICS


def test_the_majority_class_is_every_output_and_all_are_ranked() -> None:
    truth = [["cat"], ["dog"], ["cat"], ["owl"]]
    decoded = Decoded(["owl"] * 4, truth, rankings=[["owl", "cat"]] * 4, num_classes=6)
    trivial = replace_outputs(decoded, ["cat", "dog"])
    assert trivial.hypotheses == ["cat"] * 4
    assert METRICS["top_k"].score(trivial) == {"top_1": 50.0, "top_5": 75.0}


def test_texts_have_no_ranking() -> None:
    assert replace_outputs(Decoded(["a"], [["b"]]), ["c", "d"]).rankings == []


def test_the_most_frequent_come_first_and_of_equals_the_earlier() -> None:
    targets = [["b"], ["a"], ["c"], ["a"], ["c"], ["d"], ["e"], ["f"]]
    assert choose_most_frequent(targets) == ["a", "c", "b", "d", "e"]


def test_alternatives_of_one_example_count_each_for_itself() -> None:
    assert choose_most_frequent([["a", "b"], ["b", "c"]]) == ["b", "a", "c"]


def test_frequent_targets_are_those_of_the_training_split(tiny_run: TinyRun) -> None:
    task = problem("algorithmic_copy", data_dir=tiny_run.data_dir)
    examples = read_examples(open_data(task, tiny_run.data_dir), "train", task, with_text=True)
    texts = [[example["targets_text"].numpy().decode()] for example in examples]
    assert find_frequent_targets(task, tiny_run.data_dir) == choose_most_frequent(texts)
