import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

import t2t_mm
from t2t_mm import Language, Problem, UserError, registry
from t2t_mm.data.generation import problem_generation
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.problem_generation import GeneratedProblem, GeneratedSplit

BYTES = {"inputs": Language("bytes"), "targets": Language("bytes")}


def hashes(folder: Path) -> dict[str, str]:
    """The digest of every file below a folder, and that there is nothing else."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@registry.register_problem("lines_for_tests")
class Lines(Problem):
    """Aligned raw files."""

    modalities: ClassVar = BYTES

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for line in self.open_text(self.raw_file(f"{split}.txt")):
            yield {"inputs": line, "targets": line.upper()}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for split in Lines.splits:
        (folder / f"{split}.txt").write_text("".join(f"{split} {i}\n" for i in range(5)))
    return folder


@pytest.fixture
def generate_lines(raw: Path, tmp_path: Path) -> Callable[..., list[GeneratedProblem]]:
    def generate(**changes: Any) -> list[GeneratedProblem]:
        options = GenerationOptions(progress=False, **changes)
        folder = tmp_path / "data"
        return generate_data("lines_for_tests", data_dir=folder, tmp_dir=raw, options=options)

    return generate


GenerateLines = Callable[..., list[GeneratedProblem]]


def test_the_result_tells_what_lies_on_disk(generate_lines: GenerateLines) -> None:
    (result,) = generate_lines(num_shards=3)
    assert (result.name, result.was_there) == ("lines_for_tests", False)
    assert result.splits["train"].examples == 5
    assert result.splits["train"].shards == 3
    assert list(result.splits) == ["train", "validation", "test"]


def test_a_split_with_fewer_examples_than_shards_has_fewer_shards(
    generate_lines: GenerateLines,
) -> None:
    (result,) = generate_lines(num_shards=100)
    assert result.splits["test"].shards == 5


def test_what_is_finished_is_kept(generate_lines: GenerateLines, tmp_path: Path) -> None:
    generate_lines()
    before = hashes(tmp_path / "data")
    (result,) = generate_lines()
    assert result.was_there
    assert hashes(tmp_path / "data") == before


def test_max_cases_limits_every_split(generate_lines: GenerateLines) -> None:
    (result,) = generate_lines(max_cases=2)
    assert {what.examples for what in result.splits.values()} == {2}


@pytest.mark.parametrize("flag", ["max_cases", "random_seed"])
def test_data_made_with_other_arguments_is_not_taken_for_what_was_asked(
    generate_lines: GenerateLines, flag: str
) -> None:
    generate_lines(**{flag: 2})
    with pytest.raises(UserError, match=rf"--{flag}=2, asked is --{flag}=0.*--overwrite"):
        generate_lines()
    (result,) = generate_lines(overwrite=True)
    assert result.splits["train"].examples == 5


@pytest.mark.parametrize("flag", ["max_cases", "random_seed"])
def test_only_missing_keeps_data_whatever_its_limits(
    generate_lines: GenerateLines, raw: Path, tmp_path: Path, flag: str
) -> None:
    generate_lines(**{flag: 2})
    before = hashes(tmp_path / "data")
    assert generate_lines(only_missing=True)[0].was_there
    assert hashes(tmp_path / "data") == before
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(UserError, match=r"is stale: the raw file train\.txt changed"):
        generate_lines(only_missing=True)


def test_only_missing_generates_what_is_missing(generate_lines: GenerateLines) -> None:
    assert not generate_lines(only_missing=True)[0].was_there


def test_a_changed_raw_file_makes_data_stale(generate_lines: GenerateLines, raw: Path) -> None:
    generate_lines()
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(UserError, match=r"is stale: the raw file train\.txt changed"):
        generate_lines()
    (raw / "train.txt").unlink()
    assert generate_lines()[0].was_there


def test_validation_files_that_came_later_make_data_stale(raw: Path, tmp_path: Path) -> None:
    data_dir, options = tmp_path / "data", GenerationOptions(progress=False, vocabulary_size=280)
    for end in ("inputs", "targets"):
        (raw / f"train.{end}").write_text("".join(f"a {i}\n" for i in range(50)))
    problem = "text2text_files"
    generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=options)
    (again,) = generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=options)
    assert again.was_there
    for end in ("inputs", "targets"):
        (raw / f"val.{end}").write_text("b\n")
    with pytest.raises(UserError, match=r"is stale: the raw file val\.inputs is read as well now"):
        generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=options)


def test_an_interrupt_after_the_commit_leaves_the_new_data(
    generate_lines: GenerateLines, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_lines()
    before = hashes(tmp_path / "data")
    write = problem_generation._write_data

    def interrupted(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(problem_generation, "_write_data", interrupted)
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(KeyboardInterrupt):
        generate_lines(overwrite=True)
    monkeypatch.undo()
    assert generate_lines()[0].was_there
    assert hashes(tmp_path / "data").keys() == before.keys()


def test_a_failed_overwrite_gives_the_old_data_back(
    generate_lines: GenerateLines, raw: Path, tmp_path: Path
) -> None:
    generate_lines()
    before = hashes(tmp_path / "data")
    (raw / "test.txt").write_bytes(b"\xff\n")
    with pytest.raises(UserError, match=r"test\.txt, line 1: the text is not UTF-8"):
        generate_lines(overwrite=True)
    assert hashes(tmp_path / "data") == before


def test_an_overwrite_that_was_killed_gives_the_old_data_back(
    generate_lines: GenerateLines, tmp_path: Path
) -> None:
    generate_lines()
    before = hashes(tmp_path / "data")
    folder = tmp_path / "data/lines_for_tests"
    (folder / "1.0.0").rename(folder / "replaced.1.0.0")
    (folder / "incomplete.ABCDEF_1.0.0").mkdir()
    assert generate_lines()[0].was_there
    assert hashes(tmp_path / "data") == before


def test_a_missing_raw_file_leaves_nothing_behind(
    generate_lines: GenerateLines, raw: Path, tmp_path: Path
) -> None:
    (raw / "validation.txt").unlink()
    with pytest.raises(UserError, match=r"validation\.txt.*--tmp_dir="):
        generate_lines()
    assert hashes(tmp_path / "data") == {}


@registry.register_problem("own_reading_for_tests")
class OwnReading(Problem):
    """Opens its raw file itself."""

    modalities: ClassVar = BYTES
    splits = ("train",)

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        with self.raw_file("train.txt").open(encoding="utf-8") as lines:
            for line in lines:
                yield {"inputs": line, "targets": line}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.txt", b"\xff\n", r"train\.txt, line 1: the text is not UTF-8"),
        ("train.txt.gz", gzip.compress(b"a\n", mtime=0), r"train\.txt\.gz as plain text"),
    ],
)
def test_text_that_cannot_be_decoded_is_told(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        generate_data(
            "own_reading_for_tests",
            data_dir=tmp_path / "data",
            tmp_dir=tmp_path,
            options=GenerationOptions(progress=False),
        )


def test_an_empty_split_is_an_error(generate_lines: GenerateLines, raw: Path) -> None:
    (raw / "validation.txt").write_text("")
    with pytest.raises(UserError, match="has no example in its split 'validation'"):
        generate_lines()


def test_a_full_disk_is_told(
    generate_lines: GenerateLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"Failed to finalize: {os.strerror(28)}")

    monkeypatch.setattr(problem_generation, "_describe_shards", fail)
    with pytest.raises(UserError, match="The disk is full"):
        generate_lines()


def test_directions_share_data(generate_lines: GenerateLines, raw: Path, tmp_path: Path) -> None:
    results = generate_data(
        "lines_for_tests_rev,lines_for_tests",
        data_dir=tmp_path / "data",
        tmp_dir=raw,
        options=GenerationOptions(progress=False),
    )
    assert [result.name for result in results] == ["lines_for_tests"]


def test_only_list_tells_and_does_nothing(tmp_path: Path, data_dir: Path) -> None:
    (result,) = generate_data(
        "words_for_tests", data_dir=tmp_path, options=GenerationOptions(only_list=True)
    )
    assert (result.was_there, result.splits) == (False, {})
    assert list(tmp_path.iterdir()) == []
    (result,) = generate_data(
        "words_for_tests", data_dir=data_dir, options=GenerationOptions(only_list=True)
    )
    assert result.was_there


def test_vocab_only_stops_after_the_vocabularies(tmp_path: Path) -> None:
    generate_data(
        "words_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(vocab_only=True, vocabulary_size=300, progress=False),
    )
    assert set(hashes(tmp_path)) == {"vocab/tested.model", "vocab/tested.json"}


def test_overwrite_vocab_regenerates_what_is_named(tmp_path: Path) -> None:
    options = GenerationOptions(vocabulary_size=300, max_cases=30, progress=False)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    before = hashes(tmp_path)
    options = replace(options, vocabulary_size=290, overwrite_vocab=True)
    (result,) = generate_data("words_for_tests", data_dir=tmp_path, options=options)
    after = hashes(tmp_path)
    assert not result.was_there
    assert before["vocab/tested.model"] != after["vocab/tested.model"]


def test_an_existing_vocabulary_is_reused_and_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate_data(
        "words_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(vocab_only=True, vocabulary_size=300),
    )
    before = hashes(tmp_path)
    capsys.readouterr()
    generate_data(
        "words_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(vocab_only=True, vocabulary_size=290),
    )
    assert hashes(tmp_path) == before
    assert "vocabulary tested is there with 300 pieces" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["1", "1.0", "new"])
def test_a_version_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(Lines, "version", version)
    with pytest.raises(UserError, match="has a version that is none"):
        generate_data("lines_for_tests", data_dir=tmp_path)


def test_beam_without_beam_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 't2t_mm\[beam\]'"):
        generate_data("lines_for_tests", data_dir=tmp_path, options=GenerationOptions(beam=True))


def test_beam_writes_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("apache_beam")
    for beam in (False, True):
        generate_data(
            "algorithmic_copy",
            data_dir=tmp_path / str(beam),
            options=GenerationOptions(beam=beam, progress=False),
        )
    assert hashes(tmp_path / "True") == hashes(tmp_path / "False")


SLOW_PROBLEMS = """
import os, pathlib, time
from t2t_mm import Language, Problem, registry

