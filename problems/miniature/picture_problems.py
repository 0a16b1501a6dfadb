"""The picture problems of the miniature: what is in the middle, and what there is to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.features import BatchSpec, Categorical, Image, Language
from t2t_mm.problems.miniature.scene import KINDS
from t2t_mm.registry import register_problem

_NUM_PARTS: Final = 8
_SIDE: Final = 64  # pixels


class MiniaturePictures(Problem):
    """Pictures of scenes of the miniature, the little world that needs no files.

    Validation and test share neither a scene nor a sentence with training, nor with any other mini
    problem's training (see `splits`). Where a thing is matters, so pictures are not mirrored.

    Class attributes:
        seed: Another seed gives other pictures of the same world.
        num_examples: Number of pictures by split.
    """

    seed: ClassVar[int] = 0
    num_examples: ClassVar[dict[str, int]]
    batch = BatchSpec(examples=64)
    licence = "none needed: made by this package"

    def num_parts(self, split: str) -> int:
        """Return 8, for every split."""
        return _NUM_PARTS

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": uint8[64, 64, 3], "targets": what the subclass says}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield one part of a split: a run of consecutive examples."""
        size, parts = self.num_examples[split], self.num_parts(split)
        for number in range(size * part // parts, size * (part + 1) // parts):
            yield self.make_example(split, number)

    def make_example(self, split: str, number: int) -> dict[str, Any]:
        """Make the example of a number."""
        raise NotImplementedError


@register_problem("mini_image")
class MiniImage(MiniaturePictures):
    """Picture to the kind of its main thing, the largest and nearest the middle; 28 kinds."""

    modalities: ClassVar = {
        "inputs": Image(_SIDE, _SIDE, flip=False),
        "targets": Categorical(vocabulary="mini_kinds"),
    }
    num_examples: ClassVar = {"train": 12_000, "validation": 500, "test": 500}
    metrics = ("top_k",)
    size = "13,000 pictures of 64 by 64 pixels, 110 MB"

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the 28 kinds."""
        return KINDS

    def make_example(self, split: str, number: int) -> dict[str, Any]:
        """Make {"inputs": uint8[64, 64, 3], "targets": "star"}."""
        from t2t_mm.problems.miniature.pictures import draw_labelled_picture

        one = draw_labelled_picture(split, number, seed=self.seed)
        return {"inputs": one.picture, "targets": one.label}


@register_problem("mini_caption")
class MiniCaption(MiniaturePictures):
    """Picture of a scene to English; each has five true captions."""

    modalities: ClassVar = {
        "inputs": Image(_SIDE, _SIDE, flip=False),
        "targets": Language(alternatives=True),
    }
    num_examples: ClassVar = {"train": 8_000, "validation": 300, "test": 500}
    command = "en"
    metrics = ("caption",)
    size = "8,800 pictures of 64 by 64 pixels with 44,000 captions, 75 MB"

    def make_example(self, split: str, number: int) -> dict[str, Any]:
        """Make {"inputs": uint8[64, 64, 3], "targets": five sentences}."""
        from t2t_mm.problems.miniature.pictures import draw_captioned_picture

        one = draw_captioned_picture(split, number, seed=self.seed)
        return {"inputs": one.picture, "targets": one.captions}
