"""The captions of TFDS `coco_captions`, which TFDS downloads and prepares when needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.problems.captions_json import CaptionedPicture
from t2t_mm.problems.tfds_sets import prepare_set

# By the picture's folder; TFDS cuts val2014 into three, after Karpathy and Li.
_TFDS_SPLITS = {"train": "train", "val": "val+test+restval"}


def read_tfds_captions(name: str, tmp_dir: Path) -> Iterator[tuple[CaptionedPicture, bytes]]:
    """Yield the pictures of train2014 or val2014 with their captions and their JPEG files.

    Pictures without a caption are left out; how many is logged as a warning.

    What TFDS downloads and prepares stays in `tmp_dir/tfds` and is used again. Original archives
    that lie in tmp_dir are not downloaded.

    Args:
        name: "train" or "val".
        tmp_dir: Folder of raw files.

    Raises:
        DownloadFailedError: Without a network, or when a server refuses.
    """
    import tensorflow_datasets as tfds

    builder = tfds.builder("coco_captions", data_dir=tmp_dir / "tfds")
    prepare_set(builder, tmp_dir)
    dataset = builder.as_dataset(
        split=_TFDS_SPLITS[name],
        shuffle_files=False,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    captioned = silent = 0
    for example in dataset.as_numpy_iterator():
        texts = (" ".join(text.decode().split()) for text in example["captions"]["text"])
        captions = tuple(filter(None, texts))
        if captions:
            captioned += 1
            file_name = example["image/filename"].decode()
            yield CaptionedPicture(int(example["image/id"]), file_name, captions), example["image"]
        else:
            silent += 1
    if silent:
        warn_once(
            f"TFDS coco_captions, {name}2014: left out {silent:,} of {captioned + silent:,} "
            "pictures, without a caption."
        )
