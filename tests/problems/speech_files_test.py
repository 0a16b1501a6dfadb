"""speech_files: own recordings without code."""

import json
import logging
import re

import numpy as np
import pytest
from small_shards import write_tar
from sound_fixtures import sphere_bytes, tone, wav_bytes, write

from t2t_mm import registry
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems.speech import Utterance
from t2t_mm.problems.speech_files import group_utterances


def examples(problem, split):
    return [(example["targets"], len(example["inputs"]())) for example in problem.generate(split)]


def kaldi(split, *keys, wave="WAVE/{key}.wav"):
    """A Kaldi directory whose n-th utterance has 100 + n samples."""
    files = {
        f"{split}/text": "".join(f"{key}\tSAYS  {key}\n" for key in keys),
        f"{split}/wav.scp": "".join(f"{key} {wave.format(key=key)}\n" for key in keys),
    }
    return files | {f"WAVE/{key}.wav": wav_bytes(tone(100 + n)) for n, key in enumerate(keys)}


def manifest(split, *rows, suffix=".jsonl"):
    """A manifest of rows (file, text), and the files, of 100 samples each."""
    if suffix in (".csv", ".tsv"):
        mark = "," if suffix == ".csv" else "\t"
        lines = [mark.join(row) for row in (("path", "sentence"), *rows)]
    else:
        lines = [json.dumps({"audio": file, "text": text}) for file, text in rows]
    return {f"{split}{suffix}": "".join(f"{line}\n" for line in lines)} | {
        file: wav_bytes(tone(100)) for file, _ in rows
    }


def test_kaldi_directories(tmp_path):
    files = kaldi("train", "a1", "b1") | kaldi("dev", "c1") | kaldi("test", "d1")
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    assert problem.splits == ("train", "validation", "test")
    assert examples(problem, "train") == [("says a1", 100), ("says b1", 101)]
    assert examples(problem, "validation") == [("says c1", 100)]
    assert examples(problem, "test") == [("says d1", 100)]
    assert {path.relative_to(tmp_path).as_posix() for path in problem.raw_files_read} == {
        f"{split}/{name}" for split in ("train", "dev", "test") for name in ("text", "wav.scp")
    }
    assert set(problem.raw_files_wanted()) == set(problem.raw_files_read)


def test_names_in_a_tar_may_be_no_text(tmp_path):
    sound = wav_bytes(tone(100))
    names = ("a", "b", "c\udcff")
    members = ((f"{n}.{e}", c) for n in names for e, c in (("wav", sound), ("txt", f"word {n[0]}")))
    write_tar(tmp_path / "train-000.tar", members)
    problem = registry.problem("speech_files", tmp_dir=tmp_path)
    found = [text for split in ("train", "validation") for text, _ in examples(problem, split)]
    assert sorted(found) == ["word a", "word b", "word c"]


def test_directories_may_be_in_capitals(tmp_path):
    files = kaldi("Training", "a1", "b1") | kaldi("DEV", "c1") | kaldi("Test", "d1")
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    assert [[text for text, _ in examples(problem, split)] for split in problem.splits] == [
        ["says a1", "says b1"],
        ["says c1"],
        ["says d1"],
    ]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv"])
def test_manifests(tmp_path, suffix):
    files = manifest("train", ("clips/a.wav", 'Say "A"'), suffix=suffix)
    files |= manifest("val", ("clips/b.wav", "B"), suffix=suffix)
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    assert problem.splits == ("train", "validation")
    assert examples(problem, "train") == [('say "a"', 100)]
    assert examples(problem, "validation") == [("b", 100)]
    with pytest.raises(UserError, match=r"test\.jsonl"):
        examples(problem, "test")


def test_corpora_side_by_side(tmp_path):
    files = kaldi("one/train", "a", wave="../../WAVE/{key}.wav")
    files |= kaldi("one/dev", "b", wave="../../WAVE/{key}.wav")
    files |= {f"two/{name}": data for name, data in manifest("train", ("x.wav", "X")).items()}
    files |= {f"two/{name}": data for name, data in manifest("dev", ("y.wav", "Y")).items()}
    folder = write(tmp_path, files)
    found = {
        name: examples(registry.problem(f"speech_files/{name}", tmp_dir=folder), "train")
        for name in ("one", "two")
    }
    assert found == {"one": [("says a", 100)], "two": [("x", 100)]}


