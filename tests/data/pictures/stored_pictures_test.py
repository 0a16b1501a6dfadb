import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
from source_modules import MODULES

from t2t_mm import Image, UserError
from t2t_mm.data.declaring.bad_examples import BadExampleError, UnreadableFileError
from t2t_mm.data.pictures.stored_pictures import (
    describe_picture,
    measure_stored_picture,
    store_picture,
)

ANY = Image()
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def scene(height: int, width: int) -> Any:
    """Red grows downwards, green to the right: every pixel of uint8[height, width, 3] differs."""
    rows, columns = np.mgrid[:height, :width]
    red, green = 255 * rows / height, 255 * columns / width
    return np.stack([red, green, np.full_like(red, 90)], axis=-1).astype(np.uint8)


def file_of(array: Any, kind: str, mode: str = "", **options: Any) -> bytes:
    file = io.BytesIO()
    picture = PIL.Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(file, kind, **options)
    return file.getvalue()


def decode(stored: bytes, channels: int = 3) -> Any:
    return tf.io.decode_image(stored, channels, expand_animations=False).numpy().astype(int)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_file_is_kept_byte_for_byte(kind: str, channels: int, mode: str) -> None:
    content = file_of(scene(20, 30), kind, mode)
    assert store_picture(content, Image(channels=channels)) == content


@pytest.mark.parametrize(
    ("kind", "mode", "closeness"),
    [
        ("JPEG", "CMYK", 12),
        ("PNG", "RGBA", 0),
        ("PNG", "P", 60),
        ("GIF", "", 60),
        ("BMP", "", 0),
        ("WEBP", "", 40),
        ("TIFF", "", 0),
    ],
)
def test_other_files_become_ones_that_look_the_same(kind: str, mode: str, closeness: int) -> None:
    content = file_of(scene(40, 50), kind, mode)
    stored = store_picture(content, ANY)
    assert stored != content or mode == "P"
    assert np.abs(decode(stored) - scene(40, 50)).max() <= closeness


def test_sixteen_bits_become_eight_by_their_upper_half() -> None:
    grey = (np.arange(600).reshape(20, 30) * 100).astype(np.uint16)
    stored = store_picture(file_of(grey, "PNG"), ANY)
    np.testing.assert_array_equal(decode(stored)[..., 0], grey >> 8)


def test_what_is_transparent_is_white() -> None:
    array = np.zeros((8, 8, 4), np.uint8)
    array[4:, :, 3] = 255
    stored = decode(store_picture(file_of(array, "PNG"), ANY))
    assert (stored[:4] == 255).all() and (stored[4:] == 0).all()


def test_a_picture_that_was_held_askew_is_turned_upright() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the file's left is the scene's bottom
    on_its_side = np.rot90(scene(40, 60)).copy()
    stored = store_picture(file_of(on_its_side, "JPEG", quality=95, exif=exif), ANY)
    assert decode(stored).shape == (40, 60, 3)
    assert np.abs(decode(stored) - scene(40, 60)).mean() < 4


def test_an_odd_entry_beside_the_orientation_does_no_harm() -> None:
    content = file_of(np.rot90(scene(40, 60)).copy(), "JPEG", quality=95)
    entries = (  # the orientation, and a resolution that is a text: none that could be written
        struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack("<HHI4s", 0x011A, 2, 3, b"72\0")
    )
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4)
    marked = content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:]
    stored = store_picture(marked, ANY)
    assert np.abs(decode(stored) - scene(40, 60)).mean() < 4


