"""Where lines of lists say that sounds are."""

import math
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.sound_places import check_span, find_sound


def test_the_nearest_folder_that_has_it_counts(tmp_path: Path) -> None:
    place = tmp_path / "a/lists/train.json"
    for path in (tmp_path / "a.wav", tmp_path / "a/lists/clips/a.wav"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert find_sound(place, 1, "a.wav", tmp_path) == tmp_path / "a.wav"  # clips is the last one
    (tmp_path / "a/a.wav").touch()
    assert find_sound(place, 1, "a.wav", tmp_path) == tmp_path / "a/a.wav"
    with pytest.raises(UserError, match=r"train\.json, line 7: the sound file is not there"):
        find_sound(place, 7, "b.wav", tmp_path)


def test_spans() -> None:
    assert check_span(0.5, None) == {"start_s": 0.5, "end_s": None}
    for start, end in ((0.5, 0.5), (-1.0, 2.0), (math.nan, 1.0), (0.0, math.inf), (math.inf, None)):
        with pytest.raises(ValueError, match="no segment"):
            check_span(start, end)
