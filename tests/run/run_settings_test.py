from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.run.run_settings import find_run_folder, read_settings


def test_a_checkpoint_stands_for_its_run(tmp_path: Path) -> None:
    (tmp_path / "hparams.json").write_text('{"model": {"width": 64}}')
    for path in (tmp_path, tmp_path / "checkpoints" / "00000004"):
        assert read_settings(path).model.width == 64


def test_a_run_may_lie_in_a_folder_called_checkpoints(tmp_path: Path) -> None:
    for name in ("base", "1"):
        run = tmp_path / "checkpoints" / name
        run.mkdir(parents=True)
        (run / "run.json").touch()
        assert find_run_folder(run) == run
        assert find_run_folder(run / "checkpoints" / "00000004") == run
    assert find_run_folder(tmp_path / "checkpoints" / "00000004") == tmp_path


def test_no_run_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no run to begin with.*warm_start_from="):
        read_settings(tmp_path)