def test_a_png_named_jpeg_is_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "odd.JPEG"
    path.write_bytes(file_of(scene(20, 20), "PNG"))
    assert describe_picture(store_picture(path, ANY)).startswith("PNG, 20 x 20 pixels, ")


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3)])
def test_an_array_is_stored_without_loss(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    channels = shape[2] if len(shape) == 3 else 1
    stored = store_picture(array, Image(channels=channels))
    np.testing.assert_array_equal(decode(stored, channels), array.reshape(9, 7, channels))


def test_grey_becomes_as_many_channels_as_are_declared() -> None:
    stored = decode(store_picture(np.full((4, 4), 77, np.uint8), Image(channels=3)))
    assert stored.shape == (4, 4, 3) and (stored == 77).all()


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("make", [lambda a: a, lambda a: file_of(a, "JPEG", quality=95)])
def test_a_picture_much_larger_than_declared_is_stored_smaller(
    crop: bool, make: Callable[[Any], Any]
) -> None:
    """Height 30 covers the declared 30 x 20; random crops of 75% need 4/3 of that.

    Whether a problem crops may change later: it does not change what is stored.
    """
    stored = store_picture(make(scene(300, 400)), Image(30, 20, crop=crop))
    assert decode(stored).shape == (40, 53, 3)
    assert np.abs(decode(stored) - scene(40, 53)).mean() < 6


def test_a_picture_not_twice_as_large_as_declared_is_kept() -> None:
    content = file_of(scene(59, 100), "JPEG")
    assert store_picture(content, Image(30, 30)) == content


def test_a_picture_of_too_many_pixels_is_stored_smaller() -> None:
    stored = store_picture(np.zeros((4000, 5000), np.uint8), Image(channels=1))
    assert measure_stored_picture(stored) == (3578, 4472)
    assert decode(stored, 1).shape == (3578, 4472, 1)


def truncated() -> bytes:
    content = file_of(scene(50, 60), "JPEG")
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (truncated(), r"(?i)cannot be decoded: .*truncated.*bytes=\d+"),
        (b"", "cannot be decoded: UnidentifiedImageError.*Received: bytes=0"),
        (b"<html>not found</html>", "UnidentifiedImageError. Expected: a whole JPEG"),
        (POSTSCRIPT, "UnidentifiedImageError"),  # and no program was looked for to run it
        (Path("/nowhere/a.jpg"), r"cannot be read: No such file.*path='/nowhere/a.jpg'"),
    ],
)
def test_a_picture_that_cannot_be_decoded_is_a_bad_example(content: Any, message: str) -> None:
    with pytest.raises(BadExampleError, match=message):
        store_picture(content, ANY)


def test_every_picture_file_is_opened_as_one_of_the_usual_kinds() -> None:
    opening = [name for name, path in MODULES.items() if "Image.open(" in path.read_text()]
    assert opening == ["t2t_mm.data.pictures.stored_pictures"]


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(truncated())
    with pytest.raises(BadExampleError, match=r"Received: path='.*cut\.jpg'"):
        store_picture(path, ANY)


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), OSError(5, "I/O")])
def test_a_fault_of_the_disk_is_no_bad_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    def fail(path: Path) -> bytes:
        raise fault

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(UnreadableFileError, match=f"{fault.strerror}.*path='.*a.jpg'") as error:
        store_picture(tmp_path / "a.jpg", ANY)
    assert not isinstance(error.value, BadExampleError)


def test_want_of_memory_is_no_bad_example(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("t2t_mm.data.pictures.stored_pictures._load_picture", fail)
    with pytest.raises(MemoryError):
        store_picture(b"", ANY)


@pytest.mark.parametrize(
    "value",
    [
        "picture.jpg",
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4), np.uint8),
        None,
    ],
)
def test_what_is_no_picture_is_the_problems_fault(value: Any) -> None:
    with pytest.raises(UserError, match="is no picture") as error:
        store_picture(value, ANY)
    assert not isinstance(error.value, BadExampleError)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_whatever_is_stored_of_a_damaged_file_can_be_read(kind: str, options: Any) -> None:
    """Cut short by a little or a lot, or with one wrong bit: TensorFlow reads what Pillow did."""
    dice = np.random.default_rng(1)
    whole = file_of(dice.integers(0, 255, (30, 30, 3), np.uint8), kind, **options)
    damaged = [whole[:-cut] for cut in (*range(1, 20), *range(20, len(whole), 101))]
    for _ in range(60):
        content = bytearray(whole)
        content[dice.integers(len(whole))] ^= 1 << int(dice.integers(8))
        damaged.append(bytes(content))
    outcomes = {"stored": 0, "refused": 0}
    for content in damaged:
        try:
            stored = store_picture(content, ANY)
        except BadExampleError:
            outcomes["refused"] += 1
        else:
            outcomes["stored"] += 1
            assert decode(stored).shape[2] == 3
    assert min(outcomes.values()) > 5
