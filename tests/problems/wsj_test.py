"""WSJ speech from discs and from merged folders, with the names and quirks of the original."""

import logging
import pickle
import re

import numpy as np
import pytest
from sound_fixtures import sphere_bytes, tone, write

from t2t_mm import registry
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError

SI84 = "wsj0/doc/indices/train/tr_s_wv1.ndx"
SI200 = "wsj1/doc/indices/si_tr_s.ndx"
DEV93 = "wsj1/doc/indices/h1_p0.ndx"
EVAL92 = "wsj0/doc/indices/test/nvp/si_et_20.ndx"

# Disc, path on it, and what lies there.
FILES = [
    (
        "11-13.1",
        SI84,
        ";; comment\n11_1_1:wsj0/si_tr_s/01i/01ic0201.wv1\n"
        "11_1_1: wsj0/si_tr_s/01i/01ic0202.wv1\n\n11_2_1:wsj0/si_tr_s/401/401c0201.wv1\n\x1a",
    ),
    ("13-34.1", SI200, "13_1_1:wsj1/si_tr_s/46a/46ac0201.wv1\r\n"),
    ("13-34.1", DEV93, "13_16_1:wsj1/si_dt_20/4k0/4k0c0301.wv1\n"),
    # Without an ending, and on another disc than the list says.
    ("11-13.1", EVAL92, ";Nov 92\n11_12_1:wsj0/si_et_20/440/440c0401\n"),
    ("11-1.1", "wsj0/si_tr_s/01i/01ic0201.wv1", 201),
    ("11-1.1", "wsj0/si_tr_s/01i/01ic0202.wv1", 202),
    ("13-1.1", "wsj1/si_tr_s/46a/46ac0201.wv1", 203),
    ("13-16.1", "wsj1/si_dt_20/4k0/4k0c0301.wv1", 204),
    ("11-14.1", "wsj0/si_et_20/440/440c0401.wv1", 205),
    ("11-1.1", "wsj0/si_tr_s/01i/01ic0201.wv2", 206),
    (
        "11-4.1",
        "wsj0/transcrp/dots/si_tr_s/01i/01ic0200.dot",
        "A b (01ic0201)\nC ,COMMA (01ic0202)",
    ),
    ("13-34.1", "wsj1/trans/wsj1/si_tr_s/46a/46ac0200.dot", "[tap] D (46ac0201)\n"),
    ("13-34.1", "wsj1/trans/wsj1/si_dt_20/4k0/4k0c0300.dot", "E (4k0c0301)\n"),
    ("11-13.1", "wsj0/transcrp/dots/si_et_20/440/440c0400.dot", "F (440c0401)\n"),
]
EXAMPLES = {
    "train": [("a b", 201), ("c comma", 202), ("d", 203)],
    "validation": [("e", 204)],
    "test": [("f", 205)],
}


def corpus(folder, *, place="{disc}/{path}", without=()):
    files = {}
    for disc, path, content in FILES:
        if not any(name in path for name in without):
            data = sphere_bytes(tone(content)) if isinstance(content, int) else content
            files[place.format(disc=disc, path=path, upper=path.upper())] = data
    return write(folder, files)


def examples(problem, split):
    return [(example["targets"], len(example["inputs"]())) for example in problem.generate(split)]


@pytest.mark.parametrize(
    "place",
    ["{disc}/{path}", "{path}", "{disc}/{upper}", "ldc/csr/{disc}/{path}", "{disc}/{upper};1"],
    ids=["discs", "merged", "upper case", "below", "bare ISO 9660"],
)
def test_every_way_to_lay_the_files_out(tmp_path, place):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path, place=place))
    found = {split: sorted(examples(problem, split)) for split in problem.splits}
    assert found == EXAMPLES


def test_si84_is_wsj0_alone(tmp_path):
    folder = corpus(tmp_path, without=["si_tr_s.ndx", "46a"])
    problem = registry.problem("wsj_speech_si84", tmp_dir=folder)
    assert sorted(examples(problem, "train")) == EXAMPLES["train"][:2]
    with pytest.raises(UserError, match="Checklist"):
        examples(registry.problem("wsj_speech", tmp_dir=folder), "train")


def test_sounds_are_those_of_the_files_and_texts_follow_the_declared_features(tmp_path):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path))
    (example,) = problem.generate("test")
    np.testing.assert_array_equal(example["inputs"](), tone(205))
    assert example["inputs"]().dtype == np.int16
    assert problem.command_name == registry.problem("wmt_deen").command_name
    assert problem.metrics == ("wer",)


def test_parts_are_the_split_also_in_another_process(tmp_path):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path))
    parts = [list(problem.generate_part("train", part)) for part in range(16)]
    assert problem.num_parts("train") == 16
    assert [len(part) for part in parts] == [1, 1, 1] + [0] * 13
    copy = pickle.loads(pickle.dumps(problem))
    assert examples(copy, "train") == examples(problem, "train")


