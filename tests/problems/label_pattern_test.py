"""Classes that the names of files say."""

import logging
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import SOUNDS, TEXTS
from t2t_mm.problems.label_pattern import match_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ann/7_a_0.wav", "bob/7_b_1.wav", "bob/no.wav", "bob/8_b.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [(r"(?P<label>\d)_.*", ["7", "7"]), (r"(?P<label>\w+)/\d.*", ["ann", "bob"])],
)
def test_whole_names_or_paths_are_matched(
    folder: Path, caplog: pytest.LogCaptureFixture, pattern: str, labels: list[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        assert sorted(row.label for row in match_names(folder, pattern, SOUNDS)) == labels
    assert "left out 1 sounds whose names the pattern of labels does not fit, first bob/no.wav" in (
        caplog.text
    )


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<label>[a-z]", "it is no regular expression"),
        (r"(\d)_.*", "it has no group called label"),
        (r"(?P<label>\d)_", r"fits no name of the 3 sounds.*as ann/7_a_0\.wav"),
    ],
)
def test_patterns_that_cannot_be_used(folder: Path, pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        match_names(folder, pattern, SOUNDS)


def test_lists_of_splits_and_names_of_classes_are_no_examples(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("ham_1.txt", "spam_2.txt", "testing_list.txt", "val_list.txt", "words.txt"):
        (tmp_path / name).touch()
    rows = match_names(tmp_path, r"(?P<label>[a-z]+)_.*", TEXTS)
    assert sorted(row.label for row in rows) == ["ham", "spam"]
    assert not caplog.text
