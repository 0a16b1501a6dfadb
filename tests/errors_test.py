import pickle

import pytest

from t2t_mm.errors import UserError, suggest_closest


def test_message_is_sentences_in_order() -> None:
    error = UserError(
        "The width is odd", expected="an even number", received={"width": 3}, fix="Add one."
    )
    assert str(error) == ("The width is odd. Expected: an even number. Received: width=3. Add one.")


@pytest.mark.parametrize("what", ["Why?", "It is done.", "See below:"])
def test_a_closed_sentence_gets_no_full_stop(what: str) -> None:
    assert str(UserError(what)) == what


def test_a_whole_message_is_kept() -> None:
    assert str(UserError("No file. Received: path='a'.")) == "No file. Received: path='a'."


def test_a_value_that_nobody_reads_to_its_end_is_cut() -> None:
    error = UserError(f"{'x' * 5_000} is no flag", received={"y": "y" * 5_000, "z": "z" * 400})
    assert len(str(error)) < 1_300 and " is no flag. " in str(error) and "y..." in str(error)
    assert f"z='{'z' * 400}'." in str(error)


def test_survives_the_way_between_processes() -> None:
    error = UserError("Bad", expected="good", received={"value": "x"})
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_is_a_value_error() -> None:
    assert issubclass(UserError, ValueError)


def test_closest_names_best_first() -> None:
    assert suggest_closest("mini_endee", ["wmt_ende", "audio", "mini_ende"]) == (
        " Did you mean 'mini_ende', 'wmt_ende'?"
    )


def test_closest_is_silent_where_nothing_is_close() -> None:
    assert suggest_closest("zzz", ["wmt_ende"]) == ""
