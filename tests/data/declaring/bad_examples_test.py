"""What is broken may be left out; what cannot be read now never is."""

from t2t_mm import Problem, UserError
from t2t_mm.data.declaring.bad_examples import (
    HOW_TO_SKIP,
    BadExampleError,
    SkippedExample,
    UnreadableFileError,
)


def test_a_file_that_cannot_be_read_is_no_bad_example() -> None:
    assert issubclass(BadExampleError, UserError) and issubclass(UnreadableFileError, UserError)
    assert not issubclass(UnreadableFileError, BadExampleError)


def test_what_is_left_out_stands_in_the_stream_and_is_not_raised() -> None:
    skipped = SkippedExample(str(BadExampleError("The sound is empty", expected="samples")))
    assert skipped.reason == "The sound is empty. Expected: samples."
    assert not isinstance(skipped, BaseException)


def test_the_advice_names_an_attribute_that_problems_have() -> None:
    name, _, value = HOW_TO_SKIP.partition("and without ")[2].partition(" in ")[0].partition(" = ")
    assert (name, value) == ("skip_bad_examples", "False")
    assert Problem.skip_bad_examples is True
