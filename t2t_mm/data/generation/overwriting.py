"""New data and vocabularies in place of those that are there: all of them together, or none."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from t2t_mm.data.records.shards import trust_files
from t2t_mm.data.records.stored import METADATA_FILE, Metadata
from t2t_mm.data.vocabulary.vocabulary import copy_vocabulary
from t2t_mm.files.disk import claim_folder, is_claimed, lock_folder, remove_leftover

_PREFIX: Final = "overwriting."
_WHOLE: Final = "whole"


@contextmanager
def replace_together(data_dir: Path) -> Iterator[Path]:
    """Give a folder to make data and vocabularies in, which at the end replace those of `data_dir`.

    What is there stays as it is, and can be read, until all is made, and after an error for good.
    What a kill leaves is finished or removed by `finish_overwriting`.

    Args:
        data_dir: Folder of generated data.

    Example:
        >>> with replace_together(Path("data")) as new_dir:
        ...     _ = new_dir.joinpath("vocab").mkdir()
        ...     _ = new_dir.joinpath("vocab/pets.labels").write_text("new")
        ...     list_new_vocabularies(new_dir), Path("data/vocab").exists()
        ({'pets'}, False)
        >>> Path("data/vocab/pets.labels").read_text()
        'new'
    """
    with ExitStack() as stack:
        with lock_folder(data_dir):
            new_dir = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=data_dir))
            stack.enter_context(claim_folder(new_dir, "new data"))
        try:
            yield new_dir
            (new_dir / _WHOLE).touch()
        except BaseException:
            _remove(new_dir)
            raise
        _move_in(new_dir, data_dir)
        _remove(new_dir)


def finish_overwriting(data_dir: Path) -> None:
    """Bring to its end what killed processes had made whole, and remove what they had not."""
    with lock_folder(data_dir):
        for new_dir in data_dir.glob(f"{_PREFIX}*"):
            if is_claimed(new_dir):
                continue
            if (new_dir / _WHOLE).exists():
                _move_in(new_dir, data_dir)
            _remove(new_dir)


def list_new_vocabularies(new_dir: Path) -> set[str]:
    """List the vocabularies, of text and of classes, that were made in a folder."""
    ends = (".model", ".labels")
    return {path.stem for path in new_dir.glob("vocab/*") if path.suffix in ends}


def _move_in(new_dir: Path, data_dir: Path) -> None:
    """Put new data and vocabularies in the place of old ones; again after a kill in between."""
    replaced = []
    for metadata in sorted(new_dir.glob(f"**/{METADATA_FILE}")):
        folder = data_dir / metadata.parent.relative_to(new_dir)
        with lock_folder(folder.parent):
            clean_up_after_kill(folder)
            if folder.exists():
                replaced.append(folder.rename(_locate_replaced(folder)))
            _move(metadata.parent, folder)
            trust_files(folder / METADATA_FILE, Metadata.read(folder).shards)
    for name in sorted(list_new_vocabularies(new_dir)):
        copy_vocabulary(name, new_dir, data_dir)
    for folder in replaced:  # at last, since it may take long
        remove_leftover(folder)


def _move(folder: Path, to: Path) -> None:
    """Move a folder such that it appears whole, on another file system too."""
    try:
        folder.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = to.with_name(f"incomplete.moved_{to.name}")
        shutil.copytree(folder, copy)
        copy.rename(to)
        shutil.rmtree(folder)


def _remove(new_dir: Path) -> None:
    (new_dir / _WHOLE).unlink(missing_ok=True)  # a kill in between leaves nothing that looks whole
    remove_leftover(new_dir)


def clean_up_after_kill(folder: Path) -> None:
    """Remove what was left of a folder of data while it was written or replaced.

    Args:
        folder: Where the data lies; the folder around it is locked, so no other is at work.
    """
    for path in folder.parent.glob(f"incomplete.*_{folder.name}"):
        remove_leftover(path)
    replaced = _locate_replaced(folder)
    if replaced.exists() and folder.exists():
        remove_leftover(replaced)
    elif replaced.exists():
        replaced.rename(folder)


def _locate_replaced(folder: Path) -> Path:
    return folder.with_name(f"replaced.{folder.name}")
