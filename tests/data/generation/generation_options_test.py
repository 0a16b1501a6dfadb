import math

import pytest

from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.errors import UserError


@pytest.mark.parametrize(
    ("name", "smallest"), [("num_shards", 0), ("max_cases", 0), ("num_processes", 1)]
)
def test_a_number_that_is_too_small_is_refused(name: str, smallest: int) -> None:
    assert getattr(GenerationOptions(**{name: smallest}), name) == smallest  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"{name} is too small.*Received: {name}={smallest - 1}"):
        GenerationOptions(**{name: smallest - 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "idle"),
    [
        ({"num_processes": 2, "beam": True}, "num_processes"),
        ({"beam_options": ["--runner=X"]}, "beam_options"),
        ({"beam": True, "vocab_only": True}, "beam"),
        ({"num_shards": 2, "vocab_only": True}, "num_shards"),
        ({"overwrite": True, "vocab_only": True}, "overwrite"),
        ({"only_missing": True, "overwrite": True}, "only_missing"),
    ],
)
def test_an_option_that_counts_for_nothing_is_refused(given: dict[str, object], idle: str) -> None:
    with pytest.raises(UserError, match=f"^{idle} counts for nothing beside this "):
        GenerationOptions(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shares",
    [
        {"validation_share": -0.1},
        {"test_share": -0.1},
        {"validation_share": 0.1, "test_share": math.nan},
        {"validation_share": 0.6, "test_share": 0.4, "label_pattern": ""},
    ],
)
def test_shares_that_cannot_be_are_refused(shares: dict[str, object]) -> None:
    with pytest.raises(UserError, match="The held-out shares cannot be"):
        GenerationOptions(raw_options=shares)


def test_what_no_problem_can_be_told_is_refused() -> None:
    with pytest.raises(UserError, match=r"cannot be told that.*label_pattern.*dev_share"):
        GenerationOptions(raw_options={"dev_share": 0.1})


def test_data_is_replaced_where_it_or_its_vocabulary_is_made_again() -> None:
    assert not GenerationOptions(only_missing=True, vocab_only=True).replaces_data
    assert GenerationOptions(overwrite=True).replaces_data
    assert GenerationOptions(overwrite_vocab=True).replaces_data


def test_nothing_is_told_without_progress(capsys: pytest.CaptureFixture[str]) -> None:
    GenerationOptions(progress=False).tell("quiet")
    GenerationOptions().tell("generating")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "t2t-datagen: generating\n")
