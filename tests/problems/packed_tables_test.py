"""Shards of tars and of Parquet, read by the problems that read files and tables."""

import json
import logging
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_shards import picture, write_parquet, write_tar
from sound_fixtures import wav_bytes

from t2t_mm import Problem, registry
from t2t_mm.data.declaring.bad_examples import SkippedExample
from t2t_mm.data.records.example_records import read_checked_examples
from t2t_mm.errors import UserError
from t2t_mm.problems.packed_tables import (
    find_packed_splits,
    list_packed_tables,
    list_shards,
    read_packed_rows,
)

SOUND = wav_bytes(np.arange(1600, dtype=np.int16), 16_000)


def read(name: str, folder: Path, columns: str = "") -> tuple[dict[str, list[Any]], list[str]]:
    """Returns the checked examples of each split, and why others were left out."""
    problem = registry.problem(name, tmp_dir=folder)
    problem.columns = columns
    found: dict[str, list[Any]] = {}
    odd = []
    for split in problem.splits:
        for part in range(problem.num_parts(split)):
            for one in read_checked_examples(problem, split, part):
                if isinstance(one, SkippedExample):
                    odd.append(one.reason)
                else:
                    found.setdefault(split, []).append(one)
    return found, odd


def labels(found: Mapping[str, list[Any]]) -> dict[str, list[str]]:
    return {split: sorted(one["targets"] for one in some) for split, some in found.items()}


def pictures(shard: int, count: int = 10) -> list[tuple[str, bytes | str]]:
    return [
        (f"{shard}{n}.{end}", content)
        for n in range(count)
        for end, content in (("png", picture(n)), ("cls", f"{n % 2}"), ("txt", f"no. {n}"))
    ]


def test_pictures_of_tars_have_classes_or_captions(tmp_path: Path) -> None:
    for shard in range(2):
        write_tar(tmp_path / f"{shard:06d}.tar", pictures(shard))
    found, odd = read("image_folder", tmp_path)
    assert {split: len(some) for split, some in found.items()} == {"train": 18, "validation": 2}
    assert {one["targets"] for one in found["train"]} == {"0", "1"}
    assert not odd and all(one["inputs"].startswith(b"\x89PNG") for one in found["train"])
    captions, _ = read("caption_files", tmp_path)
    assert sorted(one["targets"] for some in captions.values() for one in some) == sorted(
        f"no. {n}" for n in range(10) for _ in range(2)
    )


def test_a_pattern_for_names_of_files_does_nothing_for_shards(tmp_path: Path) -> None:
    write_tar(tmp_path / "shards/0.tar", pictures(0))
    for n in range(4):
        path = tmp_path / f"names/{'ab'[n % 2]}_{n}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture(n))
    for argument, counts in (("shards", False), ("names", True)):
        problem = registry.problem(f"image_folder/{argument}", tmp_dir=tmp_path)
        problem.label_pattern = "(?P<label>[ab])_.*"
        assert ("label_pattern" in problem.options_that_count) == counts


