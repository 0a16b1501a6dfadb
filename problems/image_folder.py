"""image_folder: a problem made of pictures in class folders of --tmp_dir, without any code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.splits import SPLITS
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec, Categorical, Feature, Image
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.image_folder_layout import (
    LabelledPicture,
    PictureFolder,
    find_split_folder,
    is_labelled,
    read_class_folders,
    read_split_folders,
)
from t2t_mm.problems.picture_listing import MOST_PICTURES_WATCHED, count_parts, select_part
from t2t_mm.registry import register_problem

_SIZE = Image(64, 64, flip=True)


@register_problem("image_folder")
class ImageFolder(Problem):
    """Names the class of a picture that lies in a folder named by its class.

    `image_folder` reads --tmp_dir, `image_folder/NAME` the folder NAME in it, so that several sets
    of pictures may stand side by side. Three ways of lying there are understood:

    - `train/CLASS/*.jpg` with `validation` (`valid`, `val`, `dev`) and `test` like it, each with
      any folders below the class. Without validation pictures 10% of the training pictures are
      held out, at most 2,000, and without test pictures there is no test split.
    - `CLASS/*.jpg` alone: 10% for validation and 10% for test, at most 2,000 each.
    - The layout of CS231n and Tiny ImageNet: `train/WNID/images/*.JPEG` and `val/images/*.JPEG`
      with `val/val_annotations.txt`. Its test pictures have no classes and are left out.

    What is held out is chosen by a hash of the path, and never the last picture of a class;
    `--validation_share` and `--test_share` of t2t-datagen say how much.

    Pictures are files that end in .jpg, .jpeg, .png, .gif, .bmp or .webp. Classes are in the order
    of their folders; their names are those of the folders or, where `words.txt` says what they
    mean ("n01443537<tab>goldfish, Carassius auratus"), the first word for it. Pictures are scaled
    and cropped to 64 x 64 pixels. Other files are left out and counted, and so are pictures that
    cannot be decoded.

    t2t-datagen notices pictures that came or changed since, up to 20,000 of them.

    Raises:
        UserError: When data is generated: no pictures, a single class, validation pictures of a
            class without training pictures, annotations of pictures that are not there.
    """

    modalities: ClassVar[Mapping[str, Feature]] = {
        "inputs": _SIZE,
        "targets": Categorical(vocabulary="image_folder_classes"),
    }
    takes_argument = True
    batch = BatchSpec(examples=32)
    metrics = ("top_k",)
    skip_bad_examples = True
    licence = "that of your pictures"
    size = "that of your pictures"
    source = (
        "Put pictures in folders named by their classes, train/CLASS/*.jpg and likewise val and "
        "test, or CLASS/*.jpg alone, in --tmp_dir (image_folder) or in a folder NAME of --tmp_dir "
        "(image_folder/NAME)."
    )
    substitute = (
        "Tiny ImageNet (http://cs231n.stanford.edu/tiny-imagenet-200.zip), Imagenette "
        "(https://github.com/fastai/imagenette), or mini_image."
    )

    def __init__(
        self,
        *,
        name: str | None = None,
        argument: str = "",
        data_dir: str | Path | None = None,
        tmp_dir: str | Path | None = None,
    ) -> None:
        super().__init__(name=name, argument=argument, data_dir=data_dir, tmp_dir=tmp_dir)
        if argument:  # Each set of pictures has classes, and so an output layer, of its own.
            classes = Categorical(vocabulary=f"image_folder_{argument}_classes")
            self.modalities = {"inputs": _SIZE, "targets": classes}  # type: ignore[misc]

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        """Train and validation, and test unless the folder is known to have no test pictures."""
        root = self._root
        if root is None or not root.is_dir() or not find_split_folder(root, "train"):
            return SPLITS
        test = find_split_folder(root, "test")
        has_test = test is not None and is_labelled(test)
        return SPLITS if has_test or self.test_share else SPLITS[:2]

    @property
    def held_out_splits(self) -> Sequence[str]:
        """Those of `splits` that have no pictures of their own."""
        return self._found.held_out

    def class_names(self, feature: str) -> Sequence[str]:
        """Return the names of the class folders, or what words.txt calls them, in their order."""
        return list(self._names.values())

    def num_parts(self, split: str) -> int:
        """Return one part for every 2,000 pictures."""
        return count_parts(self._list_pictures(split))

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield {"inputs": path of a picture, "targets": name of its class}, classes mixed."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, Any]]:
        """Yield at most 2,000 pictures of a split."""
        for path, folder in select_part(self._list_pictures(split), part):
            yield {"inputs": path, "targets": self._names[folder]}

    def raw_files_wanted(self) -> list[Path]:
        """Return the lists of names, and the pictures of all splits if they are not too many."""
        return self._list_watched(self._found)

    def _list_watched(self, found: PictureFolder) -> list[Path]:
        pictures = [path for split in found.splits.values() for path, _ in split]
        lists = [*found.lists, *self._word_files]
        return lists + (pictures if len(pictures) <= MOST_PICTURES_WATCHED else [])

    @property
    def _root(self) -> Path | None:
        return None if self.tmp_dir is None else self.tmp_dir / self.argument

    def _list_pictures(self, split: str) -> list[LabelledPicture]:
        if split not in self._found.splits:
            raise UserError(
                f"Problem {self.name} has no {split} split: no such pictures with classes",
                expected=f"one of {', '.join(self._found.splits)}",
                received={"split": split, "folder": str(self._root)},
            )
        if not self._found.splits[split]:
            raise UserError(
                f"Problem {self.name} has no picture for its {split} split: the last one of a "
                "class is not held out",
                expected=f"more pictures of each class, or a folder named {split}",
                received={"folder": str(self._root)},
            )
        return self._found.splits[split]

    @cached_property
    def _found(self) -> PictureFolder:
        """The pictures of all splits, all found before the first one is read."""
        root = self._root
        if root is None or not root.is_dir():
            raise self.missing(all_of=[] if root is None else [root])
        train = find_split_folder(root, "train")
        shares = {"validation": self.validation_share, "test": self.test_share}
        if train is None:
            found = read_class_folders(root, shares)
        else:
            shares = {split: shares[split] for split in self.splits[1:]}
            found = read_split_folders(root, train, shares)
        if not found.classes:
            folder = train or root
            raise self.missing(all_of=[folder / "CLASS" / "*.jpg"])
        if len(found.classes) == 1:
            raise UserError(
                f"Problem {self.name} finds the pictures of one class only",
                expected="folders of pictures, two classes or more",
                received={"folder": str(train or root), "classes": found.classes},
                fix="Name the folder that holds the class folders with --tmp_dir.",
            )
        self.raw_files_read += self._list_watched(found)
        return found

    @property
    def _word_files(self) -> list[Path]:
        words = (self._root or Path()) / "words.txt"
        return [words] if words.is_file() else []

    @cached_property
    def _names(self) -> dict[str, str]:
        """The name of each class by its folder, in the order of the folders."""
        meanings: dict[str, str] = {}
        for path in self._word_files:
            for line in decode_lines(path):
                wnid, _, words = line.partition("\t")
                meanings[wnid.strip()] = words.partition(",")[0].strip()
        names = {folder: meanings.get(folder) or folder for folder in self._found.classes}
        shared = {name for name, count in Counter(names.values()).items() if count > 1}
        return {
            folder: f"{name} ({folder})" if name in shared and name != folder else name
            for folder, name in names.items()
        }
