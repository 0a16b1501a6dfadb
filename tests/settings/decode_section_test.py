"""The settings of decoding are those of its two records, with their ranges."""

from dataclasses import fields

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings.decode_section import DecodeHParams, SamplingFields
from t2t_mm.settings.overrides import change_decoding


def test_how_symbols_are_drawn_is_part_of_it():
    names = {one.name for one in fields(DecodeHParams)}
    assert {one.name for one in fields(SamplingFields)} < names and "jit_compile" in names
    assert all(one.name.startswith("sampling_") for one in fields(SamplingFields))


@pytest.mark.parametrize(
    ("field", "value"),
    [("sampling_temp", 0.0), ("sampling_keep_top_p", 1.5), ("beam_size", 0), ("constrain", "no")],
)
def test_a_value_out_of_range_names_its_field(field, value):
    with pytest.raises(UserError, match=f"decode.{field}"):
        DecodeHParams(**{field: value})


def test_text_sets_fields_of_both():
    changed = change_decoding(DecodeHParams(), "sampling_seed=3,jit_compile=true")
    assert (changed.sampling_seed, changed.jit_compile) == (3, True)


@pytest.mark.parametrize(
    "text",
    [
        "alpha=1.5",
        "return_beams=true",
        "beam_size=4,alpha=0.8,sampling_method=random",
        "beam_size=1,return_beams=true,write_beam_scores=true",
    ],
)
def test_what_counts_only_beside_a_beam_is_refused_without_one(text: str) -> None:
    with pytest.raises(UserError, match="counts for nothing without a beam"):
        change_decoding(DecodeHParams(), text, searches_once=True)
    assert change_decoding(DecodeHParams(), text) != DecodeHParams()  # n_best has a beam of its own


@pytest.mark.parametrize(
    "text",
    [
        "alpha=0",
        "alpha=0.8,write_beam_scores=true",
        "beam_size=4,return_beams=true,sampling_temp=0.7",
        "beam_size=4,alpha=0.8",
    ],
)
def test_what_counts_is_taken(text: str) -> None:
    assert change_decoding(DecodeHParams(), text, searches_once=True) != DecodeHParams()
    beam = DecodeHParams(beam_size=4)
    assert change_decoding(beam, "alpha=0.9", searches_once=True).alpha == 0.9
