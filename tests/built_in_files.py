"""Small raw files of every built-in problem that reads some, in a layout that it knows."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import soundfile
from coco_layout import layout
from PIL import Image
from small_archives import tar
from sound_fixtures import sphere_bytes, tone, wav_bytes, write

Files = dict[str, str | bytes]

LINES = 12
LIBRISPEECH = ("dev-clean", "test-clean", "train-clean-100", "train-clean-360", "train-other-500")
TREE = "( (S (NP (DT the) (NN dog)) (VP (VBZ barks)) (. .)) )\n"


def picture(shade: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 70), (shade % 256, 40, 200)).save(file, kind)
    return file.getvalue()


def lines(text: str) -> str:
    return "".join(f"{text} {number}\n" for number in range(LINES))


def class_folders(end: str, make: Callable[[int], bytes | str]) -> Files:
    return {
        f"{split}/{label}/{number}.{end}": make(number)
        for split in ("train", "validation", "test")
        for label in ("one", "two")
        for number in range(4)
    }


def parallel(*ends: str) -> Files:
    return {f"{split}.{end}": lines(end) for split in ("train", "dev", "test") for end in ends}


def wmt() -> Files:
    pairs = {"de-en.": ("de", "en"), "fr-en.": ("fr", "en"), "": ("de", "fr")}
    names = [f"commoncrawl.{pair}{end}" for pair, ends in pairs.items() for end in ends]
    names += [f"newstest201{year}.{end}" for year in (3, 4) for end in ("de", "en", "fr")]
    names += ["euelections_dev2019.fr-de.src.fr", "euelections_dev2019.fr-de.tgt.de"]
    return {name: lines(name.rpartition(".")[2]) for name in names}


def imagenet() -> Files:
    wnids = ("n01440764", "n01739381")
    classes = {
        f"{wnid}.tar": tar({f"{wnid}_{number}.JPEG": picture(number) for number in range(3)})
        for wnid in wnids
    }
    names = [f"ILSVRC2012_val_0000000{number}.JPEG" for number in (1, 2, 3)]
    validation = {name: picture(number, "JPEG") for number, name in enumerate(names)}
    return {
        "ILSVRC2012_img_train.tar": tar(classes),
        "ILSVRC2012_img_val.tar": tar(validation),
    }


def coco() -> Files:
    files = layout("folders", "2014")
    return {name: data if name.endswith("json") else picture(7) for name, data in files.items()}


def captions() -> Files:
    files: Files = {f"{number}.png": picture(number) for number in range(20)}
    rows = [f"{number}.png,picture {number}" for number in range(20)]
    return files | {"metadata.csv": "\n".join(["file_name,caption", *rows])}


def references() -> Files:
    files = {f"{split}.{end}": lines(end) for split in ("train", "dev") for end in ("en", "de")}
    return files | {f"test.{end}": lines(end) for end in ("en", "de0", "de1")}


def treebank() -> Files:
    return {f"wsj/{number:02}/wsj_{number:02}01.mrg": TREE * 2 for number in range(25)}


def trees() -> Files:
    return {f"{split}/1.mrg": TREE * 8 for split in ("train", "dev", "test")}


def speech() -> Files:
    files: Files = {f"clips/{number}.wav": wav_bytes(tone(3200)) for number in range(20)}
    rows = [f'{{"audio": "clips/{number}.wav", "text": "tone {number}"}}' for number in range(20)]
    return files | {"train.jsonl": "\n".join(rows)}


def librispeech() -> Files:
    file = io.BytesIO()
    soundfile.write(file, tone(3200), 16_000, format="FLAC")
    files: Files = {}
    for speaker, name in enumerate(LIBRISPEECH):
        key = f"LibriSpeech/{name}/{speaker}/1/{speaker}-1"
        files[f"{key}.trans.txt"] = f"{speaker}-1-0000 HELLO {name.upper()}\n"
        files[f"{key}-0000.flac"] = file.getvalue()
    return files


def wsj() -> Files:
    sound = sphere_bytes(tone(3200))
    utterances = {
        "wsj0/doc/indices/train/tr_s_wv1.ndx": ("wsj0/si_tr_s/01i/01ic0201", "wsj0/transcrp/dots"),
        "wsj1/doc/indices/si_tr_s.ndx": ("wsj1/si_tr_s/46a/46ac0201", "wsj1/trans/wsj1"),
        "wsj1/doc/indices/h1_p0.ndx": ("wsj1/si_dt_20/4k0/4k0c0301", "wsj1/trans/wsj1"),
        "wsj0/doc/indices/test/nvp/si_et_20.ndx": (
            "wsj0/si_et_20/440/440c0401",
            "wsj0/transcrp/dots",
        ),
    }
    files: Files = {}
    for listing, (path, dots) in utterances.items():
        folder, _, key = path.partition("/")[2].rpartition("/")
        files[listing] = f"11_1_1:{path}.wv1\n"
        files[f"{path}.wv1"] = sound
        files[f"{dots}/{folder}/{key[:-2]}00.dot"] = f"Hello there ({key})\n"
    return files


RAW_FILES: Mapping[str, Callable[[], Files]] = {
    "text2text_files/en-de": lambda: parallel("en", "de"),
    "text2text_references/en-de": references,
    **dict.fromkeys(("wmt_ende", "wmt_enfr", "wmt_defr"), wmt),
    **dict.fromkeys(("wmt_deen", "wmt_fren", "wmt_frde"), wmt),
    **dict.fromkeys(("imagenet", "imagenet_224", "imagenet_64"), imagenet),
    "image_folder": lambda: class_folders("png", picture),
    "audio_folder": lambda: class_folders("wav", lambda _: wav_bytes(tone(3200))),
    "text_classification": lambda: class_folders("txt", lambda number: f"text {number}"),
    "caption_files": captions,
    **dict.fromkeys(("coco_caption", "coco_caption_224", "coco_caption_64"), coco),
    "wsj_parse": treebank,
    "tree_files": trees,
    **dict.fromkeys(("wsj_speech", "wsj_speech_si84"), wsj),
    **dict.fromkeys(("librispeech", "librispeech_100"), librispeech),
    "speech_files": speech,
}


def write_raw_files(name: str, folder: Path) -> Path:
    """Write what a problem reads into a folder, unless that is there; return it."""
    make = RAW_FILES[name]
    place = folder / make.__name__ if make.__name__ != "<lambda>" else folder / name
    return place if place.is_dir() else write(place, make())
