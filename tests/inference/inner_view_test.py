"""Records are of real positions, named by what they are."""

import numpy as np
import pytest

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.features import Categorical, Image, Language
from t2t_mm.inference.inner_view import (
    NOTHING,
    Attention,
    ExpertChoices,
    ExpertUse,
    InnerView,
    make_inspections,
)
from t2t_mm.run.task import Task

BYTES = {"bytes": ByteVocabulary()}
TEXT = Task("a", Language("bytes"), Language("bytes"), "a", 0, (), ("x", "x"))
A, B, END = (*BYTES["bytes"].encode("ab"), 1)


def view_of(mask: list[list[int]], grid: list[int], num_targets: int) -> InnerView:
    """Two examples as the model gives them, padded: weights and experts tell their places."""
    rows, length = np.shape(mask)
    weights = np.arange(rows * 2 * num_targets * length).reshape(rows, 2, num_targets, length)
    blocks = ("decoder/block10", "decoder/block2", "mixer")
    uses = {
        name: ExpertUse(np.arange(rows * size)[:, None].reshape(rows, size, 1), *[1.0, 99])
        for name, size in (("decoder", num_targets), ("encoder", length))
    }
    uses = {name: use._replace(gates=np.ones(use.experts.shape)) for name, use in uses.items()}
    return InnerView(
        np.array(mask, bool), np.array([grid] * rows), dict.fromkeys(blocks, weights), uses
    )


def test_padding_is_left_out_and_pieces_are_named() -> None:
    view = view_of([[1, 1, 1], [1, 1, 0]], [0, 0], num_targets=2)
    batch = {
        "inputs": np.array([[A, B, END], [B, END, 0]]),
        "targets": np.array([[A, END], [END, 0]]),
    }
    first, second = make_inspections(TEXT, BYTES, batch, view)
    assert (first.attention.inputs, first.attention.targets) == (("a", "b", "</s>"), ("a", "</s>"))
    assert (second.attention.inputs, second.attention.targets) == (("b", "</s>"), ("</s>",))
    assert list(second.attention.weights) == ["mixer", "decoder/block2", "decoder/block10"]
    assert second.attention.weights["mixer"].tolist() == [[[12, 13]], [[18, 19]]]
    assert list(second.experts) == ["encoder", "decoder"]
    assert second.experts["encoder"].experts.tolist() == [[3], [4]]
    assert second.experts["decoder"].experts.tolist() == [[2]]
    assert second.experts["decoder"].positions == ("</s>",)


def test_rows_that_were_added_to_a_batch_have_no_record() -> None:
    view = view_of([[1], [0]], [0, 0], num_targets=1)
    batch = {"inputs": np.array([[END]]), "targets": np.array([[END]])}
    assert len(make_inspections(TEXT, BYTES, batch, view)) == 1


def test_pictures_are_named_by_row_and_column_and_a_class_is_no_position() -> None:
    task = Task("c", Image(), Categorical(num_classes=3), "", 0, (), ("image", "c"))
    view = view_of([[1, 1, 1, 1, 0]], [2, 2], num_targets=1)._replace(attention={})
    batch = {"inputs": np.zeros((1, 32, 32, 3)), "targets": np.array([2])}
    [found] = make_inspections(task, {}, batch, view)
    assert found.attention.grid == (2, 2) and found.attention.targets == ()
    assert found.attention.inputs == (
        "row 1, column 1",
        "row 1, column 2",
        "row 2, column 1",
        "row 2, column 2",
    )
    assert found.attention.mean().shape == (0, 4)


def test_records_say_what_they_are() -> None:
    attention = Attention({"mixer": np.ones((4, 1, 2), np.float32)}, ("a", "b"), ("c",))
    assert (
        repr(attention) == "<attention of 1 targets to 2 positions of the input: mixer (4 heads)>"
    )
    assert repr(NOTHING.attention).endswith("none>")
    choices = ExpertChoices(np.zeros((5, 2), np.int32), np.ones((5, 2), np.float32), ("a",) * 5, 8)
    assert repr(choices) == "<2 of 8 experts at each of 5 positions>"
    assert choices.shares().sum() == pytest.approx(1)
