"""Pictures as the net reads them: decoded, cropped, resize, mirrored, standardised.

    stored file -> uint8[height, width, channels] -> box -> float32[h, w, channels], mean 0

TensorFlow is imported when a function is called: declaring pictures needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.pictures.stored_pictures import SMALLEST_PART
from t2t_mm.features import Image

if TYPE_CHECKING:
    import tensorflow as tf


def make_picture_input(stored: tf.Tensor, spec: Image, dice: tf.Tensor | None = None) -> tf.Tensor:
    """Return a stored picture as the net reads it.

    Args:
        stored: string[], a JPEG or PNG file.
        spec: The declared feature.
        dice: float32[4], evenly from 0 to 1, for crop and flip in training; None at evaluation.

    Returns:
        float32[h, w, channels] of the declared size, or of the picture's own.

    Departs: a random crop is 75 to 100% of the largest box of the declared shape, at an even
    place; Tensor2Tensor took 83% of a squeezed picture, Inception 8 to 100% of the area.
    """
    import tensorflow as tf

    picture = _decode(stored, spec)
    if spec.height:
        picture = _crop(picture, spec, dice if spec.crop else None)
    if spec.flip and dice is not None:
        picture = tf.cond(dice[3] < 0.5, lambda: tf.reverse(picture, [1]), lambda: picture)
    return tf.image.per_image_standardization(picture)


def check_picture_input(stored: bytes, spec: Image, name: str) -> None:
    """Check that the decoder that will read a stored picture can: it is not the one that stores.

    Args:
        stored: A JPEG or PNG file.
        spec: The declared feature.
        name: Where it is from, for the message.

    Raises:
        BadExampleError: It cannot.
    """
    import tensorflow as tf

    try:
        with tf.device("CPU"):
            _decode(tf.constant(stored), spec)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        reason = error.message.partition("[Op:")[0].partition("{{")[0]
        raise BadExampleError(
            f"The picture cannot be decoded for training: {' '.join(reason.split())}",
            expected="a whole JPEG or PNG file",
            received={"picture": name},
        ) from None


def measure_picture(stored: tf.Tensor) -> tf.Tensor:
    """Return height and width of a stored picture, int32[2], from its header alone."""
    import tensorflow as tf

    def measure_png() -> tf.Tensor:
        # Bytes 16 to 23 of every PNG file: width and height, big endian.
        header = tf.io.decode_raw(tf.strings.substr(stored, 16, 8), tf.int32, little_endian=False)
        return tf.ensure_shape(header, [2])[::-1]

    def measure_jpeg() -> tf.Tensor:
        return tf.ensure_shape(tf.io.extract_jpeg_shape(stored)[:2], [2])

    is_png = tf.equal(tf.strings.substr(stored, 1, 3), "PNG")
    return tf.cond(is_png, measure_png, measure_jpeg)


def _decode(stored: tf.Tensor, spec: Image) -> tf.Tensor:
    import tensorflow as tf

    picture = tf.io.decode_image(stored, channels=spec.channels, expand_animations=False)
    picture.set_shape([None, None, spec.channels])
    return picture


def _crop(picture: tf.Tensor, spec: Image, dice: tf.Tensor | None) -> tf.Tensor:
    """Cut out a box of the declared shape and resize it: no side is ever made up."""
    import tensorflow as tf

    size = tf.shape(picture)[:2]
    declared = tf.constant([spec.height, spec.width])
    scale = tf.reduce_min(tf.cast(size, tf.float32) / tf.cast(declared, tf.float32))
    part = 1.0 if dice is None else SMALLEST_PART + (1.0 - SMALLEST_PART) * dice[0]
    box = tf.cast(tf.round(tf.cast(declared, tf.float32) * scale * part), tf.int32)
    box = tf.clip_by_value(box, 1, size)
    if dice is None:
        corner = (size - box) // 2
    else:
        choices = tf.cast(size - box + 1, tf.float32)
        corner = tf.minimum(tf.cast(dice[1:3] * choices, tf.int32), size - box)
    inside = tf.slice(picture, tf.pad(corner, [[0, 1]]), tf.concat([box, [spec.channels]], 0))

    def resize() -> tf.Tensor:
        return tf.image.resize(inside, declared, antialias=True)

    is_right = tf.reduce_all(tf.equal(box, declared))
    result = tf.cond(is_right, lambda: tf.cast(inside, tf.float32), resize)
    return tf.ensure_shape(result, [spec.height, spec.width, spec.channels])
