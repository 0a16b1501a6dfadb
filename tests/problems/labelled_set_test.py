"""What is held out of labelled files and texts."""

from collections import Counter

from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import LabelledRow


def test_the_last_of_a_class_stays_and_equal_texts_stay_together() -> None:
    texts = ["a", "a", "a", "b", "c", "c", "d", "e"]
    rows = [LabelledRow(text, "rare" if text == "b" else "usual") for text in texts]
    found = LabelledSet({"train": rows})
    found.hold_out({"validation": 0.25, "test": 0.3}, "here", "texts")
    held_out = {split: [row.value for row in some] for split, some in found.splits.items()}
    assert held_out == {"train": ["b", "d", "e"], "validation": ["a", "a", "a"], "test": ["c", "c"]}
    assert found.held_out == ["validation", "test"]


def test_a_split_that_is_there_is_not_held_out() -> None:
    rows = [LabelledRow(f"{n}", "x") for n in range(20)]
    found = LabelledSet({"train": rows[2:], "test": rows[:2]})
    found.hold_out({"validation": 0.0, "test": 0.0}, "here", "texts")
    sizes = Counter({split: len(some) for split, some in found.splits.items()})
    assert sizes == {"train": 17, "validation": 1, "test": 2} and found.held_out == ["validation"]
