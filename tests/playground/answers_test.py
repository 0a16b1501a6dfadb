"""An answer is what the predictor says, with its own scores."""

import math
from pathlib import Path

import pytest
from fake_run import wave_bytes
from loaded_senses import load_senses

from t2t_mm.errors import UserError
from t2t_mm.playground.answers import answer_value


@pytest.mark.slow
def test_the_best_text_comes_with_what_it_looked_at_and_others() -> None:
    predictor = load_senses()["translate"]
    answer = answer_value(predictor, "a bad egg")
    scores = [one.score for one in answer.alternatives]
    assert len(scores) == 4 and sorted(scores, reverse=True) == scores
    assert answer.text == answer.alternatives[0].text
    attention = answer.inspection.attention
    assert attention.inputs == (*"a bad egg", "</s>")
    assert attention.targets == (*answer.text, "</s>")
    assert answer.seconds > 0


@pytest.mark.slow
def test_classes_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wave_bytes(0.5))
    answer = answer_value(load_senses()["hear"], str(path))
    probabilities = [math.exp(one.log_probability) for one in answer.alternatives]
    assert sorted(probabilities, reverse=True) == probabilities and sum(probabilities) <= 1
    assert {one.text for one in answer.alternatives} <= set("01234")


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(UserError, match="broken"):
        answer_value(load_senses()["caption"], str(broken))
    with pytest.raises(UserError, match="nothing to answer"):
        answer_value(load_senses()["translate"], "")


def test_that_no_output_is_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = load_senses()["translate"]
    monkeypatch.setattr(predictor, "n_best", lambda *_: [])
    with pytest.raises(UserError, match="The model finds no output for this"):
        answer_value(predictor, "a bad egg")
