"""Pictures as they are stored: one JPEG or PNG file each, which TensorFlow decodes.

A file that is such a one already stays as it is, byte for byte. Whatever else Pillow reads becomes
one: CMYK, 16 bits, palettes, transparency, GIF, BMP, WebP, and pictures that a camera held askew.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from t2t_mm.data.declaring.bad_examples import BadExampleError, UnreadableFileError
from t2t_mm.errors import UserError
from t2t_mm.features import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SMALLEST_PART = 0.75
"""Smallest side of a random crop, as a part of the largest box that fits into the picture."""

_MOST_PIXELS = 16_000_000
_SHRINK_FROM = 2.0
_JPEG_QUALITY = 95
_ORIENTATION = 0x0112
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_LOSSY = ("JPEG", "MPO", "WEBP")
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")


def store_picture(value: Any, spec: Image) -> bytes:
    """Return the file that is stored for a picture.

    Pictures above 16 million pixels are made smaller. So are those more than twice as large as the
    declared size, to the smallest from which no crop would have to be enlarged.

    Args:
        value: Bytes of a file, its path, or uint8[height, width(, 1 or 3)].
        spec: The declared feature.

    Returns:
        The bytes of a JPEG (quality 95, where the source was lossy) or PNG file.

    Raises:
        BadExampleError: The file is missing or cannot be decoded.
        UnreadableFileError: The file is there, but the disk or network does not give it.
        UserError: The value is no picture at all.
    """
    if isinstance(value, np.ndarray):
        picture = _from_array(value)
        return _encode_picture(picture, "PNG", _choose_size(picture.size, spec), spec)
    if isinstance(value, Path):
        return _store_file(_read_file(value), spec, {"path": str(value)})
    if not isinstance(value, bytes):
        raise UserError(
            "The value is no picture",
            expected="bytes or a pathlib.Path of a picture file, or uint8[height, width, channels]",
            received={"type": type(value).__name__},
        )
    return _store_file(value, spec, {"bytes": len(value)})


def open_picture(file: str | Path | io.BytesIO) -> Any:
    """Open a picture with Pillow, whatever its name, if it is of one of the usual kinds.

    No other is tried: Pillow would hand PostScript to Ghostscript, which runs it.

    Raises:
        OSError: It is none of them, or damaged; Pillow raises other errors for some damage.
    """
    import PIL.Image

    with warnings.catch_warnings():
        # A large picture is only a warning short of what Pillow refuses; it is made smaller here.
        warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
        return PIL.Image.open(file, formats=_FORMATS)


def measure_stored_picture(stored: bytes) -> tuple[int, int]:
    """Return height and width of a stored picture in pixels."""
    width, height = open_picture(io.BytesIO(stored)).size
    return height, width


def describe_picture(stored: bytes) -> str:
    """Return size and type of a stored picture for a person, as "JPEG, 640 x 480 pixels"."""
    picture = open_picture(io.BytesIO(stored))
    width, height = picture.size
    return f"{picture.format}, {width} x {height} pixels, {len(stored):,} bytes"


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadExampleError(
            f"The picture cannot be read: {error.strerror}",
            expected="a picture file",
            received={"path": str(path)},
        ) from None
    except OSError as error:  # a fault that passes must not leave pictures out for good
        raise UnreadableFileError(
            f"The picture is there and cannot be read: {error.strerror}",
            expected="a file on a disk or network that works",
            received={"path": str(path)},
            fix="Run the same command again when it can be read.",
        ) from None


def _from_array(array: Any) -> Picture:
    import PIL.Image

    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3))
    if array.dtype != np.uint8 or not fits or 0 in array.shape:
        raise UserError(
            "The array is no picture",
            expected="uint8[height, width], [height, width, 1] or [height, width, 3]",
            received={"dtype": str(array.dtype), "shape": array.shape},
        )
    return PIL.Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)


def _store_file(content: bytes, spec: Image, received: Mapping[str, object]) -> bytes:
    from PIL import UnidentifiedImageError

    try:
        picture, stays_as_it_is, target = _load_picture(content, spec)
        upright = picture if stays_as_it_is else _turn_upright(picture)
    except MemoryError:  # says nothing about the picture
        raise
    except Exception as error:  # zlib, Pillow's readers and its guard against bombs raise all kinds
        # Of a file of no known kind Pillow says only where in memory it lies.
        reason = type(error).__name__ if isinstance(error, UnidentifiedImageError) else error
        raise BadExampleError(
            f"The picture cannot be decoded: {reason}",
            expected="a whole JPEG, PNG, GIF, BMP or WebP file",
            received=received,
        ) from None
    if stays_as_it_is:
        return content
    kind = "JPEG" if picture.format in _LOSSY else "PNG"
    return _encode_picture(upright, kind, target, spec)


def _load_picture(content: bytes, spec: Image) -> tuple[Any, bool, tuple[int, int]]:
    """Return a decoded picture, whether its file can be stored, and the size to store it in."""
    picture = open_picture(io.BytesIO(content))
    orientation = picture.getexif().get(_ORIENTATION, 1)
    lies_on_its_side = orientation in (5, 6, 7, 8)
    upright = picture.size[::-1] if lies_on_its_side else picture.size
    target = _choose_size(upright, spec)
    if target != upright:  # a JPEG is then decoded at a fraction of its size
        picture.draft(None, target[::-1] if lies_on_its_side else target)
    picture.load()
    is_plain = picture.mode in ("RGB", "L") and "transparency" not in picture.info
    stays = is_plain and orientation == 1 and target == upright and _is_readable(picture, content)
    return picture, stays, target


def _is_readable(picture: Picture, content: bytes) -> bool:
    """Return whether TensorFlow decodes the file of a picture that Pillow could decode."""
    if picture.format != "PNG":
        return picture.format in ("JPEG", "MPO")
    try:
        open_picture(io.BytesIO(content)).verify()
    except Exception:  # of its checksums and its end, for which Pillow cares only when asked
        return False
    return content.endswith(_PNG_END)


def _turn_upright(picture: Picture) -> Picture:
    """Return a picture in mode RGB or L as a person would see it, on white."""
    import PIL.Image
    from PIL import ImageOps

    for key in ("exif", "Raw profile type exif"):  # an odd entry cannot be written back
        picture.info.pop(key, None)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip to 8
        return PIL.Image.fromarray((np.asarray(picture).clip(0, 65535) >> 8).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        above = picture.convert("RGBA")
        picture = PIL.Image.alpha_composite(PIL.Image.new("RGBA", above.size, "white"), above)
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def _choose_size(size: tuple[int, int], spec: Image) -> tuple[int, int]:
    """Return the (width, height) in which a picture of that (width, height) is stored."""
    width, height = size
    scale = min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    if spec.height:
        cover = max(spec.height / height, spec.width / width)
        if cover * _SHRINK_FROM < 1.0:
            scale = min(scale, cover / SMALLEST_PART)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _encode_picture(picture: Picture, kind: str, size: tuple[int, int], spec: Image) -> bytes:
    import PIL.Image

    file = io.BytesIO()
    picture = picture.convert("L" if spec.channels == 1 else "RGB")
    if picture.size != size:
        picture = picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
    if kind == "JPEG":
        picture.save(file, kind, quality=_JPEG_QUALITY, subsampling=0)
    else:
        picture.save(file, kind)
    return file.getvalue()
