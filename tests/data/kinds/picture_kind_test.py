import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
from served_values import read_in_graph

from t2t_mm import Image
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.kinds.picture_kind import PictureKind
from t2t_mm.data.pictures.served_pictures import MOST_PIXELS_OF_OWN_SIZE
from t2t_mm.data.pictures.stored_pictures import _MOST_PIXELS
from t2t_mm.settings import DataHParams

OWN_SIZE = PictureKind(Image())
DECLARED = PictureKind(Image(32, 64, crop=True, flip=True))
STORED = OWN_SIZE.check(np.zeros((17, 16, 3), np.uint8))


def test_a_picture_is_a_file_without_ids() -> None:
    assert STORED.startswith(b"\x89PNG") and not OWN_SIZE.has_ids and not OWN_SIZE.has_text
    with pytest.raises(BadExampleError):
        OWN_SIZE.check(b"")


def test_its_positions_are_patches_of_its_own_size_or_the_declared() -> None:
    for kind, number in ((OWN_SIZE, 2), (DECLARED, 8)):
        assert kind.measure(STORED, ()) == int(kind.count_positions(tf.constant(STORED))) == number
    assert (OWN_SIZE.most_positions, DECLARED.most_positions) == (None, 8)
    assert DECLARED.choose_limit(DataHParams()) is None


def test_pictures_of_the_declared_size_have_one_shape_and_others_any() -> None:
    assert DECLARED.find_batch_shape(8) == (32, 64, 3)
    assert OWN_SIZE.find_batch_shape(8) == (None, None, 3)
    assert DECLARED.count_read_positions((32, 64, 3)) == 8
    sizes = (np.array([32, 33]), np.array([48, 16]))
    assert OWN_SIZE.count_read_positions(sizes).tolist() == [6, 3]


@pytest.mark.parametrize(("height", "width"), [(17, 16), (16, 16), (16, 30)])
def test_a_tall_picture_is_told_from_a_wide_one_where_sizes_differ(height: int, width: int) -> None:
    stored = tf.constant(OWN_SIZE.check(np.zeros((height, width), np.uint8)))
    assert bool(OWN_SIZE.is_tall(stored)) is (height > width)
    assert not bool(DECLARED.is_tall(stored))


def test_a_person_gives_what_is_stored_without_crop_or_mirror() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (32, 64, 3), np.uint8)
    prepared = DECLARED.prepare_input(picture)
    assert prepared.dtype == np.float32 and prepared.shape == (32, 64, 3)
    np.testing.assert_array_equal(prepared, OWN_SIZE.prepare_input(picture))


def test_a_person_sees_type_and_size_and_a_page_the_file() -> None:
    assert OWN_SIZE.describe(STORED, "")["picture"].startswith("PNG, 16 x 17 pixels")
    assert OWN_SIZE.show(STORED) == ("picture", "png", STORED)
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(file, "JPEG")
    assert OWN_SIZE.show(file.getvalue())[:2] == ("picture", "jpg")


@pytest.mark.parametrize("kind", [OWN_SIZE, DECLARED, PictureKind(Image(16, 16, channels=1))])
@pytest.mark.parametrize("file_type", ["PNG", "JPEG"])
def test_in_a_graph_a_file_is_read_as_elsewhere(kind: PictureKind, file_type: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 32, 3)).astype(np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, file_type)
    read = read_in_graph(kind, {"inputs": file.getvalue()})
    np.testing.assert_allclose(read, kind.prepare_input(file.getvalue()), atol=1e-6)


def test_in_a_graph_what_is_no_picture_is_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        read_in_graph(OWN_SIZE, {"inputs": b"no picture"})


def test_in_a_graph_a_palette_that_tensorflow_ignores_is_refused() -> None:
    picture = PIL.Image.new("P", (32, 32))
    picture.save(file := io.BytesIO(), "BMP")
    with pytest.raises(tf.errors.InvalidArgumentError, match="save it as PNG"):
        read_in_graph(OWN_SIZE, {"inputs": file.getvalue()})


def test_in_a_graph_a_picture_is_at_most_as_large_as_one_that_is_stored() -> None:
    assert MOST_PIXELS_OF_OWN_SIZE == _MOST_PIXELS
    for height, is_larger in ((4_000, False), (4_001, True)):
        file = STORED[:16] + (4_000).to_bytes(4) + height.to_bytes(4) + STORED[24:]
        given = {"inputs": tf.constant(file)}
        assert DECLARED.store_tensors(given) == file  # what a net reads of it is small
        if is_larger:
            with pytest.raises(tf.errors.InvalidArgumentError, match="more than 16,000,000 pix"):
                OWN_SIZE.store_tensors(given)
        else:
            assert OWN_SIZE.store_tensors(given) == file


def encode(kind: str, **options: Any) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 100, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(file := io.BytesIO(), kind, **options)
    return file.getvalue()


def fill_tail(data: bytes, filler: bytes) -> bytes:
    """A download that broke off into a file of the whole size."""
    return data[: len(data) * 2 // 3] + filler * (len(data) - len(data) * 2 // 3)


@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"x", b""])
@pytest.mark.parametrize(
    "whole",
    [
        encode("JPEG"),
        encode("JPEG", progressive=True),
        encode("JPEG", subsampling=0, quality=30),
        encode("PNG"),
        encode("GIF"),
        encode("BMP"),
        encode("WEBP"),
    ],
    ids=["jpeg", "progressive", "fine", "png", "gif", "bmp", "webp"],
)
def test_what_is_stored_can_be_read_whatever_the_damage(whole: bytes, filler: bytes) -> None:
    for kind in (OWN_SIZE, DECLARED):
        assert kind.prepare(tf.constant(kind.check(whole)), None).shape[2] == 3
        try:
            stored = kind.check(fill_tail(whole, filler))
        except BadExampleError:
            continue
        assert kind.prepare(tf.constant(stored), None).shape[2] == 3


def test_a_jpeg_whose_tail_is_zeros_is_a_bad_example_that_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(fill_tail(encode("JPEG"), b"\0"))
    with pytest.raises(BadExampleError, match=r"decoded for training: .*cut\.jpg"):
        OWN_SIZE.check(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF"])
def test_a_picture_above_100_megapixels_is_a_bad_example(kind: str) -> None:
    before = PIL.Image.MAX_IMAGE_PIXELS
    for height, is_odd in ((10_001, True), (100, False)):
        PIL.Image.new("L", (10_000, height)).save(file := io.BytesIO(), kind)
        if is_odd:
            with pytest.raises(BadExampleError, match="exceeds limit of 100000000 pixels"):
                DECLARED.check(file.getvalue())
        else:
            DECLARED.check(file.getvalue())
    assert before == PIL.Image.MAX_IMAGE_PIXELS
