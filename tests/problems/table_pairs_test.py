"""Pairs of texts in the columns of a table."""

import gzip
import json
from pathlib import Path

import pytest
from small_shards import write_parquet

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems.table_pairs import TablePairs

LANGUAGES = ("en", "de")


def test_pairs_of_a_table_are_lines_and_empty_ones_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.csv"
    path.write_text('de,en\n"x\n y",a\n,b\n')
    table = TablePairs(path, LANGUAGES)
    assert table.has_columns() and list(table.read_pairs()) == [("a", "x y")]
    assert "1 pairs with one side empty" in caplog.text
    assert not TablePairs(path, ("en", "fr")).has_columns()


@pytest.mark.parametrize(
    "row",
    [
        {"en": "one", "de": "eins"},
        {"translation": {"en": "one", "de": "eins"}, "id": 7},
        {"english": "one", "german": "eins"},
    ],
)
def test_an_object_a_line_is_a_pair(tmp_path: Path, row: dict[str, object]) -> None:
    (tmp_path / "train.jsonl").write_text(f"{json.dumps(row)}\n" * 2)
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    problem.columns = "en=english,de=german" if "english" in row else ""
    assert list(problem.generate("validation")) == [{"inputs": "one", "targets": "eins"}] * 2


def test_a_number_beside_a_pair_is_no_indonesian(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    row = {"id": "0", "translation": {"en": "a dog", "id": "seekor anjing"}}
    path.write_text(f"{json.dumps(row)}\n")
    assert list(TablePairs(path, ("en", "id")).read_pairs()) == [("a dog", "seekor anjing")]
    row = {"en": "a cat", "id": "kucing", "meta": {"en": "1", "id": "2"}}
    path.write_text(f"{json.dumps(row)}\n")
    assert list(TablePairs(path, ("en", "id")).read_pairs()) == [("a cat", "kucing")]


def test_rows_of_several_splits_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("en,de,split\na,b,train\nc,d,\ne,f,dev\n")
    with pytest.raises(UserError, match=r"line 4: the row is of the split validation.*of train"):
        list(TablePairs(path, LANGUAGES).read_pairs())
    for before in ("", "train_s"):
        path.write_text(f"en,de,Split\na,b,{before}\nc,d,test\n")
        with pytest.raises(UserError, match=r"line 3: the row is of the split test"):
            list(TablePairs(path, LANGUAGES).read_pairs())
    path.write_text("en,de,split\na,b,train\nc,d,training\n")
    assert len(list(TablePairs(path, LANGUAGES).read_pairs())) == 2


@pytest.mark.parametrize("line", ["[1]", '"en"', '{"en": "a"', "{" * 10_000])
def test_a_line_that_is_no_object_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"en": "a", "de": "b"}\n' + line)
    with pytest.raises(UserError, match=r"train\.jsonl, line 2: this is no JSON object"):
        list(TablePairs(path, LANGUAGES).read_pairs())


def test_a_line_of_more_than_a_megabyte_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    long = json.dumps({"en": "x" * 2**20, "de": "y"})
    path.write_text(f'{{"en": "a", "de": "b"}}\n{long}\n{{"en": "c", "de": "d"}}\n')
    with collect_odd_items() as odd:
        assert list(TablePairs(path, LANGUAGES).read_pairs()) == [("a", "b"), ("c", "d")]
    assert odd == [f"{path}, line 2: the line is longer than 1,048,576 bytes"]


def test_null_is_left_out_by_its_line_and_a_row_without_the_column_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"en": "a", "de": "b"}\n{"en": null, "de": "c"}\n{"en": "d"}\n')
    with collect_odd_items() as odd:
        assert list(TablePairs(path, LANGUAGES).read_pairs()) == [("a", "b")]
    assert odd == [f"{path}, line 2: the en is null"]
    assert "1 pairs with one side empty" in caplog.text


@pytest.mark.parametrize(
    ("end", "text"), [("csv", "en,de\na,b\n"), ("jsonl", '{"en": "a", "de": "b"}\n')]
)
def test_a_table_may_be_compressed(tmp_path: Path, end: str, text: str) -> None:
    (tmp_path / f"train.{end}.gz").write_bytes(gzip.compress(text.encode()))
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    assert list(problem.generate("validation")) == [{"inputs": "a", "targets": "b"}]


def test_shards_have_pairs_and_splits(tmp_path: Path) -> None:
    for name, first in (("train-00000-of-00002", 0), ("train-00001-of-00002", 5), ("test-0", 10)):
        pairs = [{"en": f"e{n}", "de": f"d{n}"} for n in range(first, first + 5)]
        write_parquet(tmp_path / f"data/{name}.parquet", {"translation": pairs})
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation", "test")
    assert len(problem.raw_files_wanted()) == 3 and problem.options_that_count >= {"columns"}
    found = {split: list(problem.generate(split)) for split in problem.splits}
    assert [len(found[split]) for split in problem.splits] == [9, 1, 5]
    assert found["test"][0] == {"inputs": "e10", "targets": "d10"}
    reverse = registry.problem("text2text_files/de-en", tmp_dir=tmp_path)
    assert list(reverse.generate("validation")) == [
        {"inputs": one["targets"], "targets": one["inputs"]} for one in found["validation"]
    ]


def test_aligned_files_come_before_shards(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train-0.parquet", {"en": ["e"], "de": ["d"]})
    write_parquet(tmp_path / "test-0.parquet", {"en": ["e"], "de": ["d"]})
    (tmp_path / "train.en").write_text("a")
    (tmp_path / "train.de").write_text("b")
    problem = registry.problem("text2text_files/en-de", tmp_dir=tmp_path)
    assert problem.splits == ("train", "validation")
    assert {path.name for path in problem.raw_files_wanted()} == {"train.en", "train.de"}


def test_columns_of_other_names_are_told(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train.parquet", {"en": ["e"], "german": ["d"]})
    with pytest.raises(UserError, match=r"hold the de.*columns='en, german'.*--columns='en=COL"):
        list(registry.problem("text2text_files/en-de", tmp_dir=tmp_path).generate("train"))
