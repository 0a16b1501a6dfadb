import numpy as np

from t2t_mm.training.buckets import find_bucket_length, pad_to_bucket


def test_lengths_are_powers_of_two_and_three_quarters_of_them():
    assert sorted({find_bucket_length(n) for n in range(1, 257)}) == [
        *(8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
    ]
    assert all(n <= find_bucket_length(n) for n in range(1, 300))


def test_texts_are_padded_to_one_length_with_zeros():
    batch = {"inputs": np.full((2, 5), 7, "int32"), "targets": np.full((2, 13), 9, "int32")}
    padded = pad_to_bucket(batch)
    assert padded["inputs"].shape == padded["targets"].shape == (2, 16)
    np.testing.assert_array_equal(padded["inputs"][:, :5], batch["inputs"])
    assert not padded["inputs"][:, 5:].any()


def test_pictures_and_sounds_keep_their_sizes_beside():
    picture = np.ones((3, 40, 32, 3), "float32")
    batch = {"inputs": picture, "inputs_size": np.array([[40, 32]] * 3), "targets": np.arange(3)}
    padded = pad_to_bucket(batch)
    assert padded["inputs"].shape == (3, 64, 32, 3)
    np.testing.assert_array_equal(padded["inputs_size"], batch["inputs_size"])
    np.testing.assert_array_equal(padded["targets"], [0, 1, 2])
    sound = {"inputs": np.ones((2, 100, 80), "float32"), "targets": np.ones((2, 5), "int32")}
    padded = pad_to_bucket(sound)
    assert padded["inputs"].shape == (2, 128, 80)
    assert padded["targets"].shape == (2, 8)
