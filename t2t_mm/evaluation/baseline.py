"""The trivial baseline: the most frequent target of the training split, whatever the input."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.record_reading import TEXT_SUFFIX, read_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.features import NUM_RANKED
from t2t_mm.scoring.decoded import Decoded


def find_frequent_targets(problem: Problem, data_dir: str | Path) -> list[str]:
    """Return the most frequent targets of the training split, of which nothing else is parsed.

    Args:
        problem: Whose data has been generated.
        data_dir: Where it is.

    Returns:
        As `choose_most_frequent`.
    """
    info = open_data(problem, data_dir)
    kind = choose_kind(problem.features["targets"])
    examples = read_examples(info, "train", problem, with_text=True, only=["targets"])
    texts = (example["targets" + TEXT_SUFFIX].numpy() for example in examples)
    return choose_most_frequent(kind.list_texts(text.decode("utf-8")) for text in texts)


def choose_most_frequent(targets: Iterable[Sequence[str]]) -> list[str]:
    """Return at most five targets, the most frequent first, of equally frequent ones the earlier.

    Args:
        targets: The true targets of each example; several of one example count each for itself.

    Example:
        >>> choose_most_frequent([["a"], ["b", "c"], ["c"]])
        ['c', 'a', 'b']
    """
    counts = Counter(text for texts in targets for text in texts)
    return [target for target, _ in counts.most_common(NUM_RANKED)]


def replace_outputs(decoded: Decoded, targets: list[str]) -> Decoded:
    """Return `decoded` with every output replaced by the most frequent target.

    Args:
        decoded: A model's outputs and what they are compared with.
        targets: From `find_frequent_targets`.

    Example:
        >>> replace_outputs(Decoded(["a", "b"], [["c"], ["d"]]), ["d", "c"]).hypotheses
        ['d', 'd']
    """
    count = len(decoded.hypotheses)
    return dataclasses.replace(
        decoded,
        hypotheses=[targets[0]] * count,
        rankings=[targets] * count if decoded.rankings else [],
    )
