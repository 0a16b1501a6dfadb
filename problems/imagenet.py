"""ImageNet: which of 1,000 classes a picture belongs to (ILSVRC 2012), in three sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.features import BatchSpec, Categorical, Image
from t2t_mm.problems.imagenet_tars import (
    ClassArchive,
    Picture,
    list_class_archives,
    read_class_archives,
    read_validation_archive,
)
from t2t_mm.registry import register_problem

_TRAIN_ARCHIVE = "ILSVRC2012_img_train.tar"
_VALIDATION_ARCHIVE = "ILSVRC2012_img_val.tar"
# 25 classes in each part of the 1,000: enough parts for many processes, and enough classes in the
# first of them for a quick look with --max_cases.
_NUM_PARTS = 40
# One list of classes, so one output layer for pictures of all sizes.
_CLASSES = Categorical(vocabulary="imagenet_classes", share="imagenet")


class ImagenetProblem(Problem):
    """Names the class of a picture of ImageNet, the 1,000 classes of ILSVRC 2012.

    The data is that of TFDS `imagenet2012`: the same pictures, the same classes in the same order
    (by WordNet id, "n01440764" and so on), the same validation labels. The two original archives
    are read where they lie, with nothing unpacked: TFDS would first write a second copy of the
    138 GiB. Only where there are no archives is a copy read that TFDS has prepared, in
    --tmp_dir/tfds or --tmp_dir.

    Splits: the official validation pictures are `validation`; the labels of the official test
    pictures are not public, so there is no test split. The 22 training pictures that are CMYK and
    the one that is a PNG become RGB when they are stored, whatever their names.

    Source: Russakovsky et al. 2015, arXiv:1409.0575.
    """

    splits = ("train", "validation")
    batch = BatchSpec(examples=32)
    metrics = ("top_k",)
    licence = "ImageNet terms of access: non-commercial research and education, on registration"
    size = "1,281,167 training and 50,000 validation pictures; archives of 138 GiB and 6.3 GiB"
    source = (
        "Register at https://image-net.org/download-images, fetch the images of ILSVRC 2012 and "
        f"put {_TRAIN_ARCHIVE} and {_VALIDATION_ARCHIVE} in --tmp_dir as they are. A copy of "
        "imagenet2012 that TFDS has prepared in --tmp_dir/tfds or --tmp_dir is read as well."
    )
    substitute = (
        "image_folder with the folders of Imagenette (https://github.com/fastai/imagenette) or "
        "Tiny ImageNet (http://cs231n.stanford.edu/tiny-imagenet-200.zip); or mini_image."
    )

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the 1,000 WordNet ids in the order of TFDS."""
        return _read_tfds_lines("labels.txt")

    def num_parts(self, split: str) -> int:
        """Return 40 parts of 25 classes each for training."""
        return _NUM_PARTS if split == "train" and self._has_archives() else 1

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": bytes of a JPEG or PNG file, "targets": WordNet id}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield the pictures of 25 classes (train), or the whole split."""
        for picture, wnid in self._read_pictures(split, part):
            yield {"inputs": picture, "targets": wnid}

    def raw_files_wanted(self) -> list[Path]:
        """Return the two archives; none where TFDS has the data."""
        return self._list_archives() if self._has_archives() else []

    def _read_pictures(self, split: str, part: int) -> Iterator[Picture]:
        if not self._has_archives():
            return self._read_tfds_pictures(split)
        train, validation = self._list_archives()
        self.raw_files_read += [train, validation]
        if split == "train":
            return read_class_archives(train, self._class_archives[part::_NUM_PARTS])
        return read_validation_archive(validation, _read_tfds_lines("validation_labels.txt"))

    def _list_archives(self) -> list[Path]:
        folder = self.tmp_dir or Path("TMP_DIR")
        return [folder / name for name in (_TRAIN_ARCHIVE, _VALIDATION_ARCHIVE)]

    def _has_archives(self) -> bool:
        """Return whether both are; one without the other is an error.

        Raises:
            UserError: If only one of them is there.
        """
        if self.tmp_dir is None:
            return False
        absent = [path for path in self._list_archives() if not path.is_file()]
        if len(absent) == 1:
            raise self.missing(all_of=absent)
        return not absent

    @cached_property
    def _class_archives(self) -> list[ClassArchive]:
        return list_class_archives(self._list_archives()[0])

    def _read_tfds_pictures(self, split: str) -> Iterator[Picture]:
        import tensorflow_datasets as tfds

        for folder in [self.tmp_dir / "tfds", self.tmp_dir] if self.tmp_dir else []:
            builder = tfds.builder("imagenet2012", data_dir=folder)
            if builder.is_prepared():
                break
        else:
            raise self.missing(all_of=self._list_archives())
        names = builder.info.features["label"].names
        dataset = builder.as_dataset(
            split=split,
            shuffle_files=False,
            decoders={"image": tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        for example in dataset.as_numpy_iterator():
            yield example["image"], names[example["label"]]


@register_problem("imagenet")
class Imagenet(ImagenetProblem):
    """Names the class of a picture of ImageNet, of 299 x 299 pixels as in the paper.

    There is no test split: the labels of the official test pictures are not public. The command
    `t2t-datagen --max_cases=N` reads N pictures of 25 classes, every fortieth.

    Source: arXiv:1706.05137, section 3.
    """

    modalities: ClassVar = {"inputs": Image(299, 299, crop=True, flip=True), "targets": _CLASSES}


@register_problem("imagenet_224")
class Imagenet224(ImagenetProblem):
    """Names the class of a picture of ImageNet, of 224 x 224 pixels."""

    modalities: ClassVar = {"inputs": Image(224, 224, crop=True, flip=True), "targets": _CLASSES}


@register_problem("imagenet_64")
class Imagenet64(ImagenetProblem):
    """Names the class of a picture of ImageNet, of 64 x 64 pixels."""

    modalities: ClassVar = {"inputs": Image(64, 64, crop=True, flip=True), "targets": _CLASSES}


def _read_tfds_lines(filename: str) -> list[str]:
    """Read the lines of a file that the installed TFDS has for `imagenet2012`."""
    import tensorflow_datasets as tfds

    path = tfds.core.tfds_path(f"datasets/imagenet2012/{filename}")
    return Path(path).read_text(encoding="utf-8").split()
