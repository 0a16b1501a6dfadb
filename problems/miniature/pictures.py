"""The endless source of pictures: a seed, a split and a number give a picture and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature import english, plan
from t2t_mm.problems.miniature.captions import choose_captions, draw_special, is_short
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.painting import paint_picture
from t2t_mm.problems.miniature.picture_layout import lay_out, lay_out_around
from t2t_mm.problems.miniature.picture_scenes import (
    Cast,
    arrange_cast,
    draw_cast,
    draw_form,
    draw_main_thing,
)
from t2t_mm.problems.miniature.scene import Scene
from t2t_mm.problems.miniature.splits import (
    choose_content_split,
    choose_scene_split,
    choose_sentence_split,
)

_ARRANGEMENTS: Final = 60  # tried for one cast; then another cast


@dataclass(frozen=True)
class LabelledPicture:
    """A picture of one main thing among smaller ones.

    Args:
        picture: uint8[64, 64, 3].
        scene: What it shows; the main thing comes first.
    """

    picture: NDArray[np.uint8]
    scene: Scene

    @property
    def label(self) -> str:
        """The kind of the main thing."""
        return self.scene.things[0].kind


@dataclass(frozen=True)
class CaptionedPicture:
    """A picture and five true captions.

    Args:
        picture: uint8[64, 64, 3].
        scene: What it shows.
        sentences: The captions as plans.
    """

    picture: NDArray[np.uint8]
    scene: Scene
    sentences: tuple[plan.Sentence, ...]

    @property
    def captions(self) -> list[str]:
        """The captions in English."""
        return [english.write_sentence(sentence) for sentence in self.sentences]


def draw_labelled_picture(split: str, number: int, *, seed: int = 0) -> LabelledPicture:
    """Draw one picture for `mini_image`: the same on every machine, independent of others.

    Args:
        split: "train", "validation" or "test".
        number: Which picture of the endless sequence, from 0.
        seed: Another seed is another sequence of the same world; the splits stay apart even so.

    Example:
        >>> draw_labelled_picture("train", 0).picture.shape
        (64, 64, 3)
    """
    dice = Dice(f"miniature/{seed}/image/{split}/{number}")
    scene = draw_main_thing(dice)
    while choose_scene_split(scene) != split:
        scene = draw_main_thing(dice)
    return LabelledPicture(paint_picture(lay_out_around(scene, dice), dice), scene)


def draw_captioned_picture(split: str, number: int, *, seed: int = 0) -> CaptionedPicture:
    """Draw one picture for `mini_caption`; its scene and all captions are of the split.

    Args:
        split: "train", "validation" or "test".
        number: Which picture of the endless sequence, from 0.
        seed: Another seed is another sequence of the same world; the splits stay apart even so.
    """
    dice = Dice(f"miniature/{seed}/caption/{split}/{number}")
    # Drawn once, not once a try: what is refused must not change how frequent the forms are.
    form, has_bystander = draw_form(dice)
    while True:
        cast = draw_cast(form, dice)
        if choose_content_split(cast.content) != split:
            continue
        special = draw_special(cast, dice)
        if special and not (is_short(special) and choose_sentence_split(special) == split):
            continue
        found = _try_arrangements(cast, has_bystander, special, split, dice)
        if found is not None:
            return found


def _try_arrangements(
    cast: Cast, has_bystander: bool, special: plan.Sentence | None, split: str, dice: Dice
) -> CaptionedPicture | None:
    """Arrange a cast until its scene is of the split, fits and has captions; None if never."""
    for _ in range(_ARRANGEMENTS):
        scene = arrange_cast(cast, has_bystander, dice)
        if choose_scene_split(scene) != split:
            continue
        placed = lay_out(scene, dice)
        if placed is None:
            continue
        sentences = choose_captions(cast, scene, special, dice)
        if sentences is not None:
            # What is inside another thing is in front of it.
            behind_first = sorted(placed, key=lambda thing: -thing.diameter)
            return CaptionedPicture(paint_picture(behind_first, dice), scene, sentences)
    return None
