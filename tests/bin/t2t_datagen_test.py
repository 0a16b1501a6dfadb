import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import t2t_mm
from t2t_mm import Audio, Categorical, Language, Problem, registry
from t2t_mm.bin import t2t_datagen
from t2t_mm.data.records.shards import ShardFolder


def run(*arguments: str) -> int:
    return t2t_datagen.main(list(arguments))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    assert run("--problem=algorithmic_copy", f"--data_dir={folder}", "--max_cases=20") == 0
    return folder


def test_the_table_tells_what_lies_on_disk(
    generated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--problems=algorithmic_copy", f"--data_dir={generated}", "--max_cases=20")
    assert run(*arguments) == 0
    output = capsys.readouterr().out.splitlines()
    assert output[0].split() == [
        "problem", "split", "examples", "shards", "bytes", "seconds", "state",
    ]  # fmt: skip
    assert output[1].split()[:4] == ["algorithmic_copy", "train", "20", "1"]
    assert output[1].split()[-2:] == ["was", "there"]
    assert len(output) == 4


def test_a_reversed_problem_shares_the_data_of_its_base_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--problems=mini_ende,mini_ende_rev", f"--data_dir={tmp_path}", "--only_list") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [
        ["mini_ende"],
        ["mini_ende_rev", "reads", "the", "data", "of", "mini_ende,", "exchanged"],
    ]


