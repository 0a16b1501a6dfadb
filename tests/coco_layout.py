"""Five training and twenty validation pictures in the layouts of COCO."""

import json
from pathlib import Path

from small_archives import zipped

NUMBERS = {"train": range(1, 6), "val": range(100, 120)}


def file_name(name, year, number):
    """Returns what COCO calls a picture."""
    return f"COCO_{name}{year}_{number:012d}.jpg" if year == "2014" else f"{number:012d}.jpg"


def captions_of(number):
    """Returns the captions of a picture."""
    return [f"caption {index} of {number}" for index in range(5)]


def captions_json(name, year, numbers=None):
    """Returns a json like COCO's; its annotations are in another order than its images."""
    numbers = NUMBERS[name] if numbers is None else numbers
    images = [{"id": n, "file_name": file_name(name, year, n), "license": 3} for n in numbers]
    annotations = [
        {"image_id": number, "id": number * 10 + index, "caption": f" {text} \n"}
        for number in reversed(numbers)
        for index, text in enumerate(captions_of(number))
    ]
    return {"info": {}, "licenses": [], "images": images, "annotations": annotations}


def pictures(name, year):
    """Returns the pictures of a json by path; no test decodes them."""
    return {
        f"{name}{year}/{file_name(name, year, number)}": f"picture {number}".encode()
        for number in NUMBERS[name]
    }


def jsons(year):
    """Returns both jsons by path."""
    return {
        f"annotations/captions_{name}{year}.json": json.dumps(captions_json(name, year)).encode()
        for name in NUMBERS
    }


def layout(kind, year):
    """Returns the files of COCO as unpacked, or as downloaded."""
    if kind == "folders":
        return jsons(year) | pictures("train", year) | pictures("val", year)
    zips = {f"{name}{year}.zip": zipped(pictures(name, year)) for name in NUMBERS}
    return zips | {f"annotations_trainval{year}.zip": zipped(jsons(year))}


def write(folder, files):
    """Writes files into a folder; returns it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def _content(picture):
    return picture.read_bytes() if isinstance(picture, Path) else picture


def pairs(problem, split):
    """Returns (bytes of a picture, captions) of each example."""
    return [(_content(one["inputs"]), one["targets"]) for one in problem.generate(split)]


def expected(numbers):
    """Returns what `pairs` should return for these pictures."""
    return [(f"picture {number}".encode(), captions_of(number)) for number in numbers]
