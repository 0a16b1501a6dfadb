from collections.abc import Iterator
from pathlib import Path

import pytest

from t2t_mm import Problem, UserError
from t2t_mm.data.beam_generation import _generate, user_errors_told
from t2t_mm.data.generation import GenerationSettings


class Failing(Problem):
    def generate(self, split: str) -> Iterator[dict[str, str]]:
        raise UserError("The file is not there", fix="Put it there.")


@pytest.mark.parametrize("part", [-1, 0])
def test_a_workers_user_error_arrives_as_one(tmp_path: Path, part: int) -> None:
    with pytest.raises(UserError) as caught, user_errors_told():
        try:
            list(_generate(Failing(), "train", GenerationSettings(data_dir=tmp_path), part))
        except RuntimeError as error:
            raise RuntimeError(f"Traceback ...\n{error} [while running 'FlatMap']") from None
    assert str(caught.value) == "The file is not there. Put it there."


def test_a_workers_bug_stays_one() -> None:
    with pytest.raises(RuntimeError, match="a bug"), user_errors_told():
        raise RuntimeError("a bug")
