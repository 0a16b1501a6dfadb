"""The words in which two texts differ, and no others, are marked."""

import pytest

from t2t_mm.report.word_marks import mark_differences, mark_unexpected


@pytest.mark.parametrize(
    ("decoded", "reference", "marked_decoded", "marked_reference"),
    [
        ("a b c", "a b c", "a b c", "a b c"),
        ("a x c", "a b c", "a <mark>x</mark> c", "a <mark>b</mark> c"),
        ("a c", "a b c", "a c", "a <mark>b</mark> c"),
        ("a b x c", "a b c", "a b <mark>x</mark> c", "a b c"),
        ("a x y c", "a b d c", "a <mark>x y</mark> c", "a <mark>b d</mark> c"),
        ("", "a", "", "<mark>a</mark>"),
        ("a\N{NO-BREAK SPACE}b x", "a\tb c", "a b <mark>x</mark>", "a b <mark>c</mark>"),
        ("<i> &", "&", "<mark>&lt;i&gt;</mark> &amp;", "&amp;"),
    ],
)
def test_differences(
    decoded: str, reference: str, marked_decoded: str, marked_reference: str
) -> None:
    assert mark_differences(decoded, reference) == (marked_decoded, marked_reference)


def test_words_that_no_reference_has_whatever_their_case_and_punctuation() -> None:
    marked = mark_unexpected("A red, big boat.", ["a boat", "the red one"])
    assert marked == "A red, <mark>big</mark> boat."
