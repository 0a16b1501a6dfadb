"""Raw files for every loader of files, in the forms that each knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import coco_layout
from built_in_files import RAW_FILES, TREE, Files, lines, picture
from small_archives import zipped


def _table(suffix: str) -> Files:
    rows = [(("one", "two")[number % 2], f"a red boat {number}") for number in range(20)]
    if suffix == "jsonl":
        made = [f'{{"label": "{label}", "text": "{text}"}}' for label, text in rows]
    else:
        between = "," if suffix == "csv" else "\t"
        made = [between.join(row) for row in [("label", "text"), *rows]]
    return {f"train.{suffix}": "\n".join(made) + "\n"}


def _pictures_of_table() -> Files:
    kinds = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP", "gif": "GIF"}
    files: Files = {
        f"{number}.{end}": picture(number, kind)
        for number in range(4)
        for end, kind in kinds.items()
    }
    rows = [f"{name},{'ab'[number % 2]}\n" for number, name in enumerate(files)]
    return files | {"metadata.csv": "file_name,label\n" + "".join(rows)}


def _coco_zips() -> Files:
    pictures = {
        name: zipped({path: picture(7, "JPEG") for path in coco_layout.pictures(name, "2014")})
        for name in ("train", "val")
    }
    files: Files = {f"{name}2014.zip": content for name, content in pictures.items()}
    return files | {"annotations_trainval2014.zip": zipped(coco_layout.jsons("2014"))}


def _zip_of_trees() -> Files:
    trees = [TREE.replace("dog", f"dog{number}") for number in range(30)]
    return {"trees.zip": zipped({"train/a.mrg": "".join(trees)})}


_PROBLEMS = (
    *("text2text_files/en-de", "text2text_references/en-de", "wmt_ende", "imagenet_64"),
    *("image_folder", "audio_folder", "text_classification", "caption_files", "coco_caption_64"),
    *("wsj_parse", "tree_files", "wsj_speech", "librispeech_100", "speech_files"),
)
LOADERS: Mapping[str, tuple[str, Callable[[], Files]]] = {
    **{name: (name, RAW_FILES[name]) for name in _PROBLEMS},
    "coco_caption_64, zips": ("coco_caption_64", _coco_zips),
    "image_folder, table": ("image_folder", _pictures_of_table),
    "text_classification, csv": ("text_classification", lambda: _table("csv")),
    "text_classification, tsv": ("text_classification", lambda: _table("tsv")),
    "text_classification, jsonl": ("text_classification", lambda: _table("jsonl")),
    "tree_files, zip": ("tree_files", _zip_of_trees),
    "text2text_files, table": (
        "text2text_files/en-de",
        lambda: {"train.tsv": "en\tde\n" + lines("a boat\tein Boot")},
    ),
}
"""What is generated of which raw files."""
