"""Numbers of a call: NumPy's are numbers, and what is wrong is told by the caller's names."""

import math
from typing import Any

import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.inference.asked_numbers import change_numbers
from t2t_mm.settings.decode_section import DecodeHParams


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_whole_numbers_of_any_make_are_pythons_own(three: Any) -> None:
    changed = change_numbers(DecodeHParams(alpha=0.2), beam_size=("number", three))
    assert changed == DecodeHParams(alpha=0.2, beam_size=3) and type(changed.beam_size) is int


@pytest.mark.parametrize("half", [0.5, np.float32(0.5), np.array(0.5)])
def test_other_numbers_of_any_make_are_pythons_own(half: Any) -> None:
    changed = change_numbers(DecodeHParams(), alpha=("alpha", half))
    assert changed == DecodeHParams(alpha=0.5) and type(changed.alpha) is float
    assert change_numbers(DecodeHParams(), alpha=("alpha", np.int64(2))).alpha == 2.0


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("beam_size", 0, "it is out of range. Expected: at least 1. Received: it=0."),
        ("beam_size", 2.0, "it has the wrong type. Expected: int. Received: it=2.0."),
        ("beam_size", True, "it has the wrong type. Expected: int. Received: it=True."),
        ("beam_size", "2", "it has the wrong type. Expected: int. Received: it='2'."),
        ("sampling_temp", "0.5", "it has the wrong type. Expected: float. Received: it='0.5'."),
        ("sampling_temp", math.nan, "it has the wrong type. Expected: float. Received: it=nan."),
        (
            "sampling_keep_top_p",
            1.5,
            "it is out of range. Expected: at least 0 and at most 1. Received: it=1.5.",
        ),
        ("sampling_seed", -1, "it is out of range. Expected: at least 0. Received: it=-1."),
    ],
)
def test_what_is_wrong_is_told_by_the_callers_name(field: str, value: Any, told: str) -> None:
    with pytest.raises(UserError) as error:
        change_numbers(DecodeHParams(), **{field: ("it", value)})
    assert str(error.value) == told
