"""German: sentences by hand, cases of one noun, and relative clauses that can be understood."""

import pytest
from three_languages import ROWS, Row, a, several, the

from t2t_mm.problems.miniature.german import (
    Case,
    can_tell_object_from_subject,
    write_noun_phrase,
    write_sentence,
)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_sentence(row: Row) -> None:
    assert write_sentence(row.sentence) == row.german


@pytest.mark.parametrize(
    ("case", "definite", "indefinite", "bare_plural"),
    [
        ("nominative", "der rote Stern", "ein roter Stern", "rote Sterne"),
        ("accusative", "den roten Stern", "einen roten Stern", "rote Sterne"),
        ("dative", "dem roten Stern", "einem roten Stern", "roten Sternen"),
    ],
)
def test_articles_and_adjectives_follow_the_case(
    case: Case, definite: str, indefinite: str, bare_plural: str
) -> None:
    phrases = (the("star", "red"), a("star", "red"), several("a", "star", "red"))
    written = [write_noun_phrase(phrase, case) for phrase in phrases]
    assert written == [definite, indefinite, bare_plural]


def test_who_acts_shows_by_a_masculine_or_by_number() -> None:
    assert can_tell_object_from_subject("hat", False, the("cloud"))
    assert can_tell_object_from_subject("cloud", False, the("hat"))
    assert can_tell_object_from_subject("cloud", True, the("house"))
    assert not can_tell_object_from_subject("cloud", False, the("house"))
    assert not can_tell_object_from_subject("hat", True, several("the", "ring"))
