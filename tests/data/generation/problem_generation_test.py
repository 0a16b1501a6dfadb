"""One problem is kept where it is there, and else written whole or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from file_hashes import hash_files

from t2t_mm import UserError, registry
from t2t_mm.data.generation import problem_generation
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.problem_generation import (
    GeneratedProblem,
    GeneratedSplit,
    generate_problem,
    is_generated,
)

Generate = Callable[..., GeneratedProblem]


@pytest.fixture
def generate(raw: Path, tmp_path: Path) -> Generate:
    def generate(**changes: Any) -> GeneratedProblem:
        base = registry.problem("lines_for_tests", tmp_dir=raw)
        options = GenerationOptions(progress=False, **changes)
        return generate_problem(base, tmp_path / "data", options)

    return generate


def test_the_result_tells_what_lies_on_disk(generate: Generate) -> None:
    result = generate(num_shards=3)
    assert (result.name, result.was_there) == ("lines_for_tests", False)
    assert result.splits["train"].examples == 5
    assert result.splits["train"].shards == 3
    assert list(result.splits) == ["train", "validation", "test"]


def test_a_split_with_fewer_examples_than_shards_has_fewer_shards(
    generate: Generate,
) -> None:
    result = generate(num_shards=100)
    assert result.splits["test"].shards == 5


def test_what_is_finished_is_kept(generate: Generate, tmp_path: Path) -> None:
    base = registry.problem("lines_for_tests")
    assert not is_generated(base, tmp_path / "data")
    generate()
    assert is_generated(base, tmp_path / "data")
    before = hash_files(tmp_path / "data")
    result = generate()
    assert result.was_there
    assert hash_files(tmp_path / "data") == before


def test_max_cases_limits_every_split(generate: Generate) -> None:
    result = generate(max_cases=2)
    assert {what.examples for what in result.splits.values()} == {2}


@pytest.mark.parametrize("flag", ["max_cases", "random_seed"])
def test_data_made_with_other_arguments_is_not_taken_for_what_was_asked(
    generate: Generate, flag: str
) -> None:
    generate(**{flag: 2})
    with pytest.raises(UserError, match=rf"--{flag}=2, asked is --{flag}=0.*--overwrite"):
        generate()
    with pytest.raises(UserError, match=rf"t2t-datagen .* --{flag}=3 --overwrite"):
        generate(**{flag: 3})
    result = generate(overwrite=True)
    assert result.splits["train"].examples == 5


@pytest.mark.parametrize("flag", ["max_cases", "random_seed"])
def test_only_missing_keeps_data_whatever_its_limits(
    generate: Generate, raw: Path, tmp_path: Path, flag: str
) -> None:
    generate(**{flag: 2})
    before = hash_files(tmp_path / "data")
    assert generate(only_missing=True).was_there
    assert hash_files(tmp_path / "data") == before
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(UserError, match=r"is stale: the raw file train\.txt changed") as error:
        generate(only_missing=True)
    assert f" --{flag}=2 --overwrite" in str(error.value)


def test_only_missing_generates_what_is_missing(generate: Generate) -> None:
    assert not generate(only_missing=True).was_there


def test_a_changed_raw_file_makes_data_stale(generate: Generate, raw: Path) -> None:
    generate()
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(UserError, match=r"is stale: the raw file train\.txt changed"):
        generate()
    (raw / "train.txt").unlink()
    assert generate().was_there


def test_an_interrupt_after_the_commit_leaves_the_new_data(
    generate: Generate, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate()
    before = hash_files(tmp_path / "data")
    write = problem_generation._write_data

    def interrupted(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(problem_generation, "_write_data", interrupted)
    (raw / "train.txt").write_text("other\n")
    with pytest.raises(KeyboardInterrupt):
        generate(overwrite=True)
    monkeypatch.undo()
    assert generate().was_there
    assert hash_files(tmp_path / "data").keys() == before.keys()


def test_a_failed_overwrite_gives_the_old_data_back(
    generate: Generate, raw: Path, tmp_path: Path
) -> None:
    generate()
    before = hash_files(tmp_path / "data")
    (raw / "test.txt").write_bytes(b"\xff\n")
    with pytest.raises(UserError, match=r"test\.txt, line 1: the text is not UTF-8"):
        generate(overwrite=True)
    assert hash_files(tmp_path / "data") == before


def test_an_overwrite_that_was_killed_gives_the_old_data_back(
    generate: Generate, tmp_path: Path
) -> None:
    generate()
    before = hash_files(tmp_path / "data")
    folder = tmp_path / "data/lines_for_tests"
    (folder / "1.0.0").rename(folder / "replaced.1.0.0")
    (folder / "incomplete.ABCDEF_1.0.0").mkdir()
    assert generate().was_there
    assert hash_files(tmp_path / "data") == before


def test_data_behind_a_link_is_replaced_and_what_the_link_points_to_stays(
    generate: Generate, tmp_path: Path
) -> None:
    generate()
    folder = tmp_path / "data/lines_for_tests"
    (folder / "1.0.0").rename(tmp_path / "elsewhere")
    for name in ("1.0.0", "incomplete.ABCDEF_1.0.0"):
        (folder / name).symlink_to(tmp_path / "elsewhere")
    before = hash_files(tmp_path / "elsewhere")
    assert not generate(overwrite=True).was_there
    assert [path.name for path in folder.iterdir()] == ["1.0.0"]
    assert not (folder / "1.0.0").is_symlink()
    assert hash_files(tmp_path / "elsewhere") == before


def test_a_missing_raw_file_leaves_nothing_behind(
    generate: Generate, raw: Path, tmp_path: Path
) -> None:
    (raw / "validation.txt").unlink()
    with pytest.raises(UserError, match=r"validation\.txt.*--tmp_dir="):
        generate()
    assert hash_files(tmp_path / "data") == {}


def test_an_empty_split_is_an_error(generate: Generate, raw: Path) -> None:
    (raw / "validation.txt").write_text("")
    with pytest.raises(UserError, match="has no example in its split 'validation'"):
        generate()


def test_sizes_add_up(generate: Generate, tmp_path: Path) -> None:
    result = generate(num_shards=2)
    files = list((tmp_path / "data").rglob("*-train.tfrecord-*"))
    expected = GeneratedSplit(5, len(files), sum(file.stat().st_size for file in files))
    assert result.splits["train"] == expected
