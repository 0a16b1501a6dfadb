"""Rows and lengths are added, nothing is lost, and few shapes are left."""

import numpy as np
import pytest

from t2t_mm.search.few_shapes import needs_few_shapes, pad_to_few_shapes


def test_texts_and_classes() -> None:
    ids = np.arange(1, 28).reshape(3, 9).astype("int32")
    padded = pad_to_few_shapes({"inputs": ids, "targets": np.array([4, 5, 6], "int32")})
    assert {name: one.shape for name, one in padded.items()} == {"inputs": (8, 16), "targets": (8,)}
    np.testing.assert_array_equal(padded["inputs"][:3, :9], ids)
    assert padded["inputs"].sum() == ids.sum() and padded["inputs"].dtype == ids.dtype
    assert padded["targets"].tolist() == [4, 5, 6, 0, 0, 0, 0, 0]


def test_what_has_sizes_is_padded_along_as_many_axes() -> None:
    pictures = {"inputs": np.ones((2, 33, 20, 3)), "inputs_size": np.ones((2, 2), "int32")}
    padded = pad_to_few_shapes(pictures)
    assert padded["inputs"].shape == (8, 64, 32, 3)
    assert padded["inputs_size"].shape == (8, 2) and padded["inputs_size"][2:].max() == 0
    sounds = {"inputs": np.ones((9, 70, 80)), "inputs_size": np.ones((9, 1), "int32")}
    assert pad_to_few_shapes(sounds)["inputs"].shape == (16, 128, 80)


def test_what_fits_stays_as_it_is() -> None:
    batch = {"inputs": np.ones((16, 64), "int32"), "targets": np.ones((16, 8), "int32")}
    assert {name: one.shape for name, one in pad_to_few_shapes(batch).items()} == {
        "inputs": (16, 64),
        "targets": (16, 8),
    }


@pytest.mark.parametrize("shape", [(400,), (28, 28), (9, 9, 3)])
def test_an_array_whose_shape_is_declared_has_rows_added_only(shape: tuple[int, ...]) -> None:
    padded = pad_to_few_shapes({"inputs": np.ones((3, *shape), "float32")})
    assert padded["inputs"].shape == (8, *shape)


def test_only_what_xla_compiles_needs_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not needs_few_shapes() and needs_few_shapes(jit_compile=True)
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    assert needs_few_shapes()