class Numbers(Problem):
    modalities = {"inputs": Language("killed"), "targets": Language("killed")}

    def num_parts(self, split):
        return 2

    def generate_part(self, split, part):
        for index in range(60):
            if (self.name, split, part, index) == ("second_numbers", "train", 1, 40):
                self.wait_for_the_kill()
            words = [str(index * factor % 997) for factor in range(2, 9)]
            yield {"inputs": " ".join(words), "targets": " ".join(words[::-1])}

    def wait_for_the_kill(self):
        marker = os.environ.get("MARK_AND_WAIT")
        # The vocabulary's sample comes by here first.
        if marker and pathlib.Path(self.data_dir, "first_numbers/1.0.0").is_dir():
            pathlib.Path(marker).touch()
            time.sleep(120)

@registry.register_problem
class FirstNumbers(Numbers):
    pass

@registry.register_problem
class SecondNumbers(Numbers):
    pass
"""


@pytest.fixture
def slow_problems(tmp_path: Path) -> Path:
    path = tmp_path / "slow_problems_for_tests.py"
    path.write_text(SLOW_PROBLEMS)
    return path


def _datagen(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    root = str(Path(t2t_mm.__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-m", "t2t_mm.bin.t2t_datagen", *arguments],
        env={**os.environ, "PYTHONPATH": root, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_killed_and_started_again_gives_the_same_bytes(slow_problems: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle of the second of two problems; other processes, same bytes."""

    def arguments(folder: str) -> list[str]:
        return [
            "--problems=first_numbers,second_numbers",
            f"--data_dir={tmp_path / folder}",
            f"--t2t_usr_dir={slow_problems}",
            "--vocab_size=400",
            "--num_shards=2",
        ]

    marker = tmp_path / "marker"
    process = _datagen(arguments("killed"), {"MARK_AND_WAIT": str(marker)})
    try:
        deadline = time.monotonic() + 100
        while not marker.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert marker.exists(), f"datagen never reached the middle: exit code {process.poll()}"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    interrupted = hashes(tmp_path / "killed")
    assert "first_numbers/1.0.0/t2t_mm.json" in interrupted
    assert "second_numbers/1.0.0/t2t_mm.json" not in interrupted
    assert list((tmp_path / "killed/second_numbers").glob("incomplete.*"))

    again = _datagen(arguments("killed"), {})
    undisturbed = _datagen(arguments("undisturbed"), {})
    assert (again.wait(), undisturbed.wait()) == (0, 0)
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "undisturbed")
    assert not list((tmp_path / "killed/second_numbers").glob("incomplete.*"))


def test_sizes_add_up(generate_lines: GenerateLines, tmp_path: Path) -> None:
    (result,) = generate_lines(num_shards=2)
    files = list((tmp_path / "data").rglob("*-train.tfrecord-*"))
    expected = GeneratedSplit(5, len(files), sum(file.stat().st_size for file in files))
    assert result.splits["train"] == expected
