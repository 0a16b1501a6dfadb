"""image_folder: a problem made of pictures and their classes in --tmp_dir, without any code."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from t2t_mm.features import BatchSpec, Categorical, Image
from t2t_mm.problems.class_folder import ClassFolderProblem
from t2t_mm.problems.file_kinds import PICTURES
from t2t_mm.problems.label_pattern import propose_patterns
from t2t_mm.registry import register_problem


@register_problem("image_folder")
class ImageFolder(ClassFolderProblem):
    """Names the class of a picture, which its folder, its name or a table says.

    `image_folder` reads --tmp_dir, `image_folder/NAME` the folder NAME in it, so that several sets
    of pictures may stand side by side. These ways of lying there are understood:

    - `train/CLASS/*.jpg` with `validation` (`valid`, `val`, `dev`) and `test` like it, each with
      any folders below the class. Without validation pictures 10% of the training pictures are
      held out, at most 2,000, and without test pictures there is no test split.
    - `CLASS/*.jpg` alone: 10% for validation and 10% for test, at most 2,000 each; or those that
      `validation_list.txt` and `test_list.txt` beside the classes name, a path in a line.
    - The layout of CS231n and Tiny ImageNet: `train/WNID/images/*.JPEG` and `val/images/*.JPEG`
      with `val/val_annotations.txt`. Its test pictures have no classes and are left out.
    - A table with the columns `file_name` and `label` (other usual names are known, `--columns`
      names the rest): `metadata.csv`, `.tsv` or `.jsonl` in the folder or in those of the splits;
      `train.csv`, `dev.csv`, `test.csv`; or one of any name, where the folders say no classes. A
      column `split` counts.
    - `--label_pattern='(?P<label>[a-z]+)_.*'` of t2t-datagen: the names of the files say the class.
    - Shards with the pictures in them, where nothing else lies there: `.tar` as WebDataset has them
      (`KEY.jpg` beside `KEY.cls`, or `KEY.json` with a field `label`), or `.parquet` as Hugging
      Face has them (columns `image` and `label`). `train-000000.tar`, `val-000000.tar` and so on,
      or `000000.tar` in folders of splits or for training alone.

    What is held out is chosen by a hash of the path, and never the last picture of a class;
    `--validation_share` and `--test_share` of t2t-datagen say how much.

    Pictures are files that end in .jpg, .jpeg, .png, .gif, .bmp or .webp. Classes are in the order
    of their folders; their names are those of the folders or, where `words.txt` says what they
    mean ("n01443537<tab>goldfish, Carassius auratus"), the first word for it, or what `classes.csv`
    says ("id,name"). Pictures are scaled and cropped to 64 x 64 pixels. Other files are left out
    and counted, and so are pictures that cannot be decoded, and those that a link shows again.

    t2t-datagen notices pictures that came or changed since, up to 20,000 of them.

    Raises:
        UserError: When data is generated: no pictures, a single class, validation pictures of a
            class without training pictures, annotations of pictures that are not there.
    """

    modalities: ClassVar = {
        "inputs": Image(64, 64, flip=True),
        "targets": Categorical(vocabulary="image_folder_classes"),
    }
    kind = PICTURES
    propose = staticmethod(partial(propose_patterns, PICTURES))
    batch = BatchSpec(examples=32)
    skip_bad_examples = True
    licence = "that of your pictures"
    size = "that of your pictures"
    source = (
        "Put pictures in folders named by their classes, train/CLASS/*.jpg and likewise val and "
        "test, or CLASS/*.jpg alone, or metadata.csv with file_name and label beside them, or "
        "shards train-000000.tar of KEY.jpg and KEY.cls or train-0.parquet of image and label, in "
        "--tmp_dir (image_folder) or in a folder NAME of --tmp_dir (image_folder/NAME)."
    )
    substitute = (
        "Tiny ImageNet (http://cs231n.stanford.edu/tiny-imagenet-200.zip), Imagenette "
        "(https://github.com/fastai/imagenette), or mini_image."
    )