def test_a_table_in_a_pipe_does_not_wrap(tmp_path: Path) -> None:
    names = [f"text2text_files/{'long' * 30}-{end}" for end in ("en", "de")]
    arguments = ["--only_list", f"--data_dir={tmp_path}", f"--problems={','.join(names)}"]
    piped = subprocess.run(
        [sys.executable, "-m", "t2t_mm.bin.t2t_datagen", *arguments],
        env={**os.environ, "COLUMNS": "40"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.strip() for line in piped.stdout.splitlines()[1:]] == names


@registry.register_problem("partly_silent_for_tests")
class PartlySilent(Problem):
    """Every other sound of the training split is empty."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Language("bytes")}
    splits = ("train", "validation")
    skip_bad_examples = True

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        for index in range(6):
            samples = 0 if split == "train" and index % 2 else 800
            yield {"inputs": np.zeros(samples, np.int16), "targets": "nothing"}


def test_the_table_tells_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--problems=partly_silent_for_tests", f"--data_dir={tmp_path}") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0][:6] == ["problem", "split", "examples", "left", "out", "shards"]
    assert rows[1][:4] == ["partly_silent_for_tests", "train", "3", "3"]
    assert rows[2][:3] == ["validation", "6", "0"]


def test_only_list_tells_what_would_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--problems=mini_*", "--exclude_problems=*fr*", f"--data_dir={tmp_path}")
    assert run(*arguments, "--only_list") == 0
    output = capsys.readouterr().out
    assert "mini_ende" in output and "fr" not in output
    assert list(tmp_path.iterdir()) == []


def test_inspect_prints_decoded_records(
    generated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--problems=algorithmic_copy_rev", f"--data_dir={generated}", "--max_cases=2")
    assert run(*arguments, "--inspect") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "algorithmic_copy_rev train 0"
    assert [line.split()[:2] for line in lines[1:7]] == [
        [feature, what] for feature in ("inputs", "targets") for what in ("text", "ids", "decoded")
    ]
    assert lines[1].split()[2] == lines[3].split()[2]
    assert len(lines) == 3 * 2 * 7


@registry.register_problem("sometimes_tested_for_tests")
class SometimesTested(Problem):
    """Has a test split unless its folder is known to have none, as problems made of files."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("train",) if self.tmp_dir else ("train", "test")

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        yield {"inputs": split, "targets": split}


@registry.register_problem("odd_letters_for_tests")
class OddLetters(Problem):
    """What a console writes otherwise than it was given."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    splits = ("train",)

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        yield {"inputs": "a :dog: [bold]b[/]\tc", "targets": ""}


def test_inspect_prints_texts_as_they_are_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--problems=odd_letters_for_tests", f"--data_dir={tmp_path}")
    assert run(*arguments) == 0
    capsys.readouterr()
    assert run(*arguments, "--inspect") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "odd_letters_for_tests train 0"
    assert lines[1] == "  inputs   text     a :dog: [bold]b[/]\tc"


def test_inspect_shows_the_splits_that_there_are_and_reads_all_shards_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--problems=sometimes_tested_for_tests", f"--data_dir={tmp_path}")
    assert run(*arguments, f"--tmp_dir={tmp_path}") == 0
    capsys.readouterr()
    checked: list[None] = []
    check = ShardFolder.check_checksums
    monkeypatch.setattr(ShardFolder, "check_checksums", lambda one: checked.append(check(one)))
    assert run(*arguments, "--inspect") == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert shown == ["sometimes_tested_for_tests train 0"]
    assert len(checked) == 1


@registry.register_problem("sums_for_tests")
class Sums(Problem):
    """No text at all, and no names of classes."""

    modalities: ClassVar = {"inputs": Audio(), "targets": Categorical(num_classes=2)}
    splits = ("train",)

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        yield {"inputs": np.ones(400, np.int16), "targets": 1}


@pytest.mark.parametrize("flag", ["--vocab_size=300", "--vocab_bytes=900", "--vocab_only"])
@pytest.mark.parametrize("problem", ["sums_for_tests", "algorithmic_copy"])
def test_flags_of_vocabularies_are_refused_where_none_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, problem: str
) -> None:
    assert run(f"--problems={problem}", f"--data_dir={tmp_path}", flag) == 2
    name = flag.partition("=")[0]
    told = f"{name} counts for nothing: no problem has text with a vocabulary to train. Received:"
    assert f"{told} problems='{problem}'. Leave {name} out." in capsys.readouterr().err
    assert run(f"--problems={problem}", f"--data_dir={tmp_path}", flag, "--only_list") == 0
    assert not [*tmp_path.iterdir()]


def test_vocab_only_writes_names_of_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("raw/a/1.png", "raw/b/2.png", "raw/b/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    places = (f"--data_dir={tmp_path / 'data'}", f"--tmp_dir={tmp_path / 'raw'}", "--vocab_only")
    assert run("--problems=image_folder", *places) == 0
    assert (tmp_path / "data/vocab/image_folder_classes.labels").is_file()
    assert run("--problems=image_folder", *places, "--vocab_size=300") == 2
    assert "--vocab_size counts for nothing" in capsys.readouterr().err


def test_inspect_refuses_a_damaged_shard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--problems=sometimes_tested_for_tests", f"--data_dir={tmp_path}")
    assert run(*arguments) == 0
    (shard,) = tmp_path.rglob("*-test.tfrecord-*")
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    assert run(*arguments, "--inspect") == 2
    assert f"{shard.name}, of its test split, is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--problems and --data_dir must be given"),
        (("--problems=algorithmic_cope", "--data_dir=x"), "Did you mean 'algorithmic_copy'"),
        (("--problems=algorithmic_copy", "--data_dir=x", "--num_shard=1"), "--num_shards"),
        (("--problems=algorithmic_copy", "--data_dir=x", "--max_cases=-1"), "max_cases"),
        (("--problems=algorithmic_copy", "--data_dir=x", "--inspect"), "t2t-datagen --problems="),
        (("--problems=algorithmic_copy", "--data_dir=x", "--t2t_usr_dir=no"), "--t2t_usr_dir"),
        (("--problems=text2text_files/en-de", "--data_dir=x", "--tmp_dir=none"), "none"),
    ],
)
def test_bad_input_is_one_error_and_exit_code_2(
    arguments: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert "t2t-datagen: error: " in error and message in error
    assert "Traceback" not in error


def test_data_made_with_other_flags_is_an_error(
    generated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--problems=algorithmic_copy", f"--data_dir={generated}") == 2
    assert "--max_cases=20, asked is --max_cases=0" in capsys.readouterr().err


def test_help_and_listing_import_no_tensorflow(tmp_path: Path) -> None:
    script = f"""
import sys
from t2t_mm.bin import t2t_datagen
assert t2t_datagen.main(["--help"]) == 0
assert t2t_datagen.main(["--problems=mini_ende", "--data_dir={tmp_path}", "--only_list"]) == 0
assert "tensorflow" not in sys.modules
"""
    root = Path(t2t_mm.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "--num_concurrent_processes" in done.stdout
