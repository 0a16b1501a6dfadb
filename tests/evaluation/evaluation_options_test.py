"""What may be asked of an evaluation together."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.inference.decoding_options import DecodingOptions


@pytest.mark.parametrize("name", ["shuffled_inputs", "baseline"])
def test_only_decoded_outputs_are_compared(name: str) -> None:
    assert getattr(EvaluationOptions(**{name: True}), name)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=rf"Only decoded outputs.*decode=False.*{name}=True"):
        EvaluationOptions(decode=False, **{name: True})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["limit", "samples"])
def test_numbers_of_examples_are_not_negative(name: str) -> None:
    with pytest.raises(UserError, match=rf"{name} cannot be negative.*{name}=-1"):
        EvaluationOptions(**{name: -1})  # type: ignore[arg-type]


def test_nor_are_those_of_inputs_to_decode() -> None:
    with pytest.raises(UserError, match="limit cannot be negative"):
        DecodingOptions(limit=-1)


def test_how_nothing_is_decoded_counts_for_nothing() -> None:
    with pytest.raises(UserError, match=r"Nothing is decoded.*decode_hparams='beam_size=4'"):
        EvaluationOptions(decode=False, decode_hparams="beam_size=4")
