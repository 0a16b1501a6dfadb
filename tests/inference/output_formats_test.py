"""Trees come as brackets with their words; what looks wrong is told."""

import dataclasses

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.inference.batch_decoder import Alternative, Output
from t2t_mm.inference.output_formats import check_output_format, format_outputs
from t2t_mm.run.task import make_tasks
from t2t_mm.settings.decode_section import DecodeHParams

(COPY,) = make_tasks([registry.problem("algorithmic_copy")])
PARSE = dataclasses.replace(COPY, name="parse", metrics=("brackets",))


def test_plain_outputs_stay_as_they_are() -> None:
    told: list[str] = []
    assert [*format_outputs([("a b.", Output("NP DT"))], COPY, "plain", told.append)] == ["NP DT"]
    assert told == []


def test_trees_have_their_words_and_mended_ones_are_counted() -> None:
    told: list[str] = []
    texts = [("the dog", "NP DT NN /NP"), ("", "NP"), ("the dog", "NP DT /NP")]
    pairs = [(text, Output(symbols)) for text, symbols in texts]
    outputs = [*format_outputs(pairs, PARSE, "brackets", told.append)]
    assert outputs == ["(NP (DT the) (NN dog))", "", "(NP (DT the) (XX dog))"]
    assert told == ["1 outputs were no trees over their words and are mended"]


@pytest.mark.parametrize("output_format", ["plain", "brackets"])
def test_a_sentence_that_is_not_cut_into_words_is_told_once(output_format: str) -> None:
    told: list[str] = []
    pairs = [("The dog.", Output("S NN NN /S"))] * 2
    assert len([*format_outputs(pairs, PARSE, output_format, told.append)]) == 2
    assert len(told) == 1 and "'dog.' is not cut" in told[0]


@pytest.mark.parametrize("output_format", ["plain", "brackets"])
def test_sentences_whose_trees_cut_them_at_punctuation_are_cut_so(output_format: str) -> None:
    told: list[str] = []
    pairs = [("Well, dogs.", Output("S UH , NP NNS /NP . /S"))]
    outputs = [*format_outputs(pairs, PARSE, output_format, told.append)]
    tree = "(S (UH Well) (, ,) (NP (NNS dogs)) (. .))"
    assert outputs == [tree if output_format == "brackets" else pairs[0][1].text]
    assert told == []


def test_brackets_are_for_trees_only() -> None:
    check_output_format(PARSE, "brackets", DecodeHParams())
    with pytest.raises(UserError, match="algorithmic_copy are no trees"):
        check_output_format(COPY, "brackets", DecodeHParams())
    with pytest.raises(UserError, match=r"no such output format.*plain, brackets"):
        check_output_format(PARSE, "tree", DecodeHParams())
    with pytest.raises(UserError, match="one output alone"):
        check_output_format(PARSE, "brackets", DecodeHParams(return_beams=True))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "a"),
        ({"write_beam_scores": True}, "a\t-0.5000"),
        ({"return_beams": True}, "a\tb"),
        ({"return_beams": True, "write_beam_scores": True}, "a\t-0.5000\tb\t-1.2500"),
    ],
)
def test_other_outputs_and_scores_are_parted_by_tabs(settings: dict[str, bool], line: str) -> None:
    found = [
        Alternative(text, -1.0, score) for text, score in (("a", -0.5), ("b", -1.25), ("c", -2))
    ]
    pairs = [("x", Output("a", alternatives=tuple(found))), ("", Output(""))]
    decode = DecodeHParams(beam_size=2, **settings)
    assert [*format_outputs(pairs, COPY, "plain", print, decode)] == [line, ""]
