"""Which split a scene and a sentence belong to: decided by what they contain, for all problems.

A scene belongs to the split that the hash of its canonical key gives. A sentence belongs to the
split that the hash of its content words gives (which kinds, colours, sizes and numbers it names, in
no order). Two sentences with the same words have the same content words, so a test sentence can be
a training sentence in no language, in no problem and under no seed: not by a search for duplicates
but by construction. It is also a harder test: no training sentence even names just the same things.
"""

from functools import lru_cache
from typing import Final

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.dice import stable_hash
from t2t_mm.problems.miniature.scene import Scene

SPLITS: Final = ("train", "validation", "test")
_VALIDATION_SHARE: Final = 5  # per cent; the test split has as much
_TEST_SHARE: Final = 5


def _split_of_key(key: bytes) -> str:
    bucket = stable_hash(key) % 100
    if bucket < _VALIDATION_SHARE:
        return "validation"
    return "test" if bucket < _VALIDATION_SHARE + _TEST_SHARE else "train"


def split_of_scene(scene: Scene) -> str:
    """Return the only split in which a scene may appear, whatever is made of it."""
    return _split_of_key(b"scene:" + scene.key)


def split_of_sentence(sentence: plan.Sentence) -> str:
    """Return the only split in which a sentence may appear, in every language."""
    return split_of_content(tuple(plan.content(sentence)))


@lru_cache(maxsize=1 << 16)
def split_of_content(content: tuple[str, ...]) -> str:
    """Return the split of all sentences with these content words, given in sorted order.

    Args:
        content: English names of kinds, colours and sizes, and "2" to "5", as `plan.content` gives.
    """
    return _split_of_key(("content:" + " ".join(content)).encode())
