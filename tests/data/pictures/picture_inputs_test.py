import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from t2t_mm import Image, UserError
from t2t_mm.data.pictures.picture_inputs import make_picture_input, measure_picture
from t2t_mm.data.pictures.stored_pictures import store_picture


def places(height: int, width: int) -> Any:
    """uint8[height, width, 3] whose red is the row, green the column, blue their sum."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows + columns], axis=-1).astype(np.uint8)


def standardised(array: Any) -> Any:
    values = array.astype(np.float64)
    return (values - values.mean()) / values.std()


def prepare_picture(value: Any, spec: Image) -> Any:
    return make_picture_input(tf.constant(store_picture(value, spec)), spec).numpy()


def in_training(array: Any, spec: Image, dice: list[float]) -> Any:
    stored = tf.constant(store_picture(array, spec))
    return make_picture_input(stored, spec, tf.constant(dice, tf.float32)).numpy()


def test_a_picture_of_its_own_size_is_standardised_and_nothing_else() -> None:
    picture = prepare_picture(places(20, 30), Image())
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture, standardised(places(20, 30)), atol=1e-5)


def test_a_picture_of_one_colour_is_zero() -> None:
    assert not prepare_picture(np.full((5, 5), 200, np.uint8), Image(channels=1)).any()


def test_evaluation_takes_the_middle_of_the_longer_side() -> None:
    picture = prepare_picture(places(20, 50), Image(20, 20, crop=True, flip=True))
    np.testing.assert_allclose(picture, standardised(places(20, 50)[:, 15:35]), atol=1e-5)


def test_without_crop_training_takes_the_middle_too() -> None:
    picture = in_training(places(50, 20), Image(20, 20), [0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(picture, standardised(places(50, 20)[15:35]), atol=1e-5)


@pytest.mark.parametrize(
    ("dice", "rows", "columns"),
    [
        ([1.0, 0.0, 0.0], slice(0, 20), slice(0, 20)),
        ([1.0, 0.0, 0.999], slice(0, 20), slice(4, 24)),
        ([0.0, 0.0, 0.0], slice(0, 15), slice(0, 15)),
        ([0.0, 0.999, 0.999], slice(5, 20), slice(9, 24)),
    ],
)
def test_a_random_crop_is_three_quarters_or_more_anywhere(
    dice: list[float], rows: slice, columns: slice
) -> None:
    """The dice are size, row and column; the box is 15 to 20 pixels wide in 20 x 24."""
    spec = Image(20, 20, crop=True)
    picture = in_training(places(20, 24), spec, [*dice, 0.9])
    box = places(20, 24)[rows, columns].astype(np.float32)
    expected = standardised(tf.image.resize(box, (20, 20), antialias=True).numpy())
    np.testing.assert_allclose(picture, expected, atol=1e-4)


def test_half_of_the_pictures_are_mirrored() -> None:
    spec = Image(flip=True)
    as_it_is, mirrored = (in_training(places(8, 9), spec, [0, 0, 0, d]) for d in (0.5, 0.49))
    np.testing.assert_allclose(as_it_is, standardised(places(8, 9)), atol=1e-5)
    np.testing.assert_array_equal(mirrored, as_it_is[:, ::-1])


def test_a_small_picture_is_enlarged_and_a_large_one_loses_no_side_by_squeezing() -> None:
    assert prepare_picture(places(10, 7), Image(32, 48)).shape == (32, 48, 3)
    half_white = np.zeros((100, 200), np.uint8)
    half_white[:, 100:] = 255
    picture = prepare_picture(half_white, Image(20, 20, channels=1))
    assert (picture[:, :9] < -0.9).all() and (picture[:, 11:] > 0.9).all()


def test_a_strip_of_extreme_shape_needs_no_memory_for_what_is_cut_off() -> None:
    assert prepare_picture(np.zeros((1, 20_000), np.uint8), Image(64, 64)).shape == (64, 64, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_size_is_read_from_the_header(kind: str) -> None:
    file = io.BytesIO()
    PIL.Image.fromarray(places(31, 200)).save(file, kind)
    assert measure_picture(tf.constant(file.getvalue())).numpy().tolist() == [31, 200]


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UserError, match="cannot be decoded"):
        prepare_picture(b"no picture", Image())
