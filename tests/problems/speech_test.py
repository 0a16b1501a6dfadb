"""What all problems of speech share, with a problem that lists what a test gives it."""

import logging
from pathlib import Path

import numpy as np
import pytest
from sound_fixtures import tone, wav_bytes, write

from t2t_mm.problems.speech import (
    Listing,
    SpeechProblem,
    Utterance,
    lower_text,
    note_left_out,
)


class Listed(SpeechProblem):
    listings: tuple[Listing, ...] = ()

    def num_parts(self, split: str) -> int:
        return len(self.listings)

    def listing(self, split: str, part: int) -> Listing:
        return self.listings[part]


def listed(*listings: Listing) -> Listed:
    problem = Listed(name="listed")
    problem.listings = listings
    return problem


def test_sounds_and_texts_of_all_parts_in_order(tmp_path: Path) -> None:
    write(tmp_path, {"a.wav": wav_bytes(tone(100)), "b.wav": wav_bytes(tone(16_000))})
    problem = listed(
        Listing([Utterance("a", tmp_path / "a.wav", "one")]),
        Listing([Utterance("b", tmp_path / "b.wav", "two", start_s=0.25, end_s=0.5)]),
    )
    one, two = problem.generate("train")
    assert (one["targets"], two["targets"]) == ("one", "two")
    np.testing.assert_array_equal(one["inputs"](), tone(100))
    np.testing.assert_array_equal(two["inputs"](), tone(16_000)[4000:8000])


def test_a_channel_is_chosen_or_all_are_averaged(tmp_path: Path) -> None:
    stereo = np.stack([tone(100), -tone(100)], axis=1)
    path = write(tmp_path, {"a.wav": wav_bytes(stereo)}) / "a.wav"
    both = [Utterance("left", path, "left", channel=0), Utterance("all", path, "all")]
    left, mixed = (example["inputs"]() for example in listed(Listing(both)).generate("train"))
    np.testing.assert_array_equal(left, tone(100))
    np.testing.assert_array_equal(mixed, np.zeros(100))


def test_notes_are_told_with_the_split_and_resampling_with_the_part(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, {"a.wav": wav_bytes(tone(80), 8_000)}) / "a.wav"
    problem = listed(
        Listing([], ("a note of the first part.",)), Listing([Utterance("a", path, "one")])
    )
    with caplog.at_level(logging.WARNING):
        (example,) = ((one, one["inputs"]()) for one in problem.generate("train"))
    assert len(example[1]) == 160
    assert "Problem listed, train: a note of the first part." in caplog.text
    assert "Problem listed, train (part 2 of 2): 1 of 1 sounds were resampled" in caplog.text


def test_a_subclass_without_a_listing_is_told_what_it_lacks() -> None:
    with pytest.raises(NotImplementedError, match=r"SpeechProblem\.listing\(split, part\)"):
        next(SpeechProblem(name="empty").generate("train"))


@pytest.mark.parametrize(
    ("text", "expected"), [(" Good  MORNING\n", "good morning"), ("ÉTÉ", "été"), (" \t", "")]
)
def test_texts_are_lower_case(text: str, expected: str) -> None:
    assert lower_text(text) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, []),
        (1, ["1 sounds have no text (a)."]),
        (3, ["3 sounds have no text (a, b, c)."]),
        (4, ["4 sounds have no text (a, b, c, ...)."]),
        (1200, ["1,200 sounds have no text (a, b, c, ...)."]),
    ],
)
def test_the_first_three_of_what_is_left_out_are_named(number: int, expected: list[str]) -> None:
    assert note_left_out(number, "sounds have no text", list("abcd")[:number]) == expected
