import dataclasses
from dataclasses import dataclass
from typing import Literal

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings.section import Section, declare_field


@dataclass(frozen=True, kw_only=True)
class Oven(Section):
    """A record as the settings are made of."""

    section = "oven"

    degrees: float = declare_field(180.0, at_least=50, below=300)
    fan: float = declare_field(1.0, at_least=0, at_most=1)
    mode: Literal["fan", "grill"] = "fan"
    racks: tuple[int, ...] = declare_field((1, 3), at_least=1)


def test_a_whole_number_becomes_a_float_and_a_list_a_tuple() -> None:
    oven = Oven(degrees=50, racks=[2], fan=1)  # type: ignore[arg-type]
    assert (oven.degrees, type(oven.degrees), oven.racks) == (50.0, float, (2,))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"degrees": "hot"}, r"oven\.degrees has the wrong type"),
        ({"degrees": 300.0}, r"oven\.degrees is out of range. Expected: at least 50 and below 300"),
        ({"degrees": 49.9}, r"oven\.degrees is out of range"),
        ({"racks": (2, 0)}, r"oven\.racks is out of range. Expected: at least 1"),
        ({"fan": 1.5}, r"oven\.fan is out of range. Expected: at least 0 and at most 1"),
        (
            {"racks": (2, 10**40)},
            r"oven\.racks is out of range. Expected: at most 9223372036854775807",
        ),
        ({"mode": "steam"}, "Expected: one of 'fan', 'grill'"),
    ],
)
def test_what_does_not_fit_names_section_and_field(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        Oven(**changes)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=message):
        dataclasses.replace(Oven(), **changes)  # type: ignore[arg-type]
