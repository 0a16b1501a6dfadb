"""What a person hands over becomes what evaluation data sets hold."""

import errno
import io
import os
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from t2t_mm.data.vocabulary.labels import LabelVocabulary
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Audio, Categorical, Image, Language
from t2t_mm.inference.user_inputs import (
    batch_inputs,
    batch_pairs,
    check_files,
    describe_files,
    is_empty,
    pad_inputs,
    prepare_input,
)
from t2t_mm.settings import DataHParams

VOCABULARIES = {"bytes": ByteVocabulary(), "fruit": LabelVocabulary("fruit", ["pear", "plum"])}


def picture_file(height: int, width: int) -> bytes:
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    content = io.BytesIO()
    Pillow.fromarray(pixels).save(content, format="PNG")
    return content.getvalue()


def sound_file(path: Path, samples: np.ndarray, sample_rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def test_text_ends_in_the_end_of_sequence() -> None:
    ids = prepare_input("ab", Language("bytes"), VOCABULARIES)
    assert ids.tolist() == [100, 101, 1]


def test_an_input_may_be_four_times_as_long_as_what_was_trained_on() -> None:
    data = DataHParams(max_pieces=3, max_seconds=1.0)
    at_most, text = "b" * 11, Language("bytes")
    assert len(prepare_input(at_most, text, VOCABULARIES, data)) == 12
    with pytest.raises(UserError, match=r"13 positions.*at most 12, 4 times .*\(data.max_pieces=3"):
        prepare_input(at_most + "b", text, VOCABULARIES, data)
    pairs = [("b", at_most + "b")]
    with pytest.raises(UserError, match="The target is 13 positions long"):
        list(batch_pairs(pairs, (text, text), VOCABULARIES, 1, data=data))
    for representation in ("log_mel", "waveform"):
        sound = Audio(sample_rate_hz=8000, representation=representation)
        prepare_input(np.zeros(32_000, np.float32), sound, {}, data)
        with pytest.raises(UserError, match=r"data\.max_seconds=1\)"):
            prepare_input(np.zeros(34_000, np.float32), sound, {}, data)
    skipped: list[tuple[int, str]] = []
    lines = ["a", "b" * 100]
    told = batch_inputs(lines, text, VOCABULARIES, 2, lambda *one: skipped.append(one), data)
    assert [places for places, _ in told] == [[0]] and [place for place, _ in skipped] == [1]


def test_a_target_of_the_model_itself_is_of_any_length() -> None:
    text, pairs = Language("bytes"), [("a", "b" * 5)]
    data = DataHParams(max_pieces=1)

    def make(checks_targets: bool) -> list[tuple[list[int], dict[str, Any]]]:
        found = batch_pairs(pairs, (text, text), VOCABULARIES, 1, None, data, checks_targets)
        return list(found)

    with pytest.raises(UserError, match="The target is 6 positions long"):
        make(checks_targets=True)
    ((_, batch),) = make(checks_targets=False)
    assert batch["targets"].shape == (1, 6)


def test_a_class_is_its_index() -> None:
    index = prepare_input("plum", Categorical(vocabulary="fruit"), VOCABULARIES)
    assert index.shape == () and index == 1


def test_a_picture_is_the_same_as_path_as_bytes_and_as_array(tmp_path: Path) -> None:
    content = picture_file(12, 8)
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    array = np.asarray(Pillow.open(path))
    same = [prepare_input(value, Image(), {}) for value in (path, str(path), content, array)]
    assert same[0].shape == (12, 8, 3)
    assert abs(float(same[0].mean())) < 1e-5
    for other in same[1:]:
        np.testing.assert_array_equal(same[0], other)


def test_a_sound_is_the_same_as_path_and_as_samples(tmp_path: Path) -> None:
    samples = (8000 * np.sin(np.arange(4000) * 0.2)).astype(np.int16)
    path = sound_file(tmp_path / "sound.wav", samples, 16_000)
    from_path, from_samples = (prepare_input(v, Audio(), {}) for v in (path, samples))
    np.testing.assert_allclose(from_path, from_samples, atol=1e-5)
    assert from_path.shape[1] == 80


def test_a_sound_of_another_rate_is_resampled(tmp_path: Path) -> None:
    samples = (8000 * np.sin(np.arange(4000) * 0.2)).astype(np.int16)
    path = sound_file(tmp_path / "slow.wav", samples, 8_000)
    waveform = Audio(representation="waveform")
    assert len(prepare_input(path, waveform, {})) == 8000


def test_padding_and_sizes() -> None:
    texts = pad_inputs([np.array([5, 1], np.int32), np.array([5, 6, 1], np.int32)], Language())
    assert texts["inputs"].tolist() == [[5, 1, 0], [5, 6, 1]]
    assert "inputs_size" not in texts
    pictures = [np.ones((2, 3, 1), np.float32), np.ones((4, 1, 1), np.float32)]
    batch = pad_inputs(pictures, Image(channels=1))
    assert batch["inputs"].shape == (2, 4, 3, 1)
    assert batch["inputs"].sum() == 2 * 3 + 4
    assert batch["inputs_size"].tolist() == [[2, 3], [4, 1]]
    sounds = pad_inputs([np.ones((7, 80), np.float32)], Audio())
    assert sounds["inputs_size"].tolist() == [[7]]


def test_batches_are_of_similar_size_and_know_the_places_of_their_examples() -> None:
    texts = ["abcd", "", "a", "abc", " ", "b"]
    batches = batch_inputs(texts, Language("bytes"), VOCABULARIES, 2)
    found = [(places, batch["inputs"].shape) for places, batch in batches]
    assert found == [([2, 5], (2, 2)), ([3, 0], (2, 5))]
    assert list(batch_inputs(["", " "], Language("bytes"), VOCABULARIES, 2)) == []


def test_pairs_stay_together_and_an_empty_target_is_one() -> None:
    sides, skipped = (Language("bytes"), Categorical(vocabulary="fruit")), list[int]()
    pairs = [("abc", "plum"), ("", "plum"), ("d", "pear"), ("e", "fig")]
    batches = batch_pairs(pairs, sides, VOCABULARIES, 8, lambda place, _: skipped.append(place))
    [(places, batch)] = batches
    assert (places, batch["targets"].tolist(), skipped) == ([2, 0], [0, 1], [3])
    texts = (Language("bytes"), Language("bytes"))
    [(_, batch)] = batch_pairs([("a", "bcd"), ("a", "")], texts, VOCABULARIES, 8)
    assert batch["inputs"].shape == (2, 2)
    assert batch["targets"].tolist() == [[1, 0, 0, 0], [*VOCABULARIES["bytes"].encode("bcd"), 1]]


def test_only_text_can_be_empty() -> None:
    assert is_empty(" ") and not is_empty("a")
    assert not is_empty(np.zeros(3))


def test_a_file_that_cannot_be_read_is_a_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture_file(4, 4))

    def read_bytes(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(UserError, match=r"picture\.png: .*cannot be read: Permission denied"):
        prepare_input(path, Image(), {})


def test_a_file_that_is_not_there_is_found_before_any_is_opened(tmp_path: Path) -> None:
    (tmp_path / "broken.png").touch()
    files = [tmp_path / "broken.png", "", np.zeros((1, 1, 3), np.uint8)]
    check_files(files, Image())
    check_files(["absent.png"], Language("bytes"))
    with pytest.raises(UserError, match=r"no such input file.*absent\.png"):
        check_files([*files, "absent.png"], Image())


@pytest.mark.parametrize(
    ("value", "feature", "message"),
    [
        ("absent.png", Image(), "no such input file"),
        (Path("absent.wav"), Audio(), "no such input file"),
        ("~$picture.png", Image(), "no such input file"),
        ("a long sentence " * 30, Image(), "no such input file"),
        (3, Language("bytes"), "wrong type"),
    ],
)
def test_bad_input_is_told(value: object, feature: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare_input(value, feature, VOCABULARIES)  # type: ignore[arg-type]


def test_a_file_is_known_by_its_size_and_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert describe_files([str(path), "a" * 9_999, "", "\0", None, 5]) == [""] * 6
    path.write_bytes(b"one")
    os.utime(path, ns=(7, 7))
    first = describe_files([str(path)])
    path.write_bytes(b"two")
    os.utime(path, ns=(7, 8))
    second = describe_files([str(path)])
    path.write_bytes(b"three")
    os.utime(path, ns=(7, 7))
    assert len({*first, *second, *describe_files([str(path)])}) == 3
    path.write_bytes(b"one")
    os.utime(path, ns=(9, 7))
    assert describe_files([str(path)]) == first
