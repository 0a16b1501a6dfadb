"""How the English words of the miniature are said: phonemes with their stress.

A vowel carries a digit: 1 where the word is stressed, 0 where it is not. Words without a 1 are said
in passing ("the", "of").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from t2t_mm.errors import UserError

_BEFORE_A_VOWEL: Final = {"the": "DH IY0"}
PRONUNCIATIONS: Final[dict[str, str]] = {
    # Articles, pronouns, verbs without much meaning, conjunctions.
    "a": "AX0",
    "all": "AO1 L",
    "an": "AX0 N",
    "and": "AE0 N D",
    "are": "AA0 R",
    "but": "B AH0 T",
    "do": "D UW1",
    "does": "D AH1 Z",
    "is": "IH0 Z",
    "it": "IH0 T",
    "no": "N OW1",
    "none": "N AH1 N",
    "not": "N AA1 T",
    "than": "DH AE0 N",
    "that": "DH AE1 T",
    "the": "DH AX0",
    "there": "DH EH0 R",
    "they": "DH EY1",
    "while": "W AY1 L",
    # Numbers.
    "one": "W AH1 N",
    "two": "T UW1",
    "three": "TH R IY1",
    "four": "F AO1 R",
    "five": "F AY1 V",
    # Places.
    "above": "AX0 B AH1 V",
    "at": "AE0 T",
    "below": "B IH0 L OW1",
    "between": "B IH0 T W IY1 N",
    "bottom": "B AA1 T AX0 M",
    "in": "IH0 N",
    "inside": "IH0 N S AY1 D",
    "left": "L EH1 F T",
    "middle": "M IH1 D AX0 L",
    "next": "N EH1 K S T",
    "of": "AX0 V",
    "on": "AA0 N",
    "right": "R AY1 T",
    "to": "T UW0",
    "top": "T AA1 P",
    # What things do.
    "cover": "K AH1 V ER0",
    "covers": "K AH1 V ER0 Z",
    "linked": "L IH1 NG K T",
    "point": "P OY1 N T",
    "points": "P OY1 N T S",
    "touch": "T AH1 CH",
    "touches": "T AH1 CH AX0 Z",
    # What they are like.
    "big": "B IH1 G",
    "bigger": "B IH1 G ER0",
    "black": "B L AE1 K",
    "blue": "B L UW1",
    "brown": "B R AW1 N",
    "green": "G R IY1 N",
    "huge": "HH Y UW1 JH",
    "purple": "P ER1 P AX0 L",
    "red": "R EH1 D",
    "small": "S M AO1 L",
    "smaller": "S M AO1 L ER0",
    "white": "W AY1 T",
    "yellow": "Y EH1 L OW0",
    # The things: one of them; `_pronounce_plural` says how several are called.
    "anchor": "AE1 NG K ER0",
    "apple": "AE1 P AX0 L",
    "arrow": "AE1 R OW0",
    "bell": "B EH1 L",
    "boat": "B OW1 T",
    "box": "B AA1 K S",
    "circle": "S ER1 K AX0 L",
    "cloud": "K L AW1 D",
    "cross": "K R AO1 S",
    "cup": "K AH1 P",
    "diamond": "D AY1 M AX0 N D",
    "egg": "EH1 G",
    "flag": "F L AE1 G",
    "flower": "F L AW1 ER0",
    "hat": "HH AE1 T",
    "heart": "HH AA1 R T",
    "house": "HH AW1 S",
    "key": "K IY1",
    "ladder": "L AE1 D ER0",
    "leaf": "L IY1 F",
    "moon": "M UW1 N",
    "oval": "OW1 V AX0 L",
    "ring": "R IH1 NG",
    "square": "S K W EH1 R",
    "star": "S T AA1 R",
    "tree": "T R IY1",
    "triangle": "T R AY1 AE0 NG G AX0 L",
    "umbrella": "AX0 M B R EH1 L AX0",
    # Several of those whose stem changes, or whose singular ends in a hiss.
    "boxes": "B AA1 K S AX0 Z",
    "crosses": "K R AO1 S AX0 Z",
    "houses": "HH AW1 Z AX0 Z",
    "leaves": "L IY1 V Z",
}
_PLURALS: Final = (
    *("anchor", "apple", "arrow", "bell", "boat", "circle", "cloud", "cup", "diamond", "egg"),
    *("flag", "flower", "hat", "heart", "key", "ladder", "moon", "oval", "ring", "square"),
    *("star", "tree", "triangle", "umbrella"),
)
_VOICELESS: Final = frozenset(("P", "T", "K", "F", "TH"))


def _pronounce_plural(singular: str) -> str:
    """Add the ending of the plural to a pronunciation: voiced after voiced sounds."""
    return singular + (" S" if singular.rpartition(" ")[2] in _VOICELESS else " Z")


PRONUNCIATIONS.update({noun + "s": _pronounce_plural(PRONUNCIATIONS[noun]) for noun in _PLURALS})


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it is said.

    Args:
        phonemes: Symbols of `phonemes.PHONEMES`, affricates included.
        stresses: For each whether it is a vowel that carries the word's stress.
        pause_after: Whether the speaker must pause behind the word.
    """

    phonemes: tuple[str, ...]
    stresses: tuple[bool, ...]
    pause_after: bool = False


def list_spoken_words(text: str) -> list[str]:
    """List the words of a text in lower case, without punctuation.

    Example:
        >>> list_spoken_words("On the left, there is a star.")
        ['on', 'the', 'left', 'there', 'is', 'a', 'star']
    """
    return text.lower().replace(",", " ").replace(".", " ").split()


def pronounce(text: str) -> list[SpokenWord]:
    """Pronounce a sentence of the miniature, word by word; a comma is a pause.

    Raises:
        UserError: If the text has a word that is not in the dictionary.

    Example:
        >>> [word.phonemes for word in pronounce("The egg")]
        [('DH', 'IY'), ('EH', 'G')]
    """
    words = text.lower().replace(".", " ").split()
    bare = [word.rstrip(",") for word in words]
    unknown = sorted(set(bare) - set(PRONUNCIATIONS))
    if unknown:
        raise UserError(
            "The synthesiser was given words that it cannot pronounce",
            expected=f"words of the miniature ({len(PRONUNCIATIONS)} in PRONUNCIATIONS)",
            received={"words": unknown},
        )
    return [
        _pronounce_word(word, bare[index + 1 :], pause_after=words[index] != word)
        for index, word in enumerate(bare)
    ]


def _pronounce_word(word: str, following: Sequence[str], pause_after: bool) -> SpokenWord:
    symbols = PRONUNCIATIONS[word]
    if following and word in _BEFORE_A_VOWEL and _begins_with_a_vowel(following[0]):
        symbols = _BEFORE_A_VOWEL[word]
    parts = symbols.split()
    return SpokenWord(
        tuple(part.rstrip("01") for part in parts),
        tuple(part.endswith("1") for part in parts),
        pause_after,
    )


def _begins_with_a_vowel(word: str) -> bool:
    """Return whether its first sound is a vowel: only vowels carry a digit."""
    return PRONUNCIATIONS[word].split()[0][-1].isdigit()
