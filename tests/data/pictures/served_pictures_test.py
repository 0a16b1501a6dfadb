"""What TensorFlow would read wrongly is refused by its header; all else goes through."""

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from t2t_mm.data.pictures.served_pictures import check_served_picture
from t2t_mm.search.tracing import trace

CHECK = trace(check_served_picture, [tf.TensorSpec([], tf.string)])


def picture(mode: str = "RGB") -> PIL.Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 4), dtype=np.uint8)
    if mode == "RGBA":
        return PIL.Image.fromarray(pixels)
    return PIL.Image.fromarray(pixels[..., :3]).convert(mode)


def encode(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    picture(mode).save(file := io.BytesIO(), kind, **options)
    return file.getvalue()


def change(file: bytes, place: int, to: bytes) -> bytes:
    return file[:place] + to + file[place + len(to) :]


def check(file: bytes) -> bytes:
    checked: bytes = CHECK(tf.constant(file)).numpy()
    return checked


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "P", {}),
        ("JPEG", "RGB", {}),
        ("GIF", "RGB", {}),
        ("BMP", "RGB", {}),
        ("BMP", "RGBA", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
    ],
)
def test_what_is_decoded_right_is_taken(kind: str, mode: str, options: dict[str, Any]) -> None:
    file = encode(kind, mode, **options)
    assert check(file) == file
    decoded = tf.io.decode_image(file, channels=3, expand_animations=False)
    whole = np.asarray(PIL.Image.open(io.BytesIO(file)).convert("RGB")).astype(int)
    assert abs(decoded.numpy().astype(int) - whole).max() <= 3  # readers of JPEG may round


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_a_bmp_file_with_a_palette_is_refused(mode: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="BMP file is not of 24 or 32 bits"):
        check(encode("BMP", mode))


def test_a_bmp_file_with_masks_of_its_own_is_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="uncompressed: save it as PNG"):
        check(change(encode("BMP", "RGBA"), 30, b"\x03"))


@pytest.mark.parametrize(
    "file",
    [
        encode("WEBP", "RGBA"),
        encode("WEBP", "RGBA", lossless=True),
        encode("WEBP", save_all=True, append_images=[PIL.Image.new("RGB", (9, 7))]),
    ],
    ids=["lossy", "lossless", "animated"],
)
def test_a_webp_file_with_transparency_or_animation_is_refused(file: bytes) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="WebP file has transparency or anim"):
        check(file)


@pytest.mark.parametrize(
    ("file", "place", "most", "more"),
    [  # 10,000 x 10,000 pixels, and a row more
        (encode("PNG"), 16, b"\0\0\x27\x10\0\0\x27\x10", b"\0\0\x27\x10\0\0\x27\x11"),
        (encode("BMP"), 18, b"\x10\x27\0\0\x10\x27\0\0", b"\x10\x27\0\0\x11\x27\0\0"),
        (encode("BMP"), 18, b"\x10\x27\0\0\xf0\xd8\xff\xff", b"\x10\x27\0\0\xef\xd8\xff\xff"),
        (encode("GIF"), 6, b"\x10\x27\x10\x27", b"\x10\x27\x11\x27"),
        (encode("WEBP"), 26, b"\x10\x27\x10\x27", b"\x10\x27\x11\x27"),
        (encode("WEBP", lossless=True), 21, b"\x0f\xe7\xc3\x09", b"\x0f\x27\xc4\x09"),
        (change(encode("WEBP"), 12, b"VP8X"), 20, b"\0\0\0\0\x0f\x27\0\x0f\x27\0", b""),
    ],
    ids=["png", "bmp", "bmp downwards", "gif", "webp", "webp lossless", "webp extended"],
)
def test_more_than_100_megapixels_are_refused_from_the_header(
    file: bytes, place: int, most: bytes, more: bytes
) -> None:
    more = more or most[:-2] + b"\x28\0"
    assert check(change(file, place, most))
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 100,000,000 pixels"):
        check(change(file, place, more))


def test_a_jpeg_file_of_more_than_100_megapixels_is_refused() -> None:
    file = encode("JPEG")
    place = file.index(b"\xff\xc0") + 5
    assert check(change(file, place, b"\x27\x10\x27\x10"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 100,000,000 pixels"):
        check(change(file, place, b"\x27\x11\x27\x10"))


@pytest.mark.parametrize("file", [b"", b"B", b"no picture"])
def test_what_is_no_picture_is_left_to_the_decoder(file: bytes) -> None:
    assert check(file) == file
