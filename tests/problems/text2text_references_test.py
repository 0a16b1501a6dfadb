"""Several references are all used where the problem says so, and never chosen among silently."""

import gzip
import logging
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError

INPUTS = "a dog\ntwo cats\n\na tree\n"
FIRST, SECOND = "ein Hund\n\nx\nein Baum\n", "der Hund\nzwei Katzen\ny\nBaum\n"


def make(folder: Path, base: str, **files: str) -> Problem:
    for name, text in {"train_en": "one\ntwo\n", "train_de": "eins\nzwei\n", **files}.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, encoding="utf-8")
    problem: Problem = registry.problem(f"{base}/en-de", tmp_dir=folder)
    return problem


def examples(problem: Problem, split: str) -> list[tuple[str, list[str]]]:
    return [(one["inputs"], one["targets"]) for one in problem.generate(split)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("test_A_de", "test_B_de"), ("test_de_A", "test_de_B"), ("test_de0", "test_de1")],
)
def test_all_references_of_an_example_are_its_targets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, one: str, other: str
) -> None:
    files = {"test_en": INPUTS, one: FIRST, other: SECOND}
    problem = make(tmp_path, "text2text_references", **files)
    with caplog.at_level(logging.WARNING):
        found = examples(problem, "test")
    assert found == [
        ("a dog", ["ein Hund", "der Hund"]),
        ("two cats", ["zwei Katzen"]),
        ("a tree", ["ein Baum", "Baum"]),
    ]
    assert "test has 2 references" in caplog.text
    assert "test.en: left out 1 lines without a text or a reference" in caplog.text
    assert problem.metrics == ("bleu", "chrf") and problem.features["targets"].alternatives
    assert {path.name for path in problem.raw_files_wanted() or ()} >= {
        name.replace("_", ".") for name in files
    }


def test_a_plain_file_is_one_of_them_and_one_alone_is_no_matter(tmp_path: Path) -> None:
    problem = make(tmp_path, "text2text_references", test_en="a\n", test_de="x\n", test_A_de="y\n")
    assert examples(problem, "test") == [("a", ["x", "y"])]
    (tmp_path / "test.A.de").unlink()
    (tmp_path / "test.de").unlink()
    (tmp_path / "test.de.gz").write_bytes(gzip.compress(b"z\n"))
    problem = registry.problem("text2text_references/en-de", tmp_dir=tmp_path)
    assert examples(problem, "test") == [("a", ["z"])]
    pairs = [*examples(problem, "train"), *examples(problem, "validation")]
    assert sorted(pairs) == [("one", ["eins"]), ("two", ["zwei"])]


def test_references_of_another_length_are_named(tmp_path: Path) -> None:
    files = {"test_en": "a\nb\n", "test_A_de": "x\ny\n", "test_B_de": "x\n"}
    problem = make(tmp_path, "text2text_references", **files)
    with pytest.raises(UserError, match=r"differ in length.*test\.en has 2.*test\.B\.de has 1"):
        examples(problem, "test")


def test_text2text_files_says_what_it_does_not_read_and_chooses_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    problem = make(tmp_path, "text2text_files", test_en="a\n", test_A_de="x\n", test_B_de="y\n")
    with pytest.raises(
        UserError, match=r"only one.*Of test\.A\.de, test\.B\.de link one.*references"
    ):
        examples(problem, "test")
    problem = make(tmp_path, "text2text_files", test_de="z\n")
    with caplog.at_level(logging.WARNING):
        assert [one["targets"] for one in problem.generate("test")] == ["z"]
    assert "test.A.de, test.B.de are not read; text2text_references scores" in caplog.text