def test_segments_channels_and_speakers(tmp_path):
    stereo = np.stack([tone(16_000), -tone(16_000)], axis=1)
    files = {
        "train/text": "u1 one\nu2 two\nu3 three\n",
        "train/wav.scp": "call1 call1.sph\n",
        "train/segments": "u1 call1 0.0 0.25\nu2 call1 0.25 0.5 1\nu3 call1 0.5 -1 0\n",
        "train/call1.sph": sphere_bytes(stereo),
    } | kaldi("dev", "a")
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    one, two, three = (example["inputs"]() for example in problem.generate("train"))
    np.testing.assert_array_equal(one, np.zeros(4000))
    np.testing.assert_array_equal(two, -tone(16_000)[4000:8000])
    np.testing.assert_array_equal(three, tone(16_000)[8000:])


def test_segments_of_a_manifest(tmp_path):
    row = {"audio_filepath": "a.wav", "text": "Two", "offset": 0.25, "duration": 0.5, "lang": "en"}
    files = {"train.json": json.dumps(row), "a.wav": wav_bytes(tone(16_000))}
    files |= manifest("dev", ("b.wav", "B"))
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    (example,) = problem.generate("train")
    np.testing.assert_array_equal(example["inputs"](), tone(16_000)[4000:12000])


def test_validation_is_held_out_by_whole_speakers(tmp_path, caplog):
    keys = [f"s{speaker:02}-{number}" for speaker in range(20) for number in range(3)]
    files = kaldi("train", *keys)
    files["train/utt2spk"] = "".join(f"{key} {key[:3]}\n" for key in keys)
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    with caplog.at_level(logging.WARNING):
        train, validation = examples(problem, "train"), examples(problem, "validation")
    assert len(validation) == 6
    assert sorted(train + validation) == [(f"says {k}", 100 + n) for n, k in enumerate(keys)]
    speakers = [{text[5:8] for text, _ in part} for part in (train, validation)]
    assert not speakers[0] & speakers[1]
    assert caplog.text.count("6 of 60 utterances are held out for validation") == 1


def test_a_test_split_of_other_speakers_is_held_out_if_a_share_is_given(tmp_path):
    keys = [f"s{speaker:02}-{number}" for speaker in range(20) for number in range(3)]
    files = kaldi("train", *keys)
    files["train/utt2spk"] = "".join(f"{key} {key[:3]}\n" for key in keys)
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    problem.test_share = 0.2
    parts = [examples(problem, split) for split in problem.splits]
    assert [len(part) for part in parts] == [42, 6, 12]
    assert len({text[5:8] for part in parts for text, _ in part}) == 20
    assert sum(len({text[5:8] for text, _ in part}) for part in parts) == 20


def test_groups_that_must_not_be_in_two_splits():
    def groups(*names):
        utterances = [Utterance(str(n), None, "", name) for n, name in enumerate(names)]
        return group_utterances(utterances)

    assert len(set(groups("one", "two", "one"))) == 2
    assert len(set(groups("", "", ""))) == 3
    assert len(set(groups("one", "one", "one"))) == 3  # or nothing could be held out
    assert groups() == []


@pytest.mark.parametrize("rows", [1, 4, 10])
def test_a_tenth_of_the_utterances_is_held_out_however_many_a_sound_has(tmp_path, rows):
    folder = write(tmp_path, {f"{n}.wav": wav_bytes(tone()) for n in range(20)})
    lines = [{"audio": f"{n}.wav", "text": f"{n} by {k}"} for n in range(20) for k in range(rows)]
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    problem = registry.problem("speech_files", tmp_dir=folder)
    parts = [
        [one["targets"].split()[0] for one in problem.generate(split)] for split in problem.splits
    ]
    assert [len(part) for part in parts] == [18 * rows, 2 * rows]
    assert not set(parts[0]) & set(parts[1])


def test_lines_of_a_manifest_that_nobody_can_read_are_odd_items_of_training(tmp_path):
    folder = write(tmp_path, {f"{n}.wav": wav_bytes(tone()) for n in range(20)})
    lines = [json.dumps({"audio": f"{n}.wav", "text": f"text {n}"}) for n in range(20)]
    odd = ['{"audio": "1.wav", "text": null}', '{"audio": "1.wav", "text": "\\ud83d"}']
    odd += ['{"audio": null, "text": "x"}', '{"audio": "1.wav", "text": "' + "x" * 2**20 + '"}']
    (folder / "train.jsonl").write_text("\n".join([*lines[:10], *odd, *lines[10:]]))
    problem = registry.problem("speech_files", tmp_dir=folder)
    problem.num_parts("train")  # the list is read here, and kept
    found = {}
    for split in problem.splits:
        with collect_odd_items() as reasons:
            found[split] = len([*problem.generate(split)])
        assert [int(re.search(r"line (\d+)", one)[1]) for one in reasons] == (
            [11, 12, 13, 14] if split == "train" else []
        )
    assert found == {"train": 18, "validation": 2}


