"""The settings of a run, read without all else that its folder holds: nothing heavy is imported."""

from __future__ import annotations

from pathlib import Path

from t2t_mm.errors import UserError
from t2t_mm.settings import HParams
from t2t_mm.settings.hparams_json import read_hparams


def read_settings(path: str | Path) -> HParams:
    """Read the settings of a run.

    Args:
        path: Its folder, or one of its checkpoints.

    Raises:
        UserError: There are none.

    Example:
        >>> read_settings("demo/run").train.steps
        4
    """
    file = find_run_folder(path) / "hparams.json"
    if not file.is_file():
        raise UserError(
            "There is no run to begin with",
            expected="a folder that t2t-trainer wrote, or one of its checkpoints",
            received={"warm_start_from": str(path)},
        )
    return read_hparams(file)


def find_run_folder(path: str | Path) -> Path:
    """Return the folder of a run: what is given, or where the checkpoint that is given lies.

    Example:
        >>> find_run_folder("demo/run/checkpoints/00000004")
        PosixPath('demo/run')
    """
    folder = Path(path)
    is_checkpoint = folder.name.isdigit() and folder.parent.name == "checkpoints"
    return folder.parent.parent if is_checkpoint and not (folder / "run.json").exists() else folder
