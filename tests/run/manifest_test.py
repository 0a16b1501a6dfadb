"""Each file of a checkpoint against its size and checksum."""

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from seals import change_sealed

from t2t_mm.errors import UserError
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.manifest import MANIFEST, DamagedFileError, check_all_files, check_file
from t2t_mm.run.written_arrays import open_arrays


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = CheckpointStore(tmp_path)
    for step in (1, 2):
        store.save(
            step,
            weights={"a": np.full(50, step, np.float32), "b/c": np.arange(6)},
            optimizer={"first_moment/a": np.full(50, -step, np.float32)},
            input_checkpoint=tf.train.Checkpoint(position=tf.Variable(step)),
            state={"step": step},
        )
    return tmp_path / "checkpoints" / "00000002"


def test_what_was_written_is_whole(folder: Path) -> None:
    check_all_files(folder)


def test_every_file_is_looked_at_for_every_kind_of_damage(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.name != "state.json")
    assert {"weights.npz", "optimizer.npz", "input.index", MANIFEST} < set(names)
    for name in names:
        path = folder / name
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[150 if path.suffix == ".npz" else len(content) // 2] ^= 4  # in an array
        for damage in (content[:-3], b"", content + b"x", bytes(flipped), bytes(len(content))):
            path.write_bytes(damage)
            with pytest.raises(DamagedFileError, match="damaged or missing") as caught:
                check_all_files(folder)
            assert str(folder) in str(caught.value) and "pickle" not in str(caught.value)
        path.unlink()
        if name != MANIFEST:
            with pytest.raises(DamagedFileError):
                check_all_files(folder)
        path.write_bytes(content)
    check_all_files(folder)


@pytest.mark.parametrize("files", [True, "ab", [1], 3.5, None])
def test_a_list_of_files_that_is_none_is_damage(folder: Path, files: Any) -> None:
    change_sealed(folder / MANIFEST, lambda record: record.update(files=files))
    with pytest.raises(DamagedFileError, match=MANIFEST):
        check_file(folder / "weights.npz")


def test_a_whole_file_of_another_checkpoint_is_not_taken(folder: Path) -> None:
    other = folder.with_name("00000001") / "weights.npz"
    assert os.path.getsize(other) == os.path.getsize(folder / "weights.npz")
    shutil.copy(other, folder)
    with (
        pytest.raises(DamagedFileError, match="not the file that was written"),
        open_arrays(folder / "weights.npz"),
    ):
        pass


def test_a_reader_is_not_stopped_by_files_that_it_does_not_read(folder: Path) -> None:
    (folder / "optimizer.npz").write_bytes(b"")
    check_file(folder / "weights.npz")
    with open_arrays(folder / "weights.npz") as arrays:
        assert arrays["b/c"].tolist() == [0, 1, 2, 3, 4, 5]


def test_archives_of_before_are_checked_by_what_is_in_them(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    check_all_files(folder)
    path = folder / "weights.npz"
    content = bytearray(path.read_bytes())
    content[content.index(np.full(50, 2, np.float32).tobytes()) + 9] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"weights\.npz"):
        check_all_files(folder)
    with pytest.raises(DamagedFileError, match=r"weights\.npz"), open_arrays(path) as arrays:
        _ = arrays["a"]


def test_no_byte_of_an_archive_gives_other_arrays_or_another_error(folder: Path) -> None:
    path = folder / "weights.npz"
    content = path.read_bytes()
    with open_arrays(path) as arrays:
        expected = {name: array.tolist() for name, array in arrays.items()}
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        try:
            with open_arrays(path) as arrays:
                assert {name: array.tolist() for name, array in arrays.items()} == expected
        except UserError as error:
            assert "weights.npz" in str(error)


def test_objects_of_python_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    np.savez(path, a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(DamagedFileError), open_arrays(path) as arrays:
        _ = arrays["a"]
    (tmp_path / "bare.npz").write_bytes(b"\x80\x04N.")
    with (
        pytest.raises(DamagedFileError, match="no archive of arrays"),
        open_arrays(tmp_path / "bare.npz"),
    ):
        pass
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"no array")
    with pytest.raises(DamagedFileError), open_arrays(path) as arrays:
        _ = arrays["a"]