def test_compressed_shards_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("train/000.tar.gz", "train/001.tar.gz", "train/sources.tar.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"packed")
    assert not find_packed_splits(tmp_path)
    assert "2 are compressed, first 000.tar.gz" in caplog.text and "gunzip" in caplog.text


def test_each_split_has_shards_by_name_or_in_its_folder(tmp_path: Path) -> None:
    for number, name in enumerate(("a-train-0", "a-train-1", "a-val-0", "a-test-0")):
        write_tar(tmp_path / f"named/{name}.tar", pictures(number, 4))
    for number, name in enumerate(("train/0", "train/1", "dev/0", "test/0")):
        write_tar(tmp_path / f"folders/{name}.tar", pictures(number, 4))
    for argument in ("named", "folders"):
        found, _ = read(f"image_folder/{argument}", tmp_path)
        counts = {split: len(some) for split, some in found.items()}
        assert counts == {"train": 8, "validation": 4, "test": 4}


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_sounds_have_classes_or_texts(tmp_path: Path, kind: str) -> None:
    texts = [f"Say {n}" for n in range(10)]
    if kind == "tar":
        members = [
            (f"{n}.{end}", content)
            for n, text in enumerate(texts)
            for end, content in (
                ("wav", SOUND),
                ("cls", f"{n % 2}"),
                ("json", f'{{"text": "{text}"}}'),
            )
        ]
        write_tar(tmp_path / "0.tar", members)
    else:
        sounds = [{"bytes": SOUND, "path": "same.wav"}] * 10
        columns = {"audio": sounds, "sentence": texts, "label": [n % 2 for n in range(10)]}
        write_parquet(tmp_path / "0.parquet", columns, {"label": ["0", "1"]}, row_group_size=3)
    found, odd = read("speech_files", tmp_path)
    said = [one["targets"] for some in found.values() for one in some]
    assert sorted(said) == [text.lower() for text in texts] and not odd
    assert [len(found[split]) for split in ("train", "validation")] == [9, 1]
    found, _ = read("audio_folder", tmp_path)
    assert {one["targets"] for one in found["train"]} == {"0", "1"}


def test_an_error_names_the_shard_and_its_row(tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", [("0.wav", SOUND), ("0.json", '{"text": "one"}')])
    later = [('{"text": "two"}', "1"), ('{"text": "three", "offset": -1}', "2")]
    write_tar(
        tmp_path / "1.tar",
        [one for text, key in later for one in ((f"{key}.wav", SOUND), (f"{key}.json", text))],
    )
    with pytest.raises(UserError, match=r"1\.tar, row 2: this is no segment"):
        read("speech_files", tmp_path)


def test_hugging_faces_pictures_and_texts(tmp_path: Path) -> None:
    names = {"label": ["cat", "dog"]}
    for split, shard, count in (
        ("train", "00000-of-00002", 6),
        ("train", "00001-of-00002", 6),
        ("test", "00000-of-00001", 4),
    ):
        columns = {
            "img": [{"bytes": picture(n), "path": None} for n in range(count)],
            "label": [n % 2 for n in range(count)],
        }
        write_parquet(tmp_path / f"pets/data/{split}-{shard}.parquet", columns, names)
        texts = {"text": [f"{split} {shard} {n}" for n in range(count)], "label": columns["label"]}
        write_parquet(tmp_path / f"texts/{split}-{shard}.parquet", texts, names)
    found, _ = read("image_folder/pets", tmp_path)
    assert labels(found)["test"] == ["cat", "cat", "dog", "dog"]
    assert (len(found["train"]), len(found["validation"])) == (11, 1)
    found, _ = read("text_classification/texts", tmp_path)
    assert len(found["train"]) == 11 and found["test"][0]["inputs"].startswith("test 00000")


def test_several_captions_stand_in_a_list(tmp_path: Path) -> None:
    columns = {"image": [picture()] * 3, "captions": [["a dog", "a hound"], ["a cat"], []]}
    write_parquet(tmp_path / "train.parquet", columns)
    found, odd = read("caption_files", tmp_path)
    texts = [one["targets"] for some in found.values() for one in some]
    assert sorted(texts) == ["a cat", "a dog\na hound"]
    assert len(odd) == 1 and "row 3: there is no caption" in odd[0]


def test_a_key_without_its_label_or_picture_is_odd(tmp_path: Path) -> None:
    members = [("x.png", picture()), *pictures(0), ("y.cls", "1")]
    write_tar(tmp_path / "0.tar", members)
    found, odd = read("image_folder", tmp_path)
    assert sum(map(len, found.values())) == 10
    assert [reason.partition(": ")[2] for reason in odd] == [
        f"{tmp_path}/0.tar, row 1: there is no label of x.png.",
        f"{tmp_path}/0.tar, row 12: there is no file.",
    ]


def test_each_of_equal_texts_without_a_label_is_odd(tmp_path: Path) -> None:
    columns = {"text": ["a", "b", *["good"] * 3], "label": ["0", "1", *[None] * 3]}
    for split in ("train", "validation"):
        write_parquet(tmp_path / f"{split}.parquet", columns)
    _, odd = read("text_classification", tmp_path)
    assert len({*odd}) == 6 and "train.parquet, row 3: there is no label" in odd[0]


@pytest.mark.parametrize("name", ["text_classification", "caption_files"])
def test_what_is_odd_counts_in_its_own_split_and_one_of_it_alone_is_none(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As in GLUE, whose test rows have no labels."""
    content = "text" if name == "text_classification" else "image"
    said = "label" if content == "text" else "caption"
    for split, values in {
        "train": ["0", "1"] * 10,
        "validation": ["0", None, "1"],
        "test": [None] * 3,
    }.items():
        held = [f"{split} {n}" if content == "text" else picture(n) for n in range(len(values))]
        write_parquet(tmp_path / f"{split}.parquet", {content: held, said: values})
    problem = registry.problem(name, tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation")
    assert _mark_skipped(problem) == {"train": [False] * 20, "validation": [True, False, False]}
    assert f"{tmp_path / 'test.parquet'} does not say the" in caplog.text


@pytest.mark.parametrize("name", ["text_classification", "caption_files", "image_folder"])
@pytest.mark.parametrize("packed", [True, False])
def test_what_is_odd_in_one_table_of_all_splits_counts_in_the_split_of_its_row(
    name: str, packed: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = "caption" if name == "caption_files" else "label"
    values = ["0", "1"] * 10 + ["0", None, "1"] + [None] * 3
    columns: dict[str, Any] = {said: values, "split": ["train"] * 20 + ["dev"] * 3 + ["test"] * 3}
    numbers = range(len(values))
    if name == "text_classification":
        columns["text"] = [f"text {n}" for n in numbers]
    elif packed:
        columns["image"] = [picture(n) for n in numbers]
    else:
        columns["file"] = [f"{n}.png" for n in numbers]
        for n in numbers:
            (tmp_path / f"{n}.png").write_bytes(picture(n))
    if packed:
        write_parquet(tmp_path / "0.parquet", columns)
    else:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    problem = registry.problem(name, tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation")
    assert _mark_skipped(problem) == {"train": [False] * 20, "validation": [True, False, False]}
    assert "of test; that split is left out" in caplog.text


def _mark_skipped(problem: Problem) -> dict[str, list[bool]]:
    return {
        split: [isinstance(one, SkippedExample) for one in read_checked_examples(problem, split, 0)]
        for split in problem.splits
    }


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", [*pictures(0), ("z.jpg", b"no picture"), ("z.cls", "1")])
    _, odd = read("image_folder", tmp_path)
    assert len(odd) == 1 and f"z.jpg in {tmp_path}/0.tar" in odd[0]


def test_equal_keys_of_two_shards_are_two_examples_in_one_split(tmp_path: Path) -> None:
    for shard in range(2):
        write_tar(tmp_path / f"{shard}.tar", pictures(0))
    problem = registry.problem("image_folder", tmp_dir=tmp_path)
    splits = {
        split: [one["inputs"].key for one in problem.generate(split)] for split in problem.splits
    }
    assert sum(map(len, splits.values())) == 20
    assert not {*splits["train"]} & {*splits["validation"]}


def test_columns_are_named_by_the_person(tmp_path: Path) -> None:
    columns = {"photo": [picture()] * 4, "mask": [b"x"] * 4, "kind": ["a", "b"] * 2}
    write_parquet(tmp_path / "train.parquet", columns)
    with pytest.raises(
        UserError, match=r"hold the file and the label.*columns='kind, photo, mask'"
    ):
        read("image_folder", tmp_path)
    found, odd = read("image_folder", tmp_path, "file=photo,label=kind")
    assert len(found["train"]) == 3 and not odd


@pytest.mark.parametrize("kind", ["int", "list"])
def test_columns_of_another_type_are_told(tmp_path: Path, kind: str) -> None:
    values: list[Any] = [1, 2] if kind == "int" else [["a"], ["b"]]
    write_parquet(tmp_path / "train.parquet", {"audio": [SOUND] * 2, "text": values})
    with pytest.raises(UserError, match=r"train\.parquet, row 1: there is no text in a column"):
        read("speech_files", tmp_path)


def test_what_lies_open_comes_before_shards(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        for number in range(3):
            path = tmp_path / "raw" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(number))
    for name in ("backup", "old", "train-0"):
        write_tar(tmp_path / f"raw/{name}.tar", pictures(0))
    found, _ = read("image_folder/raw", tmp_path)
    assert {one["targets"] for one in found["train"]} == {"cat", "dog"}
    (tmp_path / "raw/train.csv").write_text("text,label\na,x\nb,y\nc,x\nd,y\n")
    found, _ = read("text_classification/raw", tmp_path)
    assert {one["targets"] for one in found["train"]} == {"x", "y"}


def test_which_tables_there_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in (
        "00000.tar",
        "00000.parquet",
        "00001.tar",
        "b-00000-of-00003.parquet",
        "c.parquet",
    ):
        (tmp_path / name).touch()
    names = [path.name for path in list_packed_tables(tmp_path)]
    assert names == ["00000.tar", "b-00000-of-00003.parquet", "c.parquet"]
    assert [path.name for path in list_shards(tmp_path / "00000.tar")] == ["00000.tar", "00001.tar"]
    with caplog.at_level(logging.WARNING):
        list_shards(tmp_path / "b-00000-of-00003.parquet")
    assert "of 3 shards of b-00000-of-00003.parquet, 1" in caplog.text
    with pytest.raises(UserError, match="several tables for the split train"):
        find_packed_splits(tmp_path)


def test_of_several_folders_none_is_lost_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("part1/000000.tar", "part2/000000.tar", "part1/._000001.tar"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in list_shards(tmp_path / "part1/000000.tar")] == ["000000.tar"]
    with pytest.raises(UserError, match=r"several folders.*'part1', 'part2'.*Put /part1 behind"):
        find_packed_splits(tmp_path)
    (tmp_path / "train.tar").touch()
    with caplog.at_level(logging.WARNING):
        assert find_packed_splits(tmp_path) == {"train": tmp_path / "train.tar"}
    assert "named as no split are left out: part1, part2" in caplog.text


def test_one_member_is_held_at_a_time(tmp_path: Path) -> None:
    """2,000 pictures of 0.1 MB in all are listed first, and each is read when its turn comes."""
    path = write_tar(tmp_path / "0.tar", pictures(0, 2000))
    rows = [row for _, row in read_packed_rows(path)]
    tracemalloc.start()
    read_bytes = sum(len(row["image"]()) for row in rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == 2000 and read_bytes > 100_000 > 10_000 > peak


def test_shards_have_the_names_that_hugging_face_gave_them_with_hashes(tmp_path: Path) -> None:
    names = ("train-00000-of-00002-b42a775f407cee45", "train-00001-of-00002-8b1bcf7e8a1c2f3d")
    paths = [tmp_path / f"data/{name}.parquet" for name in names]
    for path in paths:
        write_parquet(path, {"text": ["a"], "label": ["x"]})
    assert find_packed_splits(tmp_path) == {"train": paths[0]} and list_shards(paths[0]) == paths


@pytest.mark.parametrize("beside", ["words.txt", "LICENSE.txt"])
def test_texts_beside_shards_are_no_examples(tmp_path: Path, beside: str) -> None:
    columns = {"text": [f"t{n}" for n in range(20)], "label": [n % 2 for n in range(20)]}
    write_parquet(tmp_path / "train.parquet", columns)
    (tmp_path / beside).write_text("0\tbad\n1\tgood\n")
    problem = registry.problem("text_classification", tmp_dir=tmp_path)
    assert len(list(problem.generate("train"))) == 18
    classes = ["bad", "good"] if beside == "words.txt" else ["0", "1"]
    assert problem.class_names("targets") == classes


def test_what_is_named_as_no_split_is_left_out_beside_train(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Reviews of films as Hugging Face stores them: half of them have no class."""
    for name, count in (("train", 6), ("test", 4), ("unsupervised", 8)):
        texts = [f"{name} {n}" for n in range(count)]
        classes = [-1 if name == "unsupervised" else n % 2 for n in range(count)]
        columns = {"text": texts, "label": classes}
        write_parquet(
            tmp_path / f"plain_text/{name}-00000-of-00001.parquet",
            columns,
            {"label": ["neg", "pos"]},
        )
    with caplog.at_level(logging.WARNING):
        found, odd = read("text_classification", tmp_path)
    assert {split: len(some) for split, some in found.items()} == {
        "train": 5,
        "validation": 1,
        "test": 4,
    }
    assert not odd
    told = "named as no split are left out: unsupervised-00000-of-00001.parquet"
    assert told in caplog.text


def test_two_tables_of_one_split_are_named(tmp_path: Path) -> None:
    for name in ("train", "validation_matched", "validation_mismatched"):
        (tmp_path / f"{name}-00000-of-00001.parquet").touch()
    told = r"for the split validation.*'validation_matched-.*, 'validation_mismatched-"
    with pytest.raises(UserError, match=told):
        find_packed_splits(tmp_path)
