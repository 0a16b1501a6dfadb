"""Parquet as Hugging Face stores it, whole and not."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from small_shards import write_parquet

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems import parquet_tables
from t2t_mm.problems.parquet_tables import ParquetCell, read_parquet_rows


def rows(path: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_parquet_rows(path)]


def test_columns_are_rows_and_bytes_are_read_later(tmp_path: Path) -> None:
    columns = {
        "image": [{"bytes": b"%d" % n, "path": f"{n}.jpg" if n else None} for n in range(10)],
        "raw": [b"r%d" % n for n in range(10)],
        "label": [n % 3 - 1 for n in range(10)],
        "translation": [{"en": f"e{n}", "de": f"d{n}"} for n in range(10)],
        "path": ["own"] * 10,
    }
    path = write_parquet(
        tmp_path / "0.parquet", columns, {"label": ["cat", "dog"]}, row_group_size=4
    )
    found = rows(path)
    assert [row["label"] for row in found[:3]] == [None, "cat", "dog"]
    assert {row["path"] for row in found} == {"own"} and found[9]["de"] == "d9"
    assert all(isinstance(row["image"], ParquetCell) for row in found)
    assert [row["image"]() for row in found] == [b"%d" % n for n in range(10)]
    assert [found[n]["raw"]() for n in (9, 2, 5, 4)] == [b"r9", b"r2", b"r5", b"r4"]
    assert str(found[0]["image"]) == f"row 1 in {path}" and str(found[7]["image"]).startswith(
        "7.jpg"
    )
    assert len({row["image"].key for row in found}) == 10
    assert len({row["image"].order[0] for row in found}) == 3  # read by groups, of chance
    assert [row["image"].order[1] for row in found] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]


def test_names_of_columns_may_have_dots(tmp_path: Path) -> None:
    columns = {
        "img.png": [b"a", b"b"],
        "my.img": [{"bytes": b"c", "path": "1.jpg"}, {"bytes": b"d", "path": "2.jpg"}],
        "audio.path": ["x", "y"],
    }
    found = rows(write_parquet(tmp_path / "0.parquet", columns))
    assert [(row["img.png"](), row["my.img"](), row["audio.path"]) for row in found] == [
        (b"a", b"c", "x"),
        (b"b", b"d", "y"),
    ]
    assert [row["my.img"].name for row in found] == ["1.jpg", "2.jpg"]


def test_of_a_file_of_bytes_alone_rows_are_counted(tmp_path: Path) -> None:
    found = rows(write_parquet(tmp_path / "0.parquet", {"image": [b"a", b"b", None, b""]}))
    assert [row["image"]() for row in found[:2]] == [b"a", b"b"]
    for row in found[2:]:
        with pytest.raises(BadExampleError, match=r"row \d in .* cannot be read"):
            row["image"]()


def test_long_texts_and_cells_are_left_out(tmp_path: Path, monkeypatch: Any) -> None:
    columns = {"text": ["a", "x" * (2**20 + 1), "c"], "image": [b"1", b"2", b"x" * 11]}
    path = write_parquet(tmp_path / "0.parquet", columns)
    monkeypatch.setattr(parquet_tables, "LARGEST_PACKED", 10)
    with collect_odd_items() as odd:
        found = rows(path)
    assert [row["text"] for row in found] == ["a", "c"] and len(odd) == 1
    assert odd[0].startswith(f"{path}, row 2: a text of more than")
    with pytest.raises(BadExampleError, match="row 3 in"):
        found[1]["image"]()


def test_what_would_fill_the_memory_is_an_error(tmp_path: Path, monkeypatch: Any) -> None:
    columns = {"text": ["x" * 1000 for _ in range(2000)], "image": [bytes(1000)] * 2000}
    path = write_parquet(tmp_path / "0.parquet", columns, compression="zstd", use_dictionary=False)
    monkeypatch.setattr(parquet_tables, "_LARGEST_CHUNK", 1000)
    with pytest.raises(UserError, match=r"0\.parquet: the column text cannot be unpacked"):
        rows(path)


def test_few_rows_are_held_at_once_where_they_are_large(tmp_path: Path, monkeypatch: Any) -> None:
    columns = {"image": [b"%4d" % n * 250 for n in range(100)]}
    found = rows(write_parquet(tmp_path / "0.parquet", columns, use_dictionary=False))
    monkeypatch.setattr(parquet_tables, "_BYTES_AT_ONCE", 3500)
    sizes = []
    read = parquet_tables._read_batches
    monkeypatch.setattr(
        parquet_tables,
        "_read_batches",
        lambda *given: (sizes.append(len(batch)) or batch for batch in read(*given)),
    )
    parquet_tables._open_column.cache_clear()
    assert [row["image"]() for row in found] == columns["image"]
    assert max(sizes) == 3 and sum(sizes) == 100


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-9],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"",
        lambda whole: b"PAR1" + bytes(100) + b"PAR1",
        lambda whole: b"text,label\na,b\n",
        lambda whole: whole[:20] + b"\xff" * 300 + whole[320:],
        lambda whole: whole[:-40] + b"\xff" * 30 + whole[-10:],
    ],
)
def test_a_damaged_file_is_an_error(tmp_path: Path, damage: Any) -> None:
    columns = {"text": [f"text {n}" for n in range(100)], "image": [b"%d" % n for n in range(100)]}
    path = write_parquet(tmp_path / "0.parquet", columns, write_page_checksum=True)
    path.write_bytes(damage(path.read_bytes()))
    parquet_tables._open_column.cache_clear()
    with pytest.raises(UserError, match=r"0\.parquet: the \.parquet file is broken"):
        [row["image"]() for row in rows(path)]


@pytest.mark.parametrize("said", ["{", "[]", '{"info": 3}', '{"info": {"features": {"label": 1}}}'])
def test_names_of_classes_that_are_none_are_no_error(tmp_path: Path, said: str) -> None:
    assert parquet_tables._read_class_names({b"huggingface": said.encode()}) == {}


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: Any) -> None:
    path = write_parquet(tmp_path / "0.parquet", {"text": ["a"]})
    given = builtins.__import__

    def refuse(name: str, *others: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return given(name, *others)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match=r"pip install t2t_mm\[parquet\]"):
        rows(path)
