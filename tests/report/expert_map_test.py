"""One row a problem, one cell an expert; small pools and large."""

import re

import pytest

from t2t_mm.report.expert_map import draw_expert_map, make_expert_section


def test_every_share_has_a_cell_whose_strength_is_relative_to_the_largest() -> None:
    svg = draw_expert_map({"a": [0.75, 0.25], "b": [0.5, 0.5]}, "use")
    assert re.findall(r"<title>([^<]*)</title>", svg) == [
        "a, expert 1: 75.0%",
        "a, expert 2: 25.0%",
        "b, expert 1: 50.0%",
        "b, expert 2: 50.0%",
    ]
    assert re.findall(r'fill-opacity="([\d.]+)"', svg) == ["1", "0.33", "0.67", "0.67"]


@pytest.mark.parametrize(("num_experts", "widest"), [(4, 340), (16, 340), (240, 1700)])
def test_a_map_fits_a_phone_until_cells_get_too_small(num_experts: int, widest: int) -> None:
    svg = draw_expert_map({"mini_caption": [1 / num_experts] * num_experts}, "use")
    width = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    assert svg.count("<rect") == num_experts
    assert width <= widest


def test_a_section_has_a_map_for_each_mixture_with_the_problems_that_use_it() -> None:
    results = {
        "text": {"experts": {"encoder": [0.5, 0.5], "decoder": [1.0, 0.0]}},
        "label": {"experts": {"encoder": [0.2, 0.8]}},
    }
    section = make_expert_section(results)
    assert section.count("<svg") == 2 and "Experts of the decoder" in section
    assert section.count("<rect") == 6
    assert make_expert_section({"text": {}, "label": {"experts": {}}}) == ""
