"""Bad input at the commands: told in one message, or left out and counted; never lost silently."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sound_fixtures import tone, wav_bytes, write
from tiny_senses import KINDS, picture, picture_file

from t2t_mm import registry
from t2t_mm.bin import t2t_datagen
from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.generation.counting import Tally
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.features import BatchSpec, Categorical, Image

Datagen = Callable[..., tuple[int, str]]


@pytest.fixture
def datagen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Datagen:
    """Returns a function that runs t2t-datagen on tmp_path/raw; it gives exit code and stderr."""

    def run(problems: str, *flags: str) -> tuple[int, str]:
        folders = (f"--tmp_dir={tmp_path / 'raw'}", f"--data_dir={tmp_path / 'data'}")
        declared = registry.problem_class(problems).modalities.values()
        sizes = ["--vocab_size=300"] if any(one.is_text for one in declared) else []
        code = t2t_datagen.main([f"--problems={problems}", *folders, *sizes, *flags])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.err

    return run


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def examples(name: str, split: str, tmp_path: Path) -> list[dict[str, np.ndarray]]:
    """Returns the generated examples of a split as a model reads them."""
    problem = registry.problem(name, tmp_dir=tmp_path / "raw")
    one_each = BatchSpec(examples=1)
    batches = make_evaluation_dataset(problem, split, data_dir=tmp_path / "data", batch=one_each)
    return [{key: value[0] for key, value in batch.items()} for batch in batches]


def files_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def photograph(kind: str = "JPEG", mode: str = "RGB") -> bytes:
    return picture_file(picture("disc", (64, 64), np.random.default_rng(1)), kind, mode)


def class_folders() -> dict[str, bytes]:
    """Two classes for `image_folder`, three good pictures each in train and one in val."""
    names = [f"train/{kind}/{i}.jpg" for kind in KINDS[:2] for i in range(3)]
    return dict.fromkeys([*names, "val/disc/v.jpg", "val/square/v.jpg"], photograph())


def kaldi(split: str, sounds: dict[str, bytes]) -> dict[str, bytes]:
    """A directory for `speech_files`."""
    texts = "".join(f"{key} says {key}\n" for key in sounds)
    paths = "".join(f"{key} {key}.wav\n" for key in sounds)
    files = {f"{split}/{key}.wav": data for key, data in sounds.items()}
    return files | {f"{split}/text": texts.encode(), f"{split}/wav.scp": paths.encode()}


def test_pictures_that_cannot_be_decoded_are_left_out_and_counted(
    datagen: Datagen, raw: Path, tmp_path: Path
) -> None:
    broken = {"train/disc/cut.jpg": photograph()[:-600], "train/square/none.png": b""}
    write(raw, class_folders() | broken)
    code, told = datagen("image_folder")
    assert code == 0
    assert "image_folder: 2 examples of train were left out" in told
    reasons = [line for line in told.splitlines() if "cannot be decoded" in line]
    assert len(reasons) == 2 and all("left out" in line for line in reasons)
    assert "cut.jpg" in told and "none.png" in told
    assert len(examples("image_folder", "train", tmp_path)) == 6


@registry.register_problem("own_pictures_for_tests")
class OwnPictures(Problem):
    """A user's problem, which leaves no bad example out."""

    modalities: ClassVar = {"inputs": Image(), "targets": Categorical(num_classes=2)}
    splits = ("train",)
    skip_bad_examples = False

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        for index, path in enumerate(sorted(self.raw_file("0.jpg").parent.iterdir())):
            yield {"inputs": path, "targets": index % 2}


def test_a_problem_that_does_not_leave_out_stops_at_the_example(
    datagen: Datagen, raw: Path, tmp_path: Path
) -> None:
    write(raw, {"0.jpg": photograph(), "1.jpg": photograph()[:-600]})
    code, told = datagen("own_pictures_for_tests")
    assert code == 2
    assert "example 1 of train" in told and "skip_bad_examples = False" in told
    assert not [name for name in files_below(tmp_path / "data") if "tfrecord" in name]


def test_greyscale_cmyk_and_misnamed_pictures_become_rgb(
    datagen: Datagen, raw: Path, tmp_path: Path
) -> None:
    odd = {
        "train/disc/grey.jpg": photograph(mode="L"),
        "train/disc/cmyk.jpg": photograph(mode="CMYK"),
        "train/square/png.jpg": photograph("PNG"),
        "train/square/palette.gif": photograph("GIF", "P"),
    }
    write(raw, class_folders() | odd)
    code, told = datagen("image_folder")
    assert code == 0 and "left out" not in told
    pictures = examples("image_folder", "train", tmp_path)
    assert len(pictures) == 10
    assert {one["inputs"].shape for one in pictures} == {(64, 64, 3)}
    assert all(abs(one["inputs"].std() - 1) < 0.01 for one in pictures)


