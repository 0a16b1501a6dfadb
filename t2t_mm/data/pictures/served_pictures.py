"""Pictures as an exported model takes them: files that TensorFlow alone decodes, told by headers.

What it would decode wrongly is refused, and so is what needs more memory than any picture of a data
set: the graph looks at the header before it decodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from t2t_mm.data.pictures.picture_inputs import measure_picture

if TYPE_CHECKING:
    import tensorflow as tf

MOST_PIXELS: Final = 100_000_000
MOST_PIXELS_OF_OWN_SIZE: Final = 16_000_000
"""Of a picture that the net reads as large as it is: above that `store_picture` makes it smaller,
and here nothing does."""
_HEADER_BYTES: Final = 34


def check_served_picture(stored: tf.Tensor, most_pixels: int = MOST_PIXELS) -> tf.Tensor:
    """Return the file of a picture; the graph refuses one that TensorFlow does not read right.

    Refused are BMP files other than plain ones of 24 or 32 bits, since palettes and masks are
    ignored; WebP files with transparency or animation; and what has more pixels than are told.

    Args:
        stored: string[].
        most_pixels: Height times width.

    Raises:
        tf.errors.InvalidArgumentError: When the graph runs; the message says what to do.
    """
    import tensorflow as tf

    raw = tf.io.decode_raw(stored, tf.uint8, fixed_length=_HEADER_BYTES)  # padded with zeros
    header = tf.cast(raw, tf.int64)
    checks = [
        tf.debugging.Assert(
            _is_plain_bmp(header) | ~_has(header, b"BM"),
            ["A BMP file is not of 24 or 32 bits, uncompressed: save it as PNG"],
        ),
        tf.debugging.Assert(
            _is_plain_webp(header) | ~_has(header, b"WEBP", 8),
            ["A WebP file has transparency or animation: save it as PNG"],
        ),
        tf.debugging.Assert(
            _count_pixels(stored, header) <= most_pixels,
            [f"A picture has more than {most_pixels:,} pixels: make it smaller"],
        ),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(stored)


def _is_plain_bmp(header: tf.Tensor) -> tf.Tensor:
    bits, compression = _read(header, 28, 2), _read(header, 30, 4)
    return ((bits == 24) | (bits == 32)) & (compression == 0)


def _is_plain_webp(header: tf.Tensor) -> tf.Tensor:
    # Flags of an extended file: transparency 16, animation 2. A lossless file has a bit of its own.
    is_odd = _has(header, b"VP8X", 12) & (header[20] & 18 > 0)
    return ~(is_odd | (_has(header, b"VP8L", 12) & (header[24] & 16 > 0)))


def _count_pixels(stored: tf.Tensor, header: tf.Tensor) -> tf.Tensor:
    """Return height times width, int64[]; 0 of what the decoder does not know either."""
    import tensorflow as tf

    def measure() -> tf.Tensor:
        return tf.reduce_prod(tf.cast(measure_picture(stored), tf.int64))

    is_measured = _has(header, b"\x89PNG") | _has(header, b"\xff\xd8\xff")
    height, lossless = _read(header, 22, 4), _read(header, 21, 4)
    height = tf.minimum(height, 2**32 - height)  # negative where rows go downwards
    side = 2**14  # both sizes of a simple WebP file have 14 bits
    return tf.case(
        [
            (is_measured, measure),
            (_has(header, b"BM"), lambda: _read(header, 18, 4) * height),
            (_has(header, b"GIF"), lambda: _read(header, 6, 2) * _read(header, 8, 2)),
            (
                _has(header, b"WEBPVP8X", 8),
                lambda: (_read(header, 24, 3) + 1) * (_read(header, 27, 3) + 1),
            ),
            (
                _has(header, b"WEBPVP8L", 8),
                lambda: (lossless % side + 1) * (lossless // side % side + 1),
            ),
            (
                _has(header, b"WEBPVP8 ", 8),
                lambda: (_read(header, 26, 2) % side) * (_read(header, 28, 2) % side),
            ),
        ],
        default=lambda: tf.constant(0, tf.int64),
    )


def _has(header: tf.Tensor, letters: bytes, place: int = 0) -> tf.Tensor:
    """Return whether letters stand in a header, bool[]."""
    import tensorflow as tf

    return tf.reduce_all(header[place : place + len(letters)] == list(letters))


def _read(header: tf.Tensor, place: int, count: int) -> tf.Tensor:
    """Return the number in that many bytes of a header, the lowest first, int64[]."""
    import tensorflow as tf

    places = tf.constant([256**one for one in range(count)], tf.int64)
    return tf.reduce_sum(header[place : place + count] * places)
