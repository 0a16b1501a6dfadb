"""Which split a scene and a sentence belong to: decided by what they contain, for all problems.

A scene belongs to the split that the hash of its canonical key gives. A sentence belongs to the
split that the hash of its content words gives (which kinds, colours, sizes and numbers it names, in
no order). Two sentences with the same words have the same content words, so a test sentence can be
a training sentence in no language, in no problem and under no seed: not by a search for duplicates
but by construction. It is also a harder test: no training sentence even names just the same things.
"""

from functools import lru_cache
from typing import Final

from t2t_mm.data.declaring.splits import choose_split
from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.scene import Scene

_HELD_OUT_PERCENT: Final = 5


def choose_scene_split(scene: Scene) -> str:
    """Choose the only split in which a scene may appear, whatever is made of it."""
    return choose_split(b"scene:" + scene.key, held_out_percent=_HELD_OUT_PERCENT)


def choose_sentence_split(sentence: plan.Sentence) -> str:
    """Choose the only split in which a sentence may appear, in every language."""
    return choose_content_split(tuple(plan.list_content_words(sentence)))


@lru_cache(maxsize=1 << 16)
def choose_content_split(content: tuple[str, ...]) -> str:
    """Choose the split of all sentences with these content words, given in sorted order.

    Args:
        content: English names of kinds, colours and sizes, and "2" to "5", as
            `plan.list_content_words` gives them.
    """
    key = "content:" + " ".join(content)
    return choose_split(key.encode(), held_out_percent=_HELD_OUT_PERCENT)
