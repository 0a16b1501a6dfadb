import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from t2t_mm import Language, UserError, registry
from t2t_mm.data.records.stored import DataInfo, Metadata, compose_datagen_command, open_data


@pytest.fixture
def own_copy(data_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(data_dir, tmp_path / "data"))


def folder_of(data_dir: Path) -> Path:
    return data_dir / "words_for_tests/1.0.0"


def test_open_data_knows_sizes_lengths_and_vocabularies(data_dir: Path) -> None:
    info = open_data(registry.problem("words_for_tests"), data_dir)
    assert info.sizes == {"train": 300, "validation": 40, "test": 40}
    for feature in ("inputs", "targets"):
        assert sum(info.lengths["train"][feature].values()) == 300
    assert {name: v.name for name, v in info.vocabularies.items()} == {
        "inputs": "tested",
        "targets": "bytes",
    }


def test_a_reversed_problem_opens_the_same_data_exchanged(data_dir: Path) -> None:
    info = open_data(registry.problem("words_for_tests_rev"), data_dir)
    assert info.name == "words_for_tests"
    assert {name: v.name for name, v in info.vocabularies.items()} == {
        "inputs": "bytes",
        "targets": "tested",
    }


@pytest.mark.parametrize("name", ["words_for_tests", "words_for_tests_rev"])
def test_data_that_was_not_generated_gives_the_line_to_type(tmp_path: Path, name: str) -> None:
    problem = registry.problem(name, tmp_dir="raw")
    line = f"t2t-datagen --problems=words_for_tests --data_dir={tmp_path} --tmp_dir=raw"
    with pytest.raises(UserError) as error:
        open_data(problem, tmp_path)
    assert line in str(error.value)
    assert f"problem {name} has not been generated" in str(error.value)


def test_data_of_another_version_is_mentioned(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = registry.problem("words_for_tests")
    monkeypatch.setattr(type(problem), "version", "1.1.0")
    with pytest.raises(UserError, match=r"has not been generated \(there is version 1\.0\.0\)"):
        open_data(problem, data_dir)


def changed(metadata: Metadata, **fields: Any) -> Metadata:
    return dataclasses.replace(metadata, fingerprint={**metadata.fingerprint, **fields})


def test_a_changed_class_makes_data_stale(own_copy: Path) -> None:
    folder = folder_of(own_copy)
    changed(Metadata.read(folder), source="0" * 64).write(folder)
    with pytest.raises(UserError) as error:
        open_data(registry.problem("words_for_tests"), own_copy)
    assert "is stale: the source of its class, or of what that uses, changed" in str(error.value)
    assert f"--data_dir={own_copy} --overwrite" in str(error.value)


def test_changed_features_make_data_stale(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = registry.problem("words_for_tests")
    modalities = {"inputs": Language("bytes"), "targets": Language("bytes")}
    monkeypatch.setattr(type(problem), "modalities", modalities)
    with pytest.raises(UserError, match="is stale: its declared features changed"):
        open_data(problem, data_dir)


def test_a_retrained_vocabulary_makes_data_stale(own_copy: Path) -> None:
    from t2t_mm.data.generation.generation_options import GenerationOptions
    from t2t_mm.data.generation.vocabulary_training import train_vocabulary

    problem = registry.problem("words_for_tests")
    options = GenerationOptions(vocab_size=280, vocab_bytes=1000)
    train_vocabulary("tested", [problem], own_copy, options)
    with pytest.raises(UserError, match=r"is stale: its vocabulary changed.*--overwrite"):
        open_data(problem, own_copy)


def test_a_truncated_shard_is_found_when_opening(own_copy: Path) -> None:
    shard = folder_of(own_copy) / "words_for_tests-train.tfrecord-00001-of-00002"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-5])
    with pytest.raises(UserError) as error:
        open_data(registry.problem("words_for_tests"), own_copy)
    sizes = f"expected {size} bytes, received {size - 5} bytes"
    message = f"{shard.name}, of its train split, is truncated: {sizes}"
    assert message in str(error.value)
    assert f"t2t-datagen --problems=words_for_tests --data_dir={own_copy} --overwrite" in str(
        error.value
    )


def test_a_missing_shard_is_found_when_opening(own_copy: Path) -> None:
    (folder_of(own_copy) / "words_for_tests-test.tfrecord-00000-of-00002").unlink()
    with pytest.raises(UserError, match=r"00000-of-00002, of its test split, is missing"):
        open_data(registry.problem("words_for_tests"), own_copy)


