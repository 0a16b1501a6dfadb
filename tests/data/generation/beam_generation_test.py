from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from t2t_mm import Language, Problem, UserError, registry
from t2t_mm.data.generation.beam_generation import (
    _generate_part,
    count_records,
    restore_user_errors,
)
from t2t_mm.data.generation.counting import Tally
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.records.stored import open_data
from t2t_mm.features import Audio


class Failing(Problem):
    def generate(self, split: str) -> Iterator[dict[str, str]]:
        raise UserError("The file is not there", fix="Put it there.")


@pytest.mark.parametrize("part", [-1, 0])
def test_a_workers_user_error_arrives_as_one(tmp_path: Path, part: int) -> None:
    with pytest.raises(UserError) as caught, restore_user_errors():
        try:
            list(_generate_part(Failing(), "train", tmp_path, GenerationOptions(), part))
        except RuntimeError as error:
            raise RuntimeError(f"Traceback ...\n{error} [while running 'FlatMap']") from None
    assert str(caught.value) == "The file is not there. Put it there."


def test_a_workers_bug_stays_one() -> None:
    with pytest.raises(RuntimeError, match="a bug"), restore_user_errors():
        raise RuntimeError("a bug")


@registry.register_problem("half_silent_for_tests")
class HalfSilent(Problem):
    """Two parts of five sounds each; one is empty in the first part, two are in the second."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Language("bytes", alternatives=True)}
    splits = ("train",)
    skip_bad_examples = True

    def num_parts(self, split: str) -> int:
        return 2

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        for index in range(5):
            samples = 0 if index <= part else 1000 * index
            yield {"inputs": np.zeros(samples, np.int16), "targets": ["a", "bcd"]}


def test_what_workers_leave_out_is_counted_as_in_one_process(tmp_path: Path) -> None:
    generate_data(
        "half_silent_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False)
    )
    base = registry.problem("half_silent_for_tests")
    metadata = open_data(base, tmp_path).metadata
    options = GenerationOptions()
    records = [
        record
        for part in (0, 1)
        for _, record in _generate_part(base, "train", tmp_path, options, part)
    ]
    assert len(records) == 7
    tallies = {"train": Tally()}
    folder = tmp_path / "half_silent_for_tests/1.0.0"
    count_records(base, tmp_path, folder, tallies)
    expected = {"inputs": {2: 1, 4: 2, 5: 2, 7: 2}, "targets": {4: 7}}
    assert tallies["train"].lengths == metadata.lengths["train"] == expected
    assert tallies["train"].skipped == metadata.skipped["train"] == 3
    assert [path.name for path in folder.parent.iterdir()] == ["1.0.0"]