def test_lists_and_transcripts_are_the_raw_files(tmp_path):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path))
    for split in problem.splits:
        examples(problem, split)
    names = {path.relative_to(tmp_path).as_posix() for path in problem.raw_files_read}
    assert names == {f"{disc}/{path}" for disc, path, _ in FILES if path.endswith((".ndx", ".dot"))}
    assert {path.name for path in problem.raw_files_wanted()} == {
        "tr_s_wv1.ndx", "si_tr_s.ndx", "h1_p0.ndx", "si_et_20.ndx",
    }  # fmt: skip
    assert set(problem.raw_files_wanted()) <= set(problem.raw_files_read)


def test_the_number_of_recordings_is_told_where_it_differs(tmp_path, caplog):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path))
    with caplog.at_level(logging.WARNING):
        examples(problem, "train")
    assert f"lists in {tmp_path} name 3 recordings; the corpus has 37,416." in caplog.text


def large(tmp_path, *, missing=0, untold=0):
    """150 training utterances, some without a recording and some without a transcript."""
    names = [f"01ic{number:04x}" for number in range(0x300, 0x300 + 150)]
    paths = [f"wsj0/si_tr_s/01i/{name}.wv1" for name in names]
    files = {SI84: "".join(f"11_1_1:{path}\n" for path in paths)}
    files |= {path: sphere_bytes(tone(3)) for path in paths[missing:]}
    for session in {name[:6] for name in names}:
        own = [name for name in names[: len(names) - untold] if name.startswith(session)]
        files[f"wsj0/dots/{session}00.dot"] = "".join(f"w ({name})\n" for name in own)
    files[f"wsj0/dots/{names[1][:6]}00.dot"] += f"~~ ({names[1]})\n"
    return write(corpus(tmp_path, place="{path}", without=["tr_s_wv1"]), files)


def test_a_few_absent_files_are_counted_and_told(tmp_path, caplog):
    problem = registry.problem("wsj_speech_si84", tmp_dir=large(tmp_path, missing=1, untold=1))
    with caplog.at_level(logging.WARNING):
        assert len(examples(problem, "train")) == 147
    for told in (
        "1 of 150 recordings are not there (wsj0/si_tr_s/01i/01ic0300.wv1)",
        "1 of 149 recordings have no transcript in any .dot file (wsj0/si_tr_s/01i/01ic0395.wv1)",
        "1 transcripts are without a word (wsj0/si_tr_s/01i/01ic0301.wv1)",
    ):
        assert caplog.text.count(told) == 1


@pytest.mark.parametrize(
    "absent, message",
    [
        ({"missing": 5}, "5 of 150 recordings are not there"),
        ({"untold": 5}, "5 of 150 recordings have no transcript"),
    ],
)
def test_an_absent_disc_is_an_error(tmp_path, absent, message):
    problem = registry.problem("wsj_speech_si84", tmp_dir=large(tmp_path, **absent))
    with pytest.raises(UserError, match=f"{message}.*A disc seems to be missing"):
        examples(problem, "train")


def test_a_broken_recording_is_named(tmp_path):
    folder = corpus(tmp_path)
    path = folder / "11-14.1/wsj0/si_et_20/440/440c0401.wv1"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError, match=r"440c0401\.wv1: the file is cut short"):
        examples(registry.problem("wsj_speech", tmp_dir=folder), "test")


def test_an_empty_recording_is_left_to_be_counted(tmp_path):
    folder = corpus(tmp_path)
    (folder / "11-14.1/wsj0/si_et_20/440/440c0401.wv1").write_bytes(b"")
    problem = registry.problem("wsj_speech", tmp_dir=folder)
    assert problem.skip_bad_examples
    with pytest.raises(BadExampleError, match=r"440c0401\.wv1: the sound file is empty"):
        examples(problem, "test")


@pytest.mark.parametrize("name", ["wsj_speech", "wsj_speech_si84"])
@pytest.mark.parametrize("there", [True, False])
def test_without_the_discs_there_is_a_checklist(tmp_path, name, there):
    problem = registry.problem(name, tmp_dir=tmp_path if there else None)
    with pytest.raises(UserError) as error:
        examples(problem, "train")
    for part in ("LDC93S6A", "CD-ROMs", "librispeech", f"11-13.1/{SI84}", f"13-34.1/{DEV93}"):
        assert part in str(error.value)


def test_a_test_list_that_is_missing_is_noticed_before_training_data_is_read(tmp_path):
    problem = registry.problem("wsj_speech", tmp_dir=corpus(tmp_path, without=["si_et_20.ndx"]))
    with pytest.raises(UserError, match=re.escape(EVAL92)):
        next(iter(problem.generate("train")))