def test_a_changed_byte_is_found_when_opening(own_copy: Path) -> None:
    open_data(registry.problem("words_for_tests"), own_copy)
    shard = folder_of(own_copy) / "words_for_tests-test.tfrecord-00000-of-00002"
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    told = r"words_for_tests in .*-test\.tfrecord-.*, of its test split, is damaged.*--overwrite"
    with pytest.raises(UserError, match=told):
        open_data(registry.problem("words_for_tests"), own_copy)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": 1}', b"\xff", None])
def test_a_damaged_description_gives_the_line_that_repairs_it(
    own_copy: Path, damage: bytes | None
) -> None:
    path = folder_of(own_copy) / "t2t_mm.json"
    content = path.read_bytes()
    assert b'"max_cases": 0' in content
    path.write_bytes(
        content.replace(b'"max_cases": 0', b'"max_cases": 1') if damage is None else damage
    )
    with pytest.raises(UserError, match=r"t2t_mm\.json is damaged.*t2t-datagen .*--overwrite"):
        open_data(registry.problem("words_for_tests"), own_copy)


def test_metadata_survives_writing(data_dir: Path, tmp_path: Path) -> None:
    metadata = Metadata.read(folder_of(data_dir))
    metadata.write(tmp_path)
    assert Metadata.read(tmp_path) == metadata


def test_metadata_of_an_earlier_version_has_one_length_for_an_example(
    data_dir: Path, tmp_path: Path
) -> None:
    record = json.loads((folder_of(data_dir) / "t2t_mm.json").read_text())
    del record["checksum"]  # nor has it one
    record["lengths"] = {"train": {"9": 299, "12": 1}, "test": {"4": 40}}
    (tmp_path / "t2t_mm.json").write_text(json.dumps(record))
    info = DataInfo("old", tmp_path, Metadata.read(tmp_path), {})
    assert info.lengths["train"] == {"": {9: 299, 12: 1}}
    assert info.sizes == {"train": 300, "test": 40}


def test_metadata_says_nothing_of_time_machine_or_place(data_dir: Path) -> None:
    record = json.loads((folder_of(data_dir) / "t2t_mm.json").read_text())
    assert set(record) == {
        "checksum",
        "fingerprint",
        "max_cases",
        "random_seed",
        "raw_files",
        "lengths",
        "shards",
        "skipped",
        "label_pattern",
        "columns",
        "max_bad_share",
        "test_share",
        "validation_share",
    }
    assert str(data_dir) not in json.dumps(record)


def test_what_a_kill_left_is_no_version(tmp_path: Path) -> None:
    for name in ("replaced.1.0.0", "incomplete.ABCDEF_1.0.0"):
        folder = tmp_path / "words_for_tests" / name
        folder.mkdir(parents=True)
        (folder / "t2t_mm.json").write_text("{}")
    with pytest.raises(UserError, match=r"words_for_tests has not been generated\. "):
        open_data(registry.problem("words_for_tests"), tmp_path)


def test_the_line_to_type_names_where_the_users_problem_is(tmp_path: Path) -> None:
    path = tmp_path / "own_words_for_tests.py"
    path.write_text(
        "from t2t_mm import Language, Problem, registry\n"
        "@registry.register_problem\n"
        "class OwnWordsForTests(Problem):\n"
        "    modalities = {'inputs': Language(), 'targets': Language()}\n"
    )
    registry.import_user_modules(str(path))
    problem = registry.problem("own_words_for_tests_rev")
    line = compose_datagen_command(problem, "my data", "--overwrite")
    assert line == (
        "t2t-datagen --problems=own_words_for_tests --data_dir='my data' "
        f"--t2t_usr_dir={path} --overwrite"
    )


def test_the_line_to_type_repeats_what_was_told_of_the_raw_data(data_dir: Path) -> None:
    problem, metadata = registry.problem("words_for_tests"), Metadata.read(folder_of(data_dir))
    told = dataclasses.replace(metadata, label_pattern="(?P<label>a)", max_cases=9, random_seed=3)
    line = compose_datagen_command(problem, data_dir, "--overwrite", told)
    pattern = "--label_pattern='(?P<label>a)'"
    assert line.endswith(f" {pattern} --max_cases=9 --random_seed=3 --overwrite")
