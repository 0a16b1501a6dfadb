import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from t2t_mm import Categorical, Image, Language, Problem, UserError
from t2t_mm.data.records.example_records import (
    ExampleChecker,
    LengthMeter,
    RecordEncoder,
    read_checked_examples,
)
from t2t_mm.features import Feature


class Bytes(Problem):
    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}


def test_a_fitting_example_passes_without_its_line_ends() -> None:
    example = {"inputs": " a\r\n", "targets": "b"}
    assert ExampleChecker(Bytes()).check(example, "example 0") == {"inputs": " a", "targets": "b"}


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ({"inputs": "a"}, "Expected: inputs, targets. Received: example='inputs'"),
        ({"inputs": "a", "targets": "b", "x": "c"}, "has not the declared features"),
        (
            {"inputs": "a", "targets": 3},
            "'targets': The value is of a wrong type. Expected: str",
        ),
        ({"inputs": "a", "targets": b"b"}, "Received: value='bytes'"),
        ({"inputs": "a", "targets": "\ud800"}, "no Unicode text"),
        (["a", "b"], "is not a dict"),
    ],
)
def test_an_example_that_does_not_fit_names_problem_and_place(example: Any, message: str) -> None:
    with pytest.raises(UserError) as error:
        ExampleChecker(Bytes()).check(example, "example 7 of train")
    assert message in str(error.value)
    assert "Problem bytes: example 7 of train" in str(error.value)


def test_a_feature_that_cannot_be_stored_is_refused() -> None:
    class Smell(Feature):
        """Of a kind that nobody registered."""

    class Smells(Problem):
        modalities: ClassVar = {"inputs": Language(), "targets": Smell()}

    with pytest.raises(UserError, match="is of no kind that can be stored"):
        ExampleChecker(Smells())


def test_a_problem_that_opens_its_file_itself_gets_file_and_line_too(tmp_path: Path) -> None:
    class OwnReading(Bytes):
        def generate(self, split: str) -> Iterator[dict[str, str]]:
            with self.raw_file("train.txt").open(encoding="utf-8") as lines:
                for line in lines:
                    yield {"inputs": line, "targets": line}

    (tmp_path / "train.txt").write_bytes(b"fine\nfine\nna\xefve\n")
    with pytest.raises(UserError, match=r"train\.txt, line 3: the text is not UTF-8"):
        list(read_checked_examples(OwnReading(tmp_dir=tmp_path), "train", 0))


def test_a_problem_that_reads_a_compressed_file_as_text_learns_how(tmp_path: Path) -> None:
    class OwnReading(Bytes):
        def generate(self, split: str) -> Iterator[dict[str, str]]:
            with self.raw_file("train.txt").open(encoding="utf-8") as lines:
                for line in lines:
                    yield {"inputs": line, "targets": line}

    (tmp_path / "train.txt.gz").write_bytes(gzip.compress(b"fine\n"))
    with pytest.raises(UserError, match=r"train\.txt\.gz as plain text.*self\.open_text\(path\)"):
        list(read_checked_examples(OwnReading(tmp_dir=tmp_path), "train", 0))


def test_a_record_keeps_the_text_beside_its_ids_with_an_end(tmp_path: Path) -> None:
    record = RecordEncoder(Bytes(), tmp_path).encode({"inputs": "ab", "targets": ""})
    assert record["inputs"] == "ab"
    np.testing.assert_array_equal(record["inputs_ids"], [100, 101, 1])
    np.testing.assert_array_equal(record["targets_ids"], [1])
    assert record["inputs_ids"].dtype == np.int32
    assert LengthMeter(Bytes()).measure(record) == {"inputs": 3, "targets": 1}


def test_a_value_may_be_a_function_that_reads_it_when_wanted() -> None:
    example = {"inputs": lambda: "a\n", "targets": "b"}
    assert ExampleChecker(Bytes()).check(example, "example 0") == {"inputs": "a", "targets": "b"}
    assert ExampleChecker(Bytes(), ["targets"]).check(
        {"inputs": lambda: 1 / 0, "targets": "b"}, "example 0"
    ) == {"targets": "b"}


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_problem(tmp_path: Path) -> None:
    class Pictures(Problem):
        modalities: ClassVar = {"inputs": Image(), "targets": Language("bytes")}
        skip_bad_examples = True

        def generate(self, split: str) -> Iterator[dict[str, Any]]:
            yield {"inputs": tmp_path, "targets": "a folder"}

    with pytest.raises(UserError, match="is there and cannot be read") as error:
        list(read_checked_examples(Pictures(), "train", 0))
    assert "Change Pictures" not in str(error.value)


def test_what_such_a_function_refuses_is_located() -> None:
    def read() -> str:
        raise UserError("x.flac: the sound file is cut short")

    with pytest.raises(UserError) as error:
        ExampleChecker(Bytes()).check({"inputs": read, "targets": "b"}, "example 7 of train")
    assert str(error.value) == (
        "Problem bytes: example 7 of train, feature 'inputs': x.flac: the sound file is cut short."
    )


def test_a_problem_that_names_no_classes_is_told_to() -> None:
    class Nameless(Problem):
        modalities: ClassVar = {"inputs": Categorical(vocabulary="pets")}

    with pytest.raises(UserError, match=r"must override class_names\(feature\)"):
        ExampleChecker(Nameless())


def test_a_class_is_checked_against_the_names_that_the_problem_gives() -> None:
    class Pets(Problem):
        modalities: ClassVar = {"inputs": Categorical(vocabulary="pets")}

        def class_names(self, feature: str) -> list[str]:
            return ["cat", "dog"]

    assert ExampleChecker(Pets()).check({"inputs": 1}, "example 0") == {"inputs": "dog"}
    with pytest.raises(UserError, match="example 3, feature 'inputs': Vocabulary 'pets' has no"):
        ExampleChecker(Pets()).check({"inputs": "cow"}, "example 3")
