"""The registered picture problems: features, sizes, parts."""

from typing import ClassVar

import numpy as np
import pytest

from t2t_mm.features import Categorical, Image, Language
from t2t_mm.problems.miniature.picture_problems import MiniaturePictures, MiniCaption, MiniImage
from t2t_mm.problems.miniature.scene import KINDS


class FewLabels(MiniImage):
    num_examples: ClassVar = {"train": 19, "validation": 8, "test": 8}


class FewCaptions(MiniCaption):
    num_examples: ClassVar = {"train": 19, "validation": 3, "test": 3}


def test_what_they_declare() -> None:
    image, caption = MiniImage(name="mini_image"), MiniCaption(name="mini_caption")
    assert image.features["inputs"] == caption.features["inputs"] == Image(64, 64, flip=False)
    assert image.features["targets"] == Categorical(vocabulary="mini_kinds")
    assert caption.features["targets"] == Language(alternatives=True)
    assert (image.command_name, caption.command_name) == ("mini_image", "en")
    assert (image.metrics, caption.metrics) == (("top_k",), ("caption",))
    assert tuple(image.class_names("targets")) == KINDS and len(set(KINDS)) == 28
    assert MiniImage.num_examples == {"train": 12_000, "validation": 500, "test": 500}
    assert MiniCaption.num_examples == {"train": 8_000, "validation": 300, "test": 500}


@pytest.mark.parametrize("problem", [FewLabels(), FewCaptions()])
def test_parts_make_up_the_split(problem: MiniaturePictures) -> None:
    for split, size in problem.num_examples.items():
        whole = list(problem.generate(split))
        parts = [
            row
            for part in range(problem.num_parts(split))
            for row in problem.generate_part(split, part)
        ]
        assert len(whole) == len(parts) == size
        for one, other in zip(whole, parts, strict=True):
            assert (one["inputs"] == other["inputs"]).all() and one["targets"] == other["targets"]


def test_examples_are_what_the_features_take() -> None:
    for row in FewLabels().generate("validation"):
        assert row["inputs"].shape == (64, 64, 3) and row["inputs"].dtype == np.uint8
        assert row["targets"] in KINDS
    for row in FewCaptions().generate("validation"):
        assert row["inputs"].shape == (64, 64, 3) and row["inputs"].dtype == np.uint8
        assert len(set(row["targets"])) == 5 and all(text[-1] == "." for text in row["targets"])
