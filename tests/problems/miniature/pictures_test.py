"""The stream of pictures: it repeats itself exactly, and its splits share nothing."""

from collections import Counter
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.problems.miniature.captions import choose_captions
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.painting import paint_picture
from t2t_mm.problems.miniature.picture_layout import lay_out_around
from t2t_mm.problems.miniature.picture_scenes import Cast
from t2t_mm.problems.miniature.pictures import (
    CaptionedPicture,
    LabelledPicture,
    draw_captioned_picture,
    draw_labelled_picture,
)
from t2t_mm.problems.miniature.scene import KINDS, Scene, Thing
from t2t_mm.problems.miniature.splits import choose_scene_split, choose_sentence_split
from t2t_mm.problems.miniature.world import Example, draw_example

PICTURES = (draw_labelled_picture, draw_captioned_picture)
SIZES = {"train": 200, "validation": 30, "test": 70}


@cache
def labelled(split: str) -> list[LabelledPicture]:
    return [draw_labelled_picture(split, number) for number in range(SIZES[split])]


@cache
def captioned(split: str) -> list[CaptionedPicture]:
    return [draw_captioned_picture(split, number) for number in range(SIZES[split])]


@cache
def texts(split: str) -> list[Example]:
    numbers = range(SIZES[split])
    return [draw_example(split, n, stream=s) for n in numbers for s in ("text_de", "text_fr")]


@pytest.mark.parametrize("draw", PICTURES)
def test_a_picture_depends_on_its_own_number_only(draw: type) -> None:
    alone = draw("validation", 3, seed=5)
    for number in range(3):
        draw("validation", number, seed=5)
    again = draw("validation", 3, seed=5)
    assert again.scene == alone.scene and (again.picture == alone.picture).all()
    for other in (draw("validation", 4, seed=5), draw("validation", 3, seed=6), draw("test", 3)):
        assert (other.picture != alone.picture).any()


@pytest.mark.slow
def test_scenes_and_sentences_are_of_the_split() -> None:
    for split in SPLITS:
        for picture in (*labelled(split), *captioned(split)):
            assert choose_scene_split(picture.scene) == split
        for one in captioned(split):
            assert {choose_sentence_split(sentence) for sentence in one.sentences} == {split}


def test_no_scene_and_no_sentence_of_one_split_is_in_another_of_any_problem() -> None:
    scenes = {
        split: {one.scene.key for one in (*labelled(split), *captioned(split), *texts(split))}
        for split in SPLITS
    }
    sentences = {
        split: {text for one in captioned(split) for text in one.captions}
        | {one.english for one in texts(split)}
        for split in SPLITS
    }
    for one, other in combinations(SPLITS, 2):
        assert scenes[one].isdisjoint(scenes[other])
        assert sentences[one].isdisjoint(sentences[other])


def test_forms_are_as_frequent_in_every_split() -> None:
    shares = {}
    for split in ("train", "test"):
        found = Counter(len(one.scene.things) for one in captioned(split))
        shares[split] = [found[number] / SIZES[split] for number in (1, 2, 3)]
    assert all(abs(a - b) < 0.2 for a, b in zip(*shares.values(), strict=True))


def test_all_kinds_are_labels_about_equally_often() -> None:
    labels = Counter(one.label for one in labelled("train"))
    assert set(labels) == set(KINDS)
    assert max(labels.values()) < 3 * SIZES["train"] / len(KINDS)


def test_one_scene_has_many_pictures() -> None:
    scene = Scene((Thing("star", "red", "huge", 1, 4), Thing("cup", "blue", "small", 1, 0)), ())
    pictures = []
    for number in range(5):
        dice = Dice(f"again/{number}")
        pictures.append(paint_picture(lay_out_around(scene, dice), dice).astype(int))
    for number, picture in enumerate(pictures[1:]):
        assert np.abs(picture - pictures[number]).mean() > 5


def test_captions_that_do_not_reach_five_are_refused() -> None:
    # Five long names and both directions: most sentences of this pair are too long.
    things = tuple(
        Thing(kind, colour, "small", 5, cell)
        for kind, colour, cell in (("star", "red", 0), ("cup", "blue", 8))
    )
    cast = Cast("row", things)
    assert choose_captions(cast, Scene(things, ()), None, Dice("a")) is None
