"""Cells stand where their pieces stand, and say what they are."""

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image

from t2t_mm.inference.inner_view import Attention
from t2t_mm.playground.attention_drawing import (
    draw_heat_map,
    draw_on_picture,
    name_times,
    shorten_name,
    tell_pooling,
)
from t2t_mm.report.media import make_data_uri

WEIGHTS = np.float32([[0.75, 0.25, 0.0], [0.0, 0.5, 0.5]])


def test_a_cell_is_as_strong_as_its_weight_and_tells_it() -> None:
    svg = ElementTree.fromstring(draw_heat_map(WEIGHTS, ["Ein", "</s>"], ["A", "<b>", "."]))
    cells = svg.findall("rect")
    assert [float(cell.attrib["fill-opacity"]) for cell in cells] == [
        round(float(weight) / 0.75, 2) for weight in WEIGHTS.ravel()
    ]
    assert cells[1].findtext("title") == "Ein looks at <b>: 25%"
    assert len({cell.attrib["x"] for cell in cells}) == 3
    assert len({cell.attrib["y"] for cell in cells}) == 2
    assert [text.text for text in svg.findall("text")] == ["A", "<b>", ".", "Ein", "</s>"]


def test_of_many_narrow_columns_only_some_have_names() -> None:
    weights = np.full((1, 300), 1 / 300, np.float32)
    svg = ElementTree.fromstring(draw_heat_map(weights, ["x"], [str(n) for n in range(300)]))
    assert len(svg.findall("rect")) == 300 and 50 < len(svg.findall("text")) < 150
    assert float(svg.attrib["viewBox"].split()[2]) < 1700


def test_of_a_large_map_the_means_over_neighbours_are_drawn() -> None:
    weights = np.zeros((3, 5_000), np.float32)
    weights[1, 4_950:] = 0.5
    columns = [str(number) for number in range(5_000)]
    svg = ElementTree.fromstring(draw_heat_map(weights, ["a", "b", "c"], columns))
    told = [cell.findtext("title") for cell in svg.findall("rect")]
    assert len(told) == 3 * 100
    assert told[:2] == ["a looks at 0 … 49: 0%", "a looks at 50 … 99: 0%"]
    assert told[199] == "b looks at 4950 … 4999: 50%"
    assert tell_pooling(3, 5_000).startswith("A cell is the mean of 1 x 50, ")
    assert tell_pooling(3, 3_000) == ""


def draw_noise(side: int) -> str:
    """Return the address of a picture that cannot be made smaller."""
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "PNG")
    return make_data_uri(content.getvalue(), "image/png")


def test_a_map_and_a_picture_never_fill_a_page() -> None:
    names = [f"row {number}" for number in range(1_000)]
    assert len(draw_heat_map(np.ones((1_000, 1_000), np.float32), names, names)) < 2_500_000
    weights = {"mixer": np.full((1, 40, 62 * 62), 0.25, np.float32)}
    attention = Attention(weights, ("",) * 62 * 62, ("red",) * 40, (62, 62))
    picture = draw_noise(320)
    drawn = draw_on_picture(attention, picture)
    assert len(picture) > 400_000 and len(drawn) < 4_000_000
    assert "red looks at rows 61 to 62, columns 1 to 3: 25%" in drawn


def test_a_picture_is_dark_where_it_is_not_looked_at() -> None:
    weights = {"mixer": np.float32([[[0.1, 0.2, 0.6, 0.1]], [[0.1, 0.2, 0.6, 0.1]]])}
    names = tuple(f"row {r}, column {c}" for r in (1, 2) for c in (1, 2))
    drawn = draw_on_picture(Attention(weights, names, ("red",), (2, 2)), "data:image/png;base64,x")
    root = ElementTree.fromstring(drawn)
    (figure,) = root.findall("figure")
    assert figure.findtext("figcaption") == "red"
    (svg,) = figure.findall("svg")
    assert svg.attrib["aria-label"] == "red looks most at row 2, column 1"
    assert root.attrib["style"] == "--picture:url(data:image/png;base64,x)"
    shades = [float(cell.attrib["fill-opacity"]) for cell in svg.findall("rect")]
    assert shades.index(min(shades)) == 2 and shades[2] == 0 and max(shades) <= 0.8


def test_without_a_grid_or_attention_there_is_no_picture() -> None:
    assert draw_on_picture(Attention({}, (), ("a",), (2, 2)), "") == ""
    weights = {"mixer": np.ones((1, 1, 1), np.float32)}
    assert draw_on_picture(Attention(weights, ("1",), ("a",)), "") == ""


def test_an_empty_map_is_a_map() -> None:
    assert re.match("<svg ", draw_heat_map(np.zeros((0, 0), np.float32), [], []))


def test_names_are_short_and_times_begin_at_nought() -> None:
    assert shorten_name("a" * 14) == "a" * 14
    assert len(shorten_name("a" * 99)) == 14
    assert name_times(3.0, 2) == ["0.0 s", "1.5 s"]
