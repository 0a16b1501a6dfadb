"""Every setting is explained where it is declared."""

import pytest

from t2t_mm.settings.field_meanings import explain_field
from t2t_mm.settings.sections import FIELD_TYPES


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_setting_is_explained(name: str) -> None:
    told = explain_field(name)
    assert len(told) > 10 and told.endswith(".") and "  " not in told


def test_a_long_text_is_whole_and_ends_where_the_next_begins() -> None:
    told = explain_field("data.max_pieces")
    assert told.startswith("Longest text of a training example in pieces, end of sequence")
    assert told.endswith("Pictures have no limit beyond their declared size.")


def test_fields_of_a_record_that_another_derives_from_are_explained() -> None:
    assert explain_field("decode.sampling_seed") == "Of what is drawn."
