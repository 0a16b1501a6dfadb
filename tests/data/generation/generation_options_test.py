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


def test_data_is_replaced_where_it_or_its_vocabulary_is_made_again() -> None:
    assert not GenerationOptions(only_missing=True, vocab_only=True).replaces_data
    assert GenerationOptions(overwrite=True).replaces_data
    assert GenerationOptions(overwrite_vocab=True).replaces_data


def test_nothing_is_told_without_progress(capsys: pytest.CaptureFixture[str]) -> None:
    GenerationOptions(progress=False).tell("quiet")
    GenerationOptions().tell("generating")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "t2t-datagen: generating\n")
