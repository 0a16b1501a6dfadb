"""Pictures: stored as JPEG or PNG files; read decoded, cropped and mirrored."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from t2t_mm.data.kinds.feature_kind import FeatureKind, Ids, Medium
from t2t_mm.data.pictures.picture_inputs import (
    check_picture_input,
    make_picture_input,
    measure_picture,
)
from t2t_mm.data.pictures.served_pictures import (
    MOST_PIXELS,
    MOST_PIXELS_OF_OWN_SIZE,
    check_served_picture,
)
from t2t_mm.data.pictures.stored_pictures import (
    describe_picture,
    measure_stored_picture,
    store_picture,
)
from t2t_mm.features import Feature, Image
from t2t_mm.registry import register_feature_kind

if TYPE_CHECKING:
    import tensorflow as tf

_LIMITING = threading.RLock()


@register_feature_kind("image")
class PictureKind(FeatureKind):
    """The file of a picture; a net reads float32[h, w, channels]."""

    spec_class: ClassVar[type[Feature]] = Image
    stored_by = staticmethod(store_picture)
    given_as = "picture"
    spec: Image
    size_axes = 2

    @property
    def most_positions(self) -> int | None:
        """The patches of the declared size; of none where pictures keep their own."""
        if not self.spec.height:
            return None
        return int(self._count_patches(self.spec.height, self.spec.width))

    def check(self, value: Any) -> bytes:
        """Return the bytes of a JPEG or PNG file, which the net's decoder was tried on.

        Raises:
            BadExampleError: It cannot be decoded, or has more than 100 megapixels.
        """
        with _limit_pixels():
            stored = store_picture(value, self.spec)
        if not isinstance(value, np.ndarray):
            name = str(value) if isinstance(value, Path) else f"{len(value)} bytes"
            check_picture_input(stored, self.spec, name)
        return stored

    def measure(self, stored: bytes, ids: Ids) -> int:
        """Return the number of patches that batches hold of the picture."""
        return self.most_positions or self._count_patches(*measure_stored_picture(stored))

    def count_positions(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return the number of patches, of the declared size or the picture's own."""
        import tensorflow as tf

        if self.most_positions:
            return tf.constant(self.most_positions)
        return self._count_patches(*tf.unstack(measure_picture(encoded)))

    def find_batch_shape(self, positions: int) -> tuple[int | None, ...]:
        """Return the declared size; own sizes have no bound."""
        return (self.spec.height or None, self.spec.width or None, self.spec.channels)

    def count_read_positions(self, lengths: Sequence[Any]) -> Any:
        """Return the number of patches that cover height and width."""
        return self._count_patches(*lengths[:2])

    def _count_patches(self, height: Any, width: Any) -> Any:
        """Return how many patches cover that many pixels, numbers or tensors."""
        side = int(self.units_per_position)
        return ((height + side - 1) // side) * ((width + side - 1) // side)

    def is_tall(self, encoded: tf.Tensor) -> tf.Tensor:
        """Return whether a picture of its own size is higher than wide."""
        import tensorflow as tf

        if self.most_positions:
            return tf.constant(False)
        height, width = tf.unstack(measure_picture(encoded))
        return height > width

    def prepare(self, encoded: tf.Tensor, dice: tf.Tensor | None) -> tf.Tensor:
        """Return the decoded picture, cropped and mirrored as declared."""
        return make_picture_input(encoded, self.spec, dice)

    def read_file(self, path: Path) -> bytes:
        """Return the bytes of the file."""
        return path.read_bytes()

    @property
    def served_specs(self) -> dict[str, tf.TensorSpec]:
        """The bytes of a file."""
        import tensorflow as tf

        return {"inputs": tf.TensorSpec([], tf.string)}

    def store_tensors(self, given: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the file as it is; what only Pillow reads right, or is too large, is refused."""
        most_pixels = MOST_PIXELS if self.spec.height else MOST_PIXELS_OF_OWN_SIZE
        return check_served_picture(given["inputs"], most_pixels)

    def describe(self, read: Any, text: str) -> dict[str, Any]:
        """Return type and size."""
        return {"picture": describe_picture(read)}

    def show(self, stored: bytes) -> Medium:
        """Return the file."""
        return Medium("picture", "png" if stored.startswith(b"\x89PNG") else "jpg", stored)


@contextmanager
def _limit_pixels() -> Iterator[None]:
    """Let Pillow refuse what would fill the memory: it does so at twice what it warns of.

    One thread at a time: another would take our limit for that of the program.
    """
    import PIL.Image

    with _LIMITING:
        before = PIL.Image.MAX_IMAGE_PIXELS
        PIL.Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
        try:
            yield
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = before
