import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from file_hashes import hash_files

import t2t_mm
from t2t_mm import Language, Problem, UserError, registry
from t2t_mm.data.generation import datagen, problem_generation
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.problem_generation import GeneratedProblem
from t2t_mm.data.vocabulary.vocabulary import load_vocabulary


def test_validation_files_that_came_later_make_data_stale(raw: Path, tmp_path: Path) -> None:
    data_dir, options = tmp_path / "data", GenerationOptions(progress=False, vocab_size=280)
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


def test_shares_are_held_out_and_part_of_the_data(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in ("inputs", "targets"):
        (raw / f"train.{end}").write_text("".join(f"a {i}\n" for i in range(50)))
    data_dir, problem = tmp_path / "data", "text2text_files"
    shares = GenerationOptions(
        vocab_size=280, raw_options={"validation_share": 0.2, "test_share": 0.4}
    )
    for problems in (problem, f"{problem},lines_for_tests"):
        made = generate_data(problems, data_dir=data_dir, tmp_dir=raw, options=shares)
        sizes = {split: what.examples for split, what in made[0].splits.items()}
        assert sizes == {"train": 20, "validation": 10, "test": 20}
    idle = "--test_share counts for nothing for lines_for_tests: none takes its test split out"
    assert capsys.readouterr().err.count(idle) == 1
    with pytest.raises(UserError, match=r"is stale: it was generated with --validation_share=0.2"):
        generate_data(problem, data_dir=data_dir, tmp_dir=raw)
    with pytest.raises(UserError, match="--validation_share counts for nothing: no problem"):
        generate_data("lines_for_tests", data_dir=data_dir, tmp_dir=raw, options=shares)


def test_what_is_told_of_the_raw_data_is_kept_beside_it(raw: Path, tmp_path: Path) -> None:
    for n in range(20):
        (raw / f"{'good' if n % 2 else 'bad'}_{n}.txt").write_text(f"text {n}\n")
    data_dir, problem = tmp_path / "data", "text_classification"
    with pytest.raises(UserError, match="Checklist"):
        generate_data(problem, data_dir=data_dir, tmp_dir=raw)
    told = GenerationOptions(vocab_size=280, raw_options={"label_pattern": r"(?P<label>[a-z]+)_.*"})
    generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=told)
    for is_trainer in (False, True):
        later = GenerationOptions(only_missing=is_trainer)
        (again,) = generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=later)
        assert again.was_there and again.splits["train"].examples == 16
    other = GenerationOptions(raw_options={"label_pattern": r"(?P<label>[a-z]*)_\d+.*"})
    with pytest.raises(UserError, match=r"\[a-z\]\+\)_\.\*, asked is --label_pattern="):
        generate_data(problem, data_dir=data_dir, tmp_dir=raw, options=other)
    idle = GenerationOptions(raw_options={"columns": "text=a", "validation_share": 0.2})
    with pytest.raises(UserError, match="--columns counts for nothing: no problem reads a table"):
        generate_data("lines_for_tests", data_dir=data_dir, tmp_dir=raw, options=idle)


@pytest.mark.parametrize(
    ("option", "value"),
    [("columns", "text=words,label=kind"), ("label_pattern", r"(?P<label>[a-z]+)_.*")],
)
def test_one_of_several_options_may_be_repeated_alone(
    raw: Path, tmp_path: Path, option: str, value: str
) -> None:
    if option == "columns":
        rows = "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(20))
        (raw / "all.csv").write_text(f"words,kind\n{rows}")
    else:
        for n in range(20):
            (raw / f"{'ab'[n % 2]}_{n}.txt").write_text(f"text {n}\n")

    def generate(**told: object) -> GeneratedProblem:
        options = GenerationOptions(vocab_size=280, raw_options=told, progress=False)
        places = {"data_dir": tmp_path / "data", "tmp_dir": raw}
        (made,) = generate_data("text_classification", **places, options=options)
        return made

    first = generate(validation_share=0.2, **{option: value})
    again = generate(validation_share=0.2)
    assert again.was_there and again.splits == first.splits
    with pytest.raises(UserError, match=r"with --validation_share=0\.2, asked is .*=0\.3"):
        generate(validation_share=0.3)


