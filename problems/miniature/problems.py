"""The text problems of the miniature: translation between English and German or French."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.features import Language
from t2t_mm.problems.miniature.world import Example, draw_distinct_examples, draw_example
from t2t_mm.registry import register_problem

_NUM_PARTS: Final = 8


class MiniatureTranslation(Problem):
    """Translates sentences of the miniature, the little world that needs no files.

    Validation and test share neither a scene nor a sentence with training, in any language and
    in any of the mini problems (see `splits`).

    Class attributes:
        languages: Of the inputs and of the targets: "en", "de" or "fr".
        seed: Another seed gives other examples of the same world.
        num_examples: Number of sentence pairs by split.
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    languages: ClassVar[tuple[str, str]]
    seed: ClassVar[int] = 0
    num_examples: ClassVar = {"train": 40_000, "validation": 500, "test": 500}
    licence = "none needed: made by this package"
    size = "41,000 sentence pairs, 10 MB"

    def num_parts(self, split: str) -> int:
        """Return 8 parts for training; validation and test are one, as they repeat nothing."""
        return _NUM_PARTS if split == "train" else 1

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": text, "targets": text}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        """Yield one part of a split: a run of consecutive examples."""
        inputs, targets = self.languages
        stream, size, parts = f"text_{targets}", self.num_examples[split], self.num_parts(split)
        examples: Iterator[Example]
        if split == "train":
            numbers = range(size * part // parts, size * (part + 1) // parts)
            examples = (draw_example(split, i, stream=stream, seed=self.seed) for i in numbers)
        else:
            examples = islice(draw_distinct_examples(split, stream=stream, seed=self.seed), size)
        for one in examples:
            yield {"inputs": one.write_in(inputs), "targets": one.write_in(targets)}


@register_problem("mini_ende")
class MiniEnde(MiniatureTranslation):
    """English to German, in the miniature."""

    languages = ("en", "de")
    command = "de"
    reverse_command = "en"


@register_problem("mini_deen")
class MiniDeen(MiniEnde):
    """German to English, in the miniature."""

    reverse_of = "mini_ende"
    command = "en"


@register_problem("mini_enfr")
class MiniEnfr(MiniatureTranslation):
    """English to French, in the miniature."""

    languages = ("en", "fr")
    command = "fr"
    reverse_command = "en"


@register_problem("mini_fren")
class MiniFren(MiniEnfr):
    """French to English, in the miniature."""

    reverse_of = "mini_enfr"
    command = "en"
