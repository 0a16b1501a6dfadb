"""Archives that are read back: damaged, or with other bits."""

from pathlib import Path

import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.run.written_arrays import check_written, copy_arrays, write_arrays

ARRAYS = {"a/b": np.array([1.0, np.nan], np.float32), "count": np.array(3)}


def test_what_was_written_passes_not_a_number_included(tmp_path: Path) -> None:
    write_arrays(tmp_path / "one.npz", ARRAYS)
    check_written(tmp_path / "one.npz", ARRAYS)


def test_one_bit_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    write_arrays(path, ARRAYS)
    other = ARRAYS | {"a/b": np.nextafter(ARRAYS["a/b"], np.float32(2))}
    with pytest.raises(UserError, match="'a/b' was read back"):
        check_written(path, other)
    content = bytearray(path.read_bytes())
    content[content.index(ARRAYS["a/b"].tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="is damaged or missing: Bad CRC"):
        check_written(path, ARRAYS)


def test_copies_do_not_change_with_what_they_are_of() -> None:
    values = np.zeros(2)
    copies = copy_arrays({"a": values})
    values += 1
    assert copies["a"].tolist() == [0.0, 0.0]
