"""text_classification: own texts and their classes, without code."""

import logging
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items


def make(root: Path, texts: dict[str, bytes]) -> Problem:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    problem: Problem = registry.problem("text_classification", tmp_dir=root)
    return problem


def test_a_file_is_one_line_and_an_empty_one_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = {"pos/1.txt": b"so  good,\r\n\tindeed\n", "neg/1.txt": b"b\xc3\xa4d", "neg/2.txt": b" "}
    problem = make(tmp_path / "train", texts)
    problem = make(tmp_path, {"dev/pos/3.txt": b"fine"})
    with caplog.at_level(logging.WARNING):
        found = {one["inputs"]: one["targets"] for one in problem.generate("train")}
    assert found == {"so good, indeed": "pos", "bäd": "neg"}
    assert "train: left out 1 texts without a word" in caplog.text


def test_a_file_above_a_megabyte_and_a_dangling_link_are_left_out(tmp_path: Path) -> None:
    long = {"train/pos/2.txt": b"so good\n" * 140_000}
    problem = make(tmp_path, {"train/pos/1.txt": b"ok", "train/neg/1.txt": b"bad"} | long)
    problem = make(tmp_path, {"dev/pos/3.txt": b"fine"})
    (tmp_path / "train/pos/3.txt").symlink_to("nowhere")
    with collect_odd_items() as odd:
        found = {one["inputs"] for one in problem.generate("train")}
    assert found == {"ok", "bad"}
    assert sorted(odd) == [
        f"{tmp_path / 'train/pos/2.txt'} is larger than 1,048,576 bytes",
        f"{tmp_path / 'train/pos/3.txt'} is a link to what is not there",
    ]


def test_text_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    problem = make(tmp_path, {"train/pos/1.txt": b"ok", "train/neg/1.txt": b"b\xe4d"})
    with pytest.raises(UserError, match=r"neg/1\.txt, line 1: the text is not UTF-8"):
        list(problem.generate("train"))