def test_what_does_not_fit_together_is_left_out_and_told(tmp_path, caplog):
    files = kaldi("train", "a", "b", "c", "d") | kaldi("dev", "e")
    files["train/text"] = "a A\nb\nc C\nx X\n"
    folder = write(tmp_path, files)
    with caplog.at_level(logging.WARNING):
        problem = registry.problem("speech_files", tmp_dir=folder)
        assert examples(problem, "train") == [("a", 100), ("c", 102)]
    for told in (
        "1 texts have no sound (x).",
        "1 texts are without a word (b).",
        "1 sounds have no text (d).",
    ):
        assert f"{folder / 'train'}: {told}" in caplog.text


def test_other_sample_rates_are_told_once_with_their_number(tmp_path, caplog):
    files = kaldi("other_rate/train", "a", "b", "c", wave="../../WAVE/{key}.wav")
    files |= kaldi("other_rate/dev", "e", wave="../../WAVE/{key}.wav")
    files["WAVE/b.wav"] = wav_bytes(tone(80), 8_000)
    problem = registry.problem("speech_files/other_rate", tmp_dir=write(tmp_path, files))
    with caplog.at_level(logging.WARNING):
        assert examples(problem, "train") == [("says a", 100), ("says b", 160), ("says c", 102)]
    assert caplog.text.count("1 of 3 sounds were resampled to 16,000 Hz (1 from 8,000 Hz)") == 1


def test_an_empty_sound_is_left_to_be_counted_and_a_broken_one_is_an_error(tmp_path):
    files = kaldi("train", "a", "b") | kaldi("dev", "e") | {"WAVE/a.wav": b""}
    problem = registry.problem("speech_files", tmp_dir=write(tmp_path, files))
    assert problem.skip_bad_examples
    with pytest.raises(BadExampleError, match=r"a\.wav: the sound file is empty"):
        examples(problem, "train")
    write(tmp_path, {"WAVE/a.wav": wav_bytes(tone())})
    write(tmp_path, {"WAVE/b.wav": wav_bytes(tone())[:-1]})
    with pytest.raises(UserError, match=r"b\.wav: the sound file is cut short"):
        examples(registry.problem("speech_files", tmp_dir=tmp_path), "train")


@pytest.mark.parametrize(
    "file, message",
    [
        ("train.jsonl", "cannot choose its train list: there are train, train.jsonl"),
        ("valid/text", "cannot choose its validation list: there are dev, valid"),
    ],
)
def test_two_lists_of_one_split_are_an_error(tmp_path, file, message):
    folder = write(tmp_path, kaldi("train", "a") | kaldi("dev", "e") | {file: "e E\n"})
    with pytest.raises(UserError, match=message):
        examples(registry.problem("speech_files", tmp_dir=folder), "train")


def test_a_segment_behind_the_end_of_its_sound_is_an_error(tmp_path):
    files = kaldi("train", "a") | kaldi("dev", "e") | {"train/segments": "a a 0.0 9.0\n"}
    with pytest.raises(UserError, match=r"a\.wav: a segment lies behind"):
        examples(registry.problem("speech_files", tmp_dir=write(tmp_path, files)), "train")


@pytest.mark.parametrize("name", ["speech_files", "speech_files/own"])
@pytest.mark.parametrize("there", [True, False])
def test_without_files_there_is_a_checklist(tmp_path, name, there):
    problem = registry.problem(name, tmp_dir=tmp_path if there else None)
    with pytest.raises(UserError, match=r"(?s)Checklist.*wav\.scp.*train/text.*train\.jsonl"):
        examples(problem, "train")


@pytest.mark.parametrize("below", ["", "train/"])
def test_metadata_beside_the_sounds_is_a_manifest(tmp_path, below):
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    for number in range(4):
        (folder / f"{number}.wav").write_bytes(wav_bytes(tone()))
    rows = "".join(f'{n}.wav,"Yes, {n}"\n' for n in range(4))
    (folder / "metadata.csv").write_text(f"file_name,transcription\n{rows}")
    problem = registry.problem("speech_files", tmp_dir=tmp_path)
    texts = [one["targets"] for split in problem.splits for one in problem.generate(split)]
    assert sorted(texts) == [f"yes, {n}" for n in range(4)]
    assert problem.options_that_count == {"columns", "validation_share"}


def test_columns_of_other_names_are_given(tmp_path):
    (tmp_path / "1.wav").write_bytes(wav_bytes(tone()))
    (tmp_path / "train.tsv").write_text("sound\twords\n1.wav\tYes\n")
    problem = registry.problem("speech_files", tmp_dir=tmp_path)
    problem.columns = "audio=sound,text=words"
    held_out = list(problem.generate("validation"))
    assert [one["targets"] for one in held_out] == ["yes"]