@registry.register_problem("own_reading_for_tests")
class OwnReading(Problem):
    """Opens its raw file itself."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
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


def test_a_full_disk_is_told(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"Failed to finalize: {os.strerror(28)}")

    monkeypatch.setattr(problem_generation, "_describe_shards", fail)
    with pytest.raises(UserError, match="The disk is full"):
        generate_data(
            "lines_for_tests",
            data_dir=tmp_path / "data",
            tmp_dir=raw,
            options=GenerationOptions(progress=False),
        )


def test_directions_share_data(raw: Path, tmp_path: Path) -> None:
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
        options=GenerationOptions(vocab_only=True, vocab_size=300, progress=False),
    )
    assert set(hash_files(tmp_path)) == {"vocab/tested.model", "vocab/tested.json"}


def test_overwrite_vocab_regenerates_what_is_named(tmp_path: Path) -> None:
    options = GenerationOptions(vocab_size=300, max_cases=30, progress=False)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    before = hash_files(tmp_path)
    options = replace(options, vocab_size=290, overwrite_vocab=True)
    (result,) = generate_data("words_for_tests", data_dir=tmp_path, options=options)
    after = hash_files(tmp_path)
    assert not result.was_there
    assert before["vocab/tested.model"] != after["vocab/tested.model"]


def test_an_existing_vocabulary_is_reused_and_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate_data(
        "words_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(vocab_only=True, vocab_size=300),
    )
    before = hash_files(tmp_path)
    capsys.readouterr()
    generate_data(
        "words_for_tests",
        data_dir=tmp_path,
        options=GenerationOptions(vocab_only=True, vocab_size=290),
    )
    assert hash_files(tmp_path) == before
    assert "vocabulary tested is there with 300 pieces" in capsys.readouterr().err


def test_a_vocabulary_of_other_bytes_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = GenerationOptions(vocab_only=True, vocab_size=300, vocab_bytes=5_000)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    capsys.readouterr()
    other = replace(options, vocab_bytes=9_000)
    generate_data("words_for_tests", data_dir=tmp_path, options=other)
    told = "vocabulary tested was trained on at most 5,000 bytes of text and is used as it is"
    assert f"{told} (asked: 9,000; --overwrite_vocab" in capsys.readouterr().err


def test_a_vocabulary_that_another_process_trains_meanwhile_is_used_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = GenerationOptions(vocab_only=True, vocab_size=300)

    @contextmanager
    def wait_for_the_other(folder: Path) -> Iterator[None]:
        monkeypatch.undo()
        generate_data(
            "words_for_tests", data_dir=tmp_path, options=replace(options, progress=False)
        )
        yield

    monkeypatch.setattr(datagen, "lock_folder", wait_for_the_other)
    generate_data("words_for_tests", data_dir=tmp_path, options=replace(options, vocab_size=290))
    told = capsys.readouterr().err
    assert "another process has trained vocabulary tested meanwhile: it is used" in told
    assert "is used as it is (asked: 290; --overwrite_vocab" in told


def test_the_same_command_again_asks_for_no_other_vocabulary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text yields fewer pieces than asked for: that is no other wish."""
    options = GenerationOptions(vocab_only=True, vocab_size=5_000)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    assert load_vocabulary(tmp_path, "tested").size < 5_000
    capsys.readouterr()
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    assert "vocabulary tested" not in capsys.readouterr().err


def test_a_vocabulary_of_few_examples_says_so_where_more_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = GenerationOptions(vocab_only=True, vocab_size=300, max_cases=30)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    for max_cases, asked in ((0, "all"), (1_000, "1,000")):
        capsys.readouterr()
        more = replace(options, max_cases=max_cases)
        generate_data("words_for_tests", data_dir=tmp_path, options=more)
        told = capsys.readouterr().err
        assert "vocabulary tested was trained on at most 30 examples of each problem" in told
        assert f"(asked: {asked}; --overwrite_vocab" in told
    for max_cases in (30, 10):
        capsys.readouterr()
        generate_data(
            "words_for_tests", data_dir=tmp_path, options=replace(options, max_cases=max_cases)
        )
        assert "vocabulary tested" not in capsys.readouterr().err


@pytest.mark.parametrize(("asked", "told"), [(300, "300 pieces\n"), (8192, "pieces, all that")])
def test_what_came_out_of_the_training_of_a_vocabulary_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: int, told: str
) -> None:
    options = GenerationOptions(vocab_only=True, vocab_size=asked)
    generate_data("words_for_tests", data_dir=tmp_path, options=options)
    size = load_vocabulary(tmp_path, "tested").size
    said = capsys.readouterr().err
    assert f"training vocabulary tested of at most {asked:,} pieces" in said
    assert f"vocabulary tested has {size:,} pieces" in said and told in said
    assert (size == asked) is (asked == 300)


@pytest.mark.parametrize("version", ["1", "1.0", "new", 2])
def test_a_version_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: object
) -> None:
    monkeypatch.setattr(OwnReading, "version", version)
    with pytest.raises(UserError, match="has a version that is none"):
        generate_data("own_reading_for_tests", data_dir=tmp_path)


def test_splits_that_come_out_empty_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OwnReading, "splits", property(lambda problem: ()))
    with pytest.raises(UserError, match=r"has splits that are none.*splits=\(\)"):
        generate_data("own_reading_for_tests", data_dir=tmp_path)


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
    assert hash_files(tmp_path / "True") == hash_files(tmp_path / "False")


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


@pytest.mark.slow
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
    interrupted = hash_files(tmp_path / "killed")
    assert "first_numbers/1.0.0/t2t_mm.json" in interrupted
    assert "second_numbers/1.0.0/t2t_mm.json" not in interrupted
    assert list((tmp_path / "killed/second_numbers").glob("incomplete.*"))

    again = _datagen(arguments("killed"), {})
    undisturbed = _datagen(arguments("undisturbed"), {})
    assert (again.wait(), undisturbed.wait()) == (0, 0)
    assert hash_files(tmp_path / "killed") == hash_files(tmp_path / "undisturbed")
    assert not list((tmp_path / "killed/second_numbers").glob("incomplete.*"))
