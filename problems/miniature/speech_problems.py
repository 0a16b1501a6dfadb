"""The speech problem of the miniature: spoken English to its words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.features import Audio, Language
from t2t_mm.problems.miniature.pronunciation import list_spoken_words
from t2t_mm.problems.miniature.world import draw_distinct_examples, draw_example
from t2t_mm.registry import register_problem

_NUM_PARTS: Final = 8
_STREAM: Final = "speech"
_MAX_WORDS: Final = 8


@register_problem("mini_speech")
class MiniSpeech(Problem):
    """Writes down what is said, in the miniature: eight synthetic speakers, 115 words.

    The target has what is spoken and no more: words in lower case, no comma, no full stop.
    Validation and test share neither a scene nor a sentence with training, in any of the mini
    problems (see `splits`); the speakers are the same.

    Class attributes:
        seed: Another seed gives other sentences, said otherwise.
        num_examples: Number of utterances by split.
    """

    modalities: ClassVar = {"inputs": Audio(), "targets": Language()}
    seed: ClassVar[int] = 0
    num_examples: ClassVar = {"train": 4_000, "validation": 200, "test": 300}
    command = "en"
    metrics = ("wer",)
    licence = "none needed: made by this package"
    size = "4,500 utterances, 2.7 hours, 310 MB"

    def num_parts(self, split: str) -> int:
        """Return 8 parts for training; validation and test are one, as they repeat nothing."""
        return _NUM_PARTS if split == "train" else 1

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": what makes int16[samples] at 16 kHz, "targets": words}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield one part of a split: a run of consecutive examples."""
        # Listing and describing problems has no use for a synthesiser.
        from t2t_mm.problems.miniature.speech import say

        for number, text in self.draw_sentences(split, part):
            sound = partial(say, text, f"{self.seed}/{split}/{number}")
            yield {"inputs": sound, "targets": " ".join(list_spoken_words(text))}

    def draw_sentences(self, split: str, part: int = 0) -> Iterator[tuple[int, str]]:
        """Yield the number and the sentence of each example of a part, as one would write it."""
        size, parts = self.num_examples[split], self.num_parts(split)
        if split == "train":
            for number in range(size * part // parts, size * (part + 1) // parts):
                one = draw_example(
                    split, number, stream=_STREAM, seed=self.seed, max_words=_MAX_WORDS
                )
                yield number, one.english
        else:
            examples = draw_distinct_examples(
                split, stream=_STREAM, seed=self.seed, max_words=_MAX_WORDS
            )
            for number, one in enumerate(islice(examples, size)):
                yield number, one.english
