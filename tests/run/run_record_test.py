"""A description of a run in which a value was changed by hand."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from seals import change_sealed
from tiny_run import TinyRun

from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import open_run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data_digests", 3),
        ("vocabulary_hashes", []),
        ("vocabulary_hashes", {"../../../outside": "0"}),
        ("user_modules", [1]),
        ("mixture", True),
        ("mixture", {"rates": 5}),
        ("mixture", {"rates": {"mini_ende": "often"}}),
    ],
)
def test_a_value_of_another_type_is_damage(
    name: str, value: Any, tiny_run: TinyRun, tmp_path: Path
) -> None:
    for file in ("run.json", "hparams.json"):
        shutil.copy(tiny_run.output_dir / file, tmp_path)
    change_sealed(tmp_path / "run.json", lambda record: record.update({name: value}))
    with pytest.raises(UserError, match=r"description of the run in .* is damaged"):
        open_run(tmp_path)
