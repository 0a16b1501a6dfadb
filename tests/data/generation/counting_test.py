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
    assert "skip_bad_examples = True" in message


def test_a_split_of_nothing_but_bad_examples_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no example in its split 'train'.*unreadable=1"):
        generate_data(
            "silent_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
        )
