"""French: sentences by hand, and adjectives that agree."""

import pytest
from three_languages import ROWS, Row, several

from t2t_mm.problems.miniature.french import inflect_adjective, write_noun_phrase, write_sentence


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_sentence(row: Row) -> None:
    assert write_sentence(row.sentence) == row.french


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("green", ["vert", "verte", "verts", "vertes"]),
        ("white", ["blanc", "blanche", "blancs", "blanches"]),
        ("red", ["rouge", "rouge", "rouges", "rouges"]),
        ("brown", ["marron"] * 4),
    ],
)
def test_adjectives_agree_in_gender_and_number(name: str, forms: list[str]) -> None:
    found = [
        inflect_adjective(name, feminine, plural)
        for plural in (False, True)
        for feminine in (False, True)
    ]
    assert found == forms


def test_a_phrase_has_full_words_before_elision_and_contraction() -> None:
    assert write_noun_phrase(several("no", "star", "red")) == "de étoiles rouges"
    assert write_noun_phrase(several("a", "star", "big")) == "de grandes étoiles"
