"""What a page shows of an answer, by what was asked."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_run import TRUE_TREE, picture_bytes, wave_bytes
from PIL import Image as Pillow

from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Image, Language
from t2t_mm.inference.batch_decoder import Alternative
from t2t_mm.inference.inner_view import NOTHING, Attention, ExpertChoices, Inspection
from t2t_mm.playground.answer_card import read_seen_picture, write_answer, write_error
from t2t_mm.playground.answers import Answer
from t2t_mm.run.task import Task

TEXT = Task("parse", Language(), Language(), "trees", 0, ("brackets",), ("x", "x"))


def make_answer(*texts: str, inspection: Inspection = NOTHING) -> Answer:
    alternatives = tuple(Alternative(text, -0.5 - n, 0.0) for n, text in enumerate(texts))
    return Answer(alternatives, inspection, 0.25)


def test_alternatives_stand_with_how_sure_they_are() -> None:
    card = write_answer(TEXT, "x", make_answer("red & blue", "", "green"))
    assert '<p class="answer" role="status">red &amp; blue</p>' in card and "0.25 s" in card
    assert "What it could say" in card and "(nothing)" in card
    assert re.findall(r"<b>([\d.]+)%</b>", card) == ["60.7", "22.3", "8.2"]
    assert "What it looked at" not in card and "Which experts worked" not in card
    assert "How sure it is" in write_answer(TEXT, "x", make_answer("red"))
    never = Answer((Alternative("x", -30.0, 0.0),), NOTHING, 0.1)
    assert "&lt; 0.1%" in write_answer(TEXT, "x", never)


def test_a_tree_is_drawn_over_the_words_of_its_sentence() -> None:
    sentence = "the dog sleeps under the tree"
    assert '<svg class="tree"' in write_answer(TEXT, sentence, make_answer(TRUE_TREE))
    assert '<svg class="tree"' not in write_answer(TEXT, "the dog", make_answer(TRUE_TREE))
    assert '<svg class="tree"' in write_answer(TEXT, "Dogs.", make_answer("S NNS . /S"))


def test_experts_have_bars_the_strongest_first() -> None:
    choices = ExpertChoices(np.int32([[1], [1], [2]]), np.ones((3, 1), np.float32), ("a",) * 3, 4)
    inspection = Inspection(Attention({}, (), ()), {"encoder": choices})
    card = write_answer(TEXT, "x", make_answer("y", inspection=inspection))
    assert re.findall(r"expert (\d).*?<b>(\d+%)</b>", card) == [("2", "67%"), ("3", "33%")]


def look_at(names: tuple[str, ...], grid: tuple[int, int] | None = None) -> Inspection:
    """Two pieces look evenly at all positions, in two blocks of two heads."""
    weights = np.full((2, 2, len(names)), 1 / len(names), np.float32)
    blocks = {"mixer": weights, "decoder/block0": weights}
    return Inspection(Attention(blocks, names, ("x", "</s>"), grid), {})


def test_texts_have_a_heat_map_for_all_blocks_and_for_each() -> None:
    card = write_answer(TEXT, "a b", make_answer("x", inspection=look_at(("a", "b", "</s>"))))
    assert card.count('<svg class="heat"') == 1 + 2
    assert re.findall("<summary>(.*?)</summary>", card) == ["mixer", "decoder/block0"]


def test_what_is_drawn_coarsely_is_told_under_each_map() -> None:
    seen = look_at(tuple(str(number) for number in range(6_000)))
    card = write_answer(TEXT, "x", make_answer("x", inspection=seen))
    assert card.count('</svg><p class="note">A cell is the mean of 1 x 60, ') == 1 + 2


def test_pictures_are_shown_for_each_piece_and_sounds_by_seconds(tmp_path: Path) -> None:
    picture, sound = tmp_path / "a.png", tmp_path / "a.wav"
    picture.write_bytes(picture_bytes())
    sound.write_bytes(wave_bytes(0.5))
    caption = Task("c", Image(), Language(), "say", 0, (), ("image", "x"))
    seen = make_answer("x", inspection=look_at(("1", "2", "3", "4"), (2, 2)))
    card = write_answer(caption, str(picture), seen)
    assert card.count('<svg class="tile"') == 2 and card.count("url(data:image/png;base64,") == 1
    speech = Task("s", Audio(), Language(), "say", 0, (), ("audio", "x"))
    heard = make_answer("x", inspection=look_at(("1", "2")))
    assert "x looks at 0.2 s: 50%" in write_answer(speech, str(sound), heard)


@pytest.mark.parametrize(
    ("declared", "size"), [({"height": 20, "width": 20}, (20, 20)), ({}, (90, 30))]
)
def test_a_picture_is_cut_where_the_model_cuts_it(
    declared: dict[str, Any], size: tuple[int, int], tmp_path: Path
) -> None:
    import base64
    import io

    path = tmp_path / "wide.png"
    Pillow.fromarray(np.zeros((30, 90, 3), np.uint8)).save(path)
    task = Task("c", Image(**declared), Language(), "say", 0, (), ("image", "x"))
    content = base64.b64decode(read_seen_picture(task, str(path)).partition(",")[2])
    with Pillow.open(io.BytesIO(content)) as picture:
        assert picture.size == size


def test_a_picture_is_shown_upright_and_on_white_as_the_model_sees_it(tmp_path: Path) -> None:
    import base64
    import io

    clear = Pillow.new("RGBA", (8, 4))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # is to be turned to the right
    clear.save(tmp_path / "a.png", exif=exif)
    task = Task("c", Image(), Language(), "say", 0, (), ("image", "x"))
    content = base64.b64decode(read_seen_picture(task, str(tmp_path / "a.png")).partition(",")[2])
    with Pillow.open(io.BytesIO(content)) as picture:
        assert picture.size == (4, 8)
        assert picture.getpixel((3, 0)) == (255, 0, 0)
        assert picture.getpixel((0, 7)) == (255, 255, 255)


def test_an_error_is_one_alert() -> None:
    written = write_error(UserError("Not <this>"))
    assert (
        written.count("<p ") == 1 and 'role="alert"' in written and "Not &lt;this&gt;." in written
    )
