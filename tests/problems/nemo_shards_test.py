"""Tarred data sets of NeMo: a manifest beside audio_0.tar and so on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_shards import write_tar
from sound_fixtures import wav_bytes

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.problems.nemo_shards import NemoShards


def make(folder: Path, *rows: dict[str, Any]) -> Path:
    """Writes two tars of a sound each and a manifest."""
    for shard in range(2):
        sound = wav_bytes(np.arange(32_000, dtype=np.int16) % 1000 + shard, 16_000)
        write_tar(folder / f"audio_{shard}.tar", [(f"home_{shard}.wav", sound)])
    path = folder / "tarred_audio_manifest.json"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def line(shard: object, name: str, **others: Any) -> dict[str, Any]:
    return {"audio_filepath": name, "duration": 1.0, "text": "One", "shard_id": shard} | others


def test_sounds_and_their_segments_are_read_from_the_tars(tmp_path: Path) -> None:
    rows = [
        line(0, "home_0.wav", offset=0.5, duration=0.25),
        line(0, "home_0-sub1.wav", offset=1.0, duration=0.5, text="Two"),
        line(1, "home_1.wav", duration=2.0, text="three"),
    ]
    make(tmp_path, *rows)
    problem = registry.problem("speech_files", tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation")
    found = [one for split in problem.splits for one in problem.generate(split)]
    sounds = {one["targets"]: one["inputs"]() for one in found}
    assert {text: len(samples) for text, samples in sounds.items()} == {
        "one": 4_000,
        "two": 8_000,
        "three": 32_000,
    }
    np.testing.assert_array_equal(sounds["two"], np.arange(16_000, 24_000) % 1000)
    assert [path.name for path in problem.raw_files_wanted()] == ["tarred_audio_manifest.json"]
    held_out = [one["targets"] for one in problem.generate("validation")]
    assert set(held_out) in ({"three"}, {"one", "two"})  # a recording is in one split


def test_manifests_of_splits_lie_in_folders(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        make(tmp_path / split, line(0, "home_0.wav", text=split))
    problem = registry.problem("speech_files", tmp_dir=tmp_path)
    assert [one["targets"] for one in problem.generate("validation")] == ["dev"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (line(7, "home_0.wav"), "line 1: the tar of the sound is not there.*shard_id=7"),
        (line("../x", "home_0.wav"), "line 1: the tar of the sound is not there"),
        (line({}, "home_0.wav"), "line 1: the tar of the sound is not there"),
        (line(0, "other.wav"), r"line 1: the sound is not in its tar.*sounds='home_0\.wav'"),
        (line(0, "home_0.wav", offset=-1), "line 1: this is no segment"),
        (line(0, "home_0.wav", offset="x"), "line 1: this is no segment"),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, row: dict[str, Any], what: str) -> None:
    make(tmp_path, row)
    with pytest.raises(UserError, match=what):
        list(registry.problem("speech_files", tmp_dir=tmp_path).generate("train"))


def test_no_sound_stands_for_two_names(tmp_path: Path) -> None:
    make(tmp_path, line(0, "a/home_0.wav"), line(0, "./a/home_0-sub1.wav"), line(0, "b/home_0.wav"))
    with pytest.raises(UserError, match=r"line 3: another line has that sound.*a/home.*b/home"):
        list(registry.problem("speech_files", tmp_dir=tmp_path).generate("train"))


def test_a_tar_is_listed_once(tmp_path: Path) -> None:
    shards = NemoShards(make(tmp_path))
    first = shards.find_sound(1, 0, "home_0.wav")
    (tmp_path / "audio_0.tar").write_bytes(b"")
    assert shards.find_sound(2, "0", "any/home_0-sub12.wav") == first


def test_sounds_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    path = make(tmp_path)
    write_tar(tmp_path / "audio_0.tar", [(f"./{folder}/1.wav", folder) for folder in "ab"])
    shards = NemoShards(path)
    for value, content in (("a/1.wav", b"a"), ("b/1-sub1.wav", b"b")):
        assert shards.find_sound(1, 0, value)() == content
    told = r"line 3: the sound has the name of others in its tar.*sounds='\./a/1\.wav, \./b/1\.wav'"
    with pytest.raises(UserError, match=told):
        shards.find_sound(3, 0, "1.wav")
