"""What becomes of examples that cannot be read: counted and told, or refused; none is lost."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from t2t_mm import Audio, Image, Language, Problem, UserError, registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.records.stored import open_data
from t2t_mm.files.odd_items import leave_out


@registry.register_problem("damaged_for_tests")
class Damaged(Problem):
    """Pictures of which every third is broken, and a missing one; read in two parts."""

    modalities: ClassVar = {"inputs": Image(), "targets": Language("bytes")}
    splits = ("train", "test")
    skip_bad_examples = True

    def num_parts(self, split: str) -> int:
        return 2

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        for index in range(9):
            whole = np.full((8, 8, 3), index, np.uint8)
            yield {"inputs": b"broken" if index % 3 == 0 else whole, "targets": str(index)}
        if split == "test":
            yield {"inputs": Path("/nowhere/x.jpg"), "targets": "missing"}


@registry.register_problem("odd_for_tests")
class Odd(Problem):
    """Texts, so many odd ones among them, of four kinds, as a file's lines are for two splits."""

    modalities: ClassVar = {"inputs": Language("bytes")}
    splits = ("train", "validation")
    number, odd = 2000, 20

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        for index in range(self.number - self.odd):
            if index < self.odd and index % 2:
                leave_out(f"line {index}: too long")
            yield {"inputs": str(index)}
        for index in range(1, self.odd, 2):
            yield {"inputs": f"{index}\ud83d" if split == "train" else "whole"}


def generate_odd(data_dir: Path, **told: Any) -> list[tuple[int, int]]:
    options = GenerationOptions(raw_options=told, progress=False)
    (result,) = generate_data("odd_for_tests", data_dir=data_dir, options=options)
    return [(split.examples, split.skipped) for split in result.splits.values()]


@pytest.mark.parametrize(
    ("number", "odd", "told", "expected"),
    [
        (40, 20, {}, "kept"),  # half of it, but few
        (2400, 24, {}, "kept"),  # many, but 1%
        (2000, 24, {}, r"24 of 2,000 .* cannot be read. Expected: at most 20, or 0\.01 of"),
        (2000, 24, {"max_bad_share": 0.02}, "kept"),
        (48, 24, {"max_bad_share": 0.49}, r"24 of 48 .*, or 0\.49 of a split.*line 1: too long"),
        (2000, 2, {"max_bad_share": 0.0}, r"line 1: too long.*--strict"),
    ],
)
def test_so_many_odd_items_are_left_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    odd: int,
    told: dict[str, float],
    expected: str,
) -> None:
    monkeypatch.setattr(Odd, "number", number)
    monkeypatch.setattr(Odd, "odd", odd)
    if expected != "kept":
        with pytest.raises(UserError, match=expected):
            generate_odd(tmp_path, **told)
        assert not list(tmp_path.rglob("*.tfrecord*"))
        return
    # The lines of a file that is read for both splits count once: for the first.
    train, validation = generate_odd(tmp_path, **told)
    assert train == (number - odd, odd) and validation == (number - odd + odd // 2, 0)
    metadata = open_data(registry.problem("odd_for_tests"), tmp_path).metadata
    assert metadata.max_bad_share == told.get("max_bad_share", 0.01)
    assert generate_odd(tmp_path) == [train, validation]  # there already: nothing is asked again


def test_less_than_was_left_out_of_data_that_is_there_is_an_error_where_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "number", 2000)
    monkeypatch.setattr(Odd, "odd", 30)
    kept = generate_odd(tmp_path, max_bad_share=0.05)
    for share, most, flag in (
        (0.0, "none", " --max_bad_share=0.0"),
        (0.01, "at most 20, or 0.01 of a split", ""),
    ):
        with pytest.raises(UserError, match="30 of 2,000 examples of train were left out") as error:
            generate_odd(tmp_path, max_bad_share=share)
        told = f"Expected: {most}. Received: max_bad_share={share}. Mend the raw data"
        assert told in str(error.value)
        assert str(error.value).endswith(f"--data_dir={tmp_path}{flag} --overwrite.")
    assert generate_odd(tmp_path) == generate_odd(tmp_path, max_bad_share=0.02) == kept
    trainer = GenerationOptions(only_missing=True, progress=False)
    assert generate_data("odd_for_tests", data_dir=tmp_path, options=trainer)[0].was_there


@registry.register_problem("silent_for_tests")
class Silent(Problem):
    """Nothing but empty sounds."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Language("bytes")}
    splits = ("train",)
    skip_bad_examples = True

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        yield {"inputs": np.zeros(0, np.int16), "targets": "nothing"}


def test_bad_examples_are_left_out_counted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (result,) = generate_data("damaged_for_tests", data_dir=tmp_path)
    assert {name: (split.examples, split.skipped) for name, split in result.splits.items()} == {
        "train": (12, 6),
        "test": (12, 8),
    }
    info = open_data(registry.problem("damaged_for_tests"), tmp_path)
    assert info.metadata.skipped == {"train": 6, "test": 8}
    told = capsys.readouterr().err
    assert "damaged_for_tests: 6 examples of train were left out" in told
    assert "example 3 of train, part 1, feature 'inputs': The picture cannot be decoded" in told
    assert told.count("left out: ") == 10


IMPORTS = """
from pathlib import Path
import numpy as np
from t2t_mm import Image, Language, Problem, registry
Any = ClassVar = Iterator = dict
"""


def test_several_processes_count_the_same(tmp_path: Path) -> None:
    path = tmp_path / "damaged_in_a_file.py"
    path.write_text(IMPORTS + inspect.getsource(Damaged).replace("damaged", "cut"))
    registry.import_user_modules(str(path))
    for number in (1, 2):
        (result,) = generate_data(
            "cut_for_tests",
            data_dir=tmp_path / str(number),
            options=GenerationOptions(num_processes=number, progress=False),
        )
        assert {split.skipped for split in result.splits.values()} == {6, 8}
    first, second = (
        open_data(registry.problem("cut_for_tests"), tmp_path / str(number)).metadata
        for number in (1, 2)
    )
    assert first == second


def test_a_limit_counts_only_what_is_kept(tmp_path: Path) -> None:
    (result,) = generate_data(
        "damaged_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(max_cases=7, progress=False),
    )
    assert {split.examples for split in result.splits.values()} == {7}
    assert [split.skipped for split in result.splits.values()] == [4, 5]


def test_without_leave_the_first_bad_example_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Damaged, "skip_bad_examples", False)
    with pytest.raises(UserError) as error:
        generate_data(
            "damaged_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
        )
    message = str(error.value)
    assert message.startswith("Problem damaged_for_tests: example 0 of train, part 0, feature 'inp")
    assert "skip_bad_examples = False" in message


def test_a_split_of_nothing_but_bad_examples_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no example in its split 'train'.*unreadable=1"):
        generate_data(
            "silent_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
        )
