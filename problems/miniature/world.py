"""The endless source of examples: a seed, a split and a number give a scene and a sentence.

One thing can be named in some 6,000 ways (28 kinds, 3 sizes or none, 8 colours or none, one to five
with or without the number), so "the star touches the house" alone stands for 36 million sentences.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from t2t_mm.problems.miniature import english, french, german, plan
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.narration import draw_sentence
from t2t_mm.problems.miniature.scene import Scene
from t2t_mm.problems.miniature.scene_sampler import draw_scene
from t2t_mm.problems.miniature.splits import choose_scene_split, choose_sentence_split

MIN_WORDS: Final = 4
MAX_WORDS: Final = 16
_SENTENCE_TRIES: Final = 60  # per scene; then another scene
LANGUAGES: Final = {
    "en": english.write_sentence,
    "de": german.write_sentence,
    "fr": french.write_sentence,
}


@dataclass(frozen=True)
class Example:
    """A scene and one true sentence about it, both of the same split."""

    scene: Scene
    sentence: plan.Sentence
    english: str

    def write_in(self, language: str) -> str:
        """Write the sentence in "en", "de" or "fr"."""
        return self.english if language == "en" else LANGUAGES[language](self.sentence)


def draw_example(
    split: str, number: int, *, stream: str = "", seed: int = 0, max_words: int = MAX_WORDS
) -> Example:
    """Draw one example: the same on every machine, and independent of all others.

    Args:
        split: "train", "validation" or "test".
        number: Which example of the endless sequence, from 0.
        stream: Separate sequences for separate problems.
        seed: Another seed is another sequence of the same world; the splits stay apart even so.
        max_words: How long the English sentence may be.

    Example:
        >>> one = draw_example("train", 0)
        >>> one.write_in("en"), one.write_in("de")
        ('The hat and the huge circle are not green.',
         'Der Hut und der riesige Kreis sind nicht grün.')
    """
    dice = Dice(f"miniature/{seed}/{stream}/{split}/{number}")
    while True:
        scene = draw_scene(dice)
        if choose_scene_split(scene) != split:
            continue
        for _ in range(_SENTENCE_TRIES):
            sentence = draw_sentence(scene, dice)
            if choose_sentence_split(sentence) != split:
                continue
            words = english.write_sentence(sentence)
            if MIN_WORDS <= words.count(" ") + 1 <= max_words:
                return Example(scene, sentence, words)


def draw_distinct_examples(
    split: str, *, stream: str = "", seed: int = 0, max_words: int = MAX_WORDS
) -> Iterator[Example]:
    """Yield examples whose sentence is new in every language: for validation and test."""
    seen: set[str] = set()
    number = 0
    while True:
        candidate = draw_example(split, number, stream=stream, seed=seed, max_words=max_words)
        texts = {f"{language}:{candidate.write_in(language)}" for language in LANGUAGES}
        number += 1
        if texts.isdisjoint(seen):
            seen |= texts
            yield candidate