def test_empty_sounds_are_counted_silent_ones_kept_and_other_rates_converted(
    datagen: Datagen, raw: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second = tone(16_000)
    sounds = {
        "a-empty": b"",
        "b-soundless": wav_bytes(second[:0]),
        "c-silent": wav_bytes(np.zeros_like(second)),
        "d-slow": wav_bytes(second[:8_000], 8_000),
        "e-good": wav_bytes(second),
        "f-stereo": wav_bytes(np.stack([second, second], axis=1)),
    }
    write(raw, kaldi("train", sounds) | kaldi("dev", {"v": wav_bytes(second)}))
    code, told = datagen("speech_files")
    assert code == 0
    assert "speech_files: 2 examples of train were left out" in told
    assert "a-empty.wav: the sound file is empty" in told
    assert "b-soundless.wav: the sound is empty" in told
    assert "skip_bad_examples" not in told
    assert re.search(r"1 of \d+ sounds were resampled .* \(1 from 8,000 Hz\)", caplog.text)
    read = examples("speech_files", "train", tmp_path)
    kept = {one["targets_text"].decode(): one for one in read}
    assert sorted(kept) == [f"says {key}" for key in sorted(sounds)[2:]]
    for one in kept.values():
        assert np.isfinite(one["inputs"]).all()
        assert one["inputs"].shape == (one["inputs_size"][0], 80)
    assert {int(one["inputs_size"][0]) for one in kept.values()} == {98}


def test_a_sound_that_is_cut_short_is_told_with_its_name(datagen: Datagen, raw: Path) -> None:
    good = wav_bytes(tone(4_000))
    write(raw, kaldi("train", {"a": good, "b": good[:-1_000]}) | kaldi("dev", {"v": good}))
    for flag, expected in (("--strict", 2), ("--max_bad_share=0", 2), ("--nostrict", 0)):
        code, told = datagen("speech_files", flag)
        assert code == expected and re.search(r"b\.wav: the sound file is cut short", told)
    assert "speech_files: 1 examples of train were left out" in told


ODD_LINES = [
    '{"text": "' + "x" * 2**20 + '", "label": "a", "file_name": "1.jpg", "en": "e", "de": "d"}',
    '{"text": "\\ud83d", "label": "a", "file_name": "1.jpg", "en": "\\ude00", "de": "d"}',
    '{"text": "x", "label": "\\udce9", "file_name": "1.jpg", "en": "e", "de": {"deep": "\\ud83d"}}',
]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "problem",
    [
        "text_classification",
        "image_folder",
        "caption_files",
        "speech_files",
        "text2text_files/en-de",
    ],
)
def test_odd_lines_of_a_table_are_counted_once_wherever_it_is_read(
    raw: Path, problem: str, first: bool
) -> None:
    suffix = "wav" if problem == "speech_files" else "jpg"
    of_all = {"en": "e", "de": "d"}
    rows = [
        {
            "text": f"t{n}",
            "label": "ab"[n % 2],
            "file_name": f"{n}.{suffix}",
            **of_all,
            "de": f"{n}",
        }
        for n in range(20)
    ]
    lines = [json.dumps(row) for row in rows]
    begin = 0 if first else 10
    lines[begin:begin] = [line.replace("jpg", suffix) for line in ODD_LINES]
    files = {f"{n}.{suffix}": photograph() for n in range(20)}
    name = "metadata" if problem == "image_folder" else "train"
    write(raw, files | {f"{name}.jsonl": "\n".join(lines).encode()})
    read = registry.problem(problem, tmp_dir=raw)
    tally = Tally()
    number = 0
    for split in read.splits:
        for part in range(read.num_parts(split)):
            for example in read_checked_examples(read, split, part, only=()):
                if isinstance(example, SkippedExample):
                    tally.leave_out(example.reason)
                else:
                    number += 1
    assert (number, tally.skipped) == (20, 3)
    wanted = re.compile(r"jsonl, line (\d+): (the line is longer|half)")
    found = map(wanted.search, tally.first_reasons)
    assert [int(one[1]) for one in found if one] == [begin + n for n in (1, 2, 3)]


def test_a_malformed_tree_is_named_by_file_and_line(
    datagen: Datagen, raw: Path, tmp_path: Path
) -> None:
    good = b"(S (NP (DT the) (NN dog)) (VP (VBZ barks)))\n"
    write(raw, {"train.mrg": good * 3 + b"(S (NP (DT the)\n", "dev.mrg": good})
    code, told = datagen("tree_files")
    assert code == 2 and re.search(r"train\.mrg, line 4: ", told)
    assert not files_below(tmp_path / "data")


def test_a_caption_json_that_names_a_missing_picture(
    datagen: Datagen, raw: Path, tmp_path: Path
) -> None:
    images = [{"id": i, "file_name": f"{i}.jpg"} for i in range(4)]
    captions = [{"image_id": i, "caption": f"picture {i}"} for i in range(4)]
    text = json.dumps({"images": images, "annotations": captions})
    files: dict[str, str | bytes] = {
        f"few/annotations/captions_{name}2017.json": text for name in ("train", "val")
    }
    files |= {f"few/train2017/{i}.jpg": photograph() for i in range(3)}
    files |= {f"few/val2017/{i}.jpg": photograph() for i in range(4)}
    write(raw, files)
    code, told = datagen("coco_caption/few")
    assert code == 2
    assert "captions_train2017.json names pictures that are not there: 1 of 4" in told
    assert "3.jpg" in told
    assert not files_below(tmp_path / "data")


@pytest.mark.parametrize(
    ("problem", "file", "licence"),
    [
        ("imagenet_64", "ILSVRC2012_img_train.tar", "ImageNet terms of access"),
        ("wsj_parse", "parsed/mrg/wsj/02", "LDC"),
        ("wsj_speech", "11-13.1", "LDC"),
        ("image_folder", "/raw", "that of your pictures"),
        ("speech_files", "train.jsonl", "that of your files"),
    ],
)
def test_data_that_is_not_there_is_a_checklist_and_no_vocabulary_is_trained(
    datagen: Datagen, tmp_path: Path, problem: str, file: str, licence: str
) -> None:
    code, told = datagen(problem)
    assert code == 2
    assert f"\nt2t-datagen: error: The raw data of problem {problem} is not there" in f"\n{told}"
    assert file in told.partition("[ ] expected: ")[2] and licence in told
    for line in ("licence", "size", "what to do", "open substitute", "expected"):
        assert f"[ ] {line}: " in told
    names = files_below(tmp_path / "data")
    assert not [name for name in names if name.endswith(".model") or "tfrecord" in name]
