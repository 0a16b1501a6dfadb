"""What is held out of labelled files and texts."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.file_kinds import PICTURES, TEXTS
from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import LabelledRow


def hold_out(rows: list[LabelledRow], **shares: float) -> dict[str, list[object]]:
    found = LabelledSet({"train": rows})
    found.hold_out(shares, "here", "texts")
    assert found.held_out == [*shares]
    return {split: [row.value for row in some] for split, some in found.splits.items()}


def label(texts: str, **others: str) -> list[LabelledRow]:
    return [LabelledRow(text, others.get(text, "usual")) for text in texts]


def test_the_last_of_a_class_stays_and_equal_texts_stay_together() -> None:
    held_out = hold_out(label("abcdddefghij", a="rare"), validation=0.25, test=0.2)
    train = ["a", "g", "h", "i", "j"]
    assert held_out == {"train": train, "validation": ["b", "c", "d", "d", "d"], "test": ["e", "f"]}


def test_equal_texts_of_several_classes_stay_together() -> None:
    rows = label("abbcd")
    rows[1:3] = [LabelledRow("b", "usual"), LabelledRow("b", "rare")]
    assert hold_out(rows, validation=0.6) == {
        "train": ["b", "b"],  # with it would go all that is rare
        "validation": ["a", "c", "d"],
    }
    assert hold_out([*rows, LabelledRow("e", "rare")], validation=0.5) == {
        "train": ["c", "d", "e"],
        "validation": ["a", "b", "b"],
    }


def test_texts_that_are_all_of_a_class_stay_together() -> None:
    rows = label("aabcd", a="rare")
    assert hold_out(rows, validation=0.4) == {"train": ["a", "a", "d"], "validation": ["b", "c"]}


def test_more_equal_texts_than_there_is_room_for_stay_or_find_another_split() -> None:
    rows = label("aaabcdefgh")
    assert hold_out(rows, validation=0.2, test=0.3) == {
        "train": ["d", "e", "f", "g", "h"],
        "validation": ["b", "c"],
        "test": ["a", "a", "a"],
    }
    assert hold_out(rows, validation=0.2)["validation"] == ["b", "c"]


def test_the_fewest_equal_texts_are_held_out_where_all_are_too_many() -> None:
    held_out = hold_out(label("aaabbccc"), validation=0.1, test=0.1)
    assert held_out == {"train": ["c", "c", "c"], "validation": ["b", "b"], "test": ["a", "a", "a"]}
    assert hold_out(label("aaa"), validation=0.1) == {"train": ["a", "a", "a"], "validation": []}


def test_packed_files_of_one_key_stay_together() -> None:
    files = [PackedFile(Path("0.tar"), f"{n}.{end}") for n in range(4) for end in ("jpg", "png")]
    rows = [LabelledRow(file, "usual") for file in files]
    assert hold_out(rows, validation=0.25) == {"train": files[2:], "validation": files[:2]}


def test_a_split_that_is_there_is_not_held_out() -> None:
    rows = [LabelledRow(f"{n}", "x") for n in range(20)]
    found = LabelledSet({"train": rows[2:], "test": rows[:2]})
    found.hold_out({"validation": 0.0, "test": 0.0}, "here", "texts")
    sizes = Counter({split: len(some) for split, some in found.splits.items()})
    assert sizes == {"train": 17, "validation": 1, "test": 2} and found.held_out == ["validation"]


def test_what_links_show_again_is_taken_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("train/cat/1.jpg", "train/dog/2.jpg", "train/dog/3.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "train/ape").symlink_to("dog")  # a folder
    (tmp_path / "train/dog/4.jpg").symlink_to("../cat/1.jpg")  # a file, in another class
    (tmp_path / "test").mkdir()
    (tmp_path / "test/cat").symlink_to("../train/cat")  # a folder, in another split
    (tmp_path / "train/elk").mkdir()
    (tmp_path / "train/elk/5.jpg").hardlink_to(tmp_path / "train/cat/1.jpg")  # no link: stays
    files = sorted(path for path in tmp_path.glob("*/*/*.jpg"))
    found = LabelledSet()
    for split in ("train", "test"):
        folder = tmp_path / split
        rows = [LabelledRow(path, path.parent.name) for path in files if folder in path.parents]
        found.splits[split] = [
            row for label in ("ape", "cat", "dog", "elk") for row in rows if row.label == label
        ]
    found.drop_repeated(tmp_path, "pictures")
    names = {
        split: [f"{row.label}/{row.value.name}" for row in rows if isinstance(row.value, Path)]
        for split, rows in found.splits.items()
    }
    assert names == {"train": ["cat/1.jpg", "dog/2.jpg", "dog/3.jpg", "elk/5.jpg"], "test": []}
    assert f"{tmp_path}: left out 5 pictures that links show once more, first" in caplog.text


def make_table(root: Path, *files: str) -> LabelledSet:
    """Two files that a table names, and others; one of these is reached by a link as well."""
    for name in ("train/1.jpg", "train/2.jpg", *files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "link").symlink_to("train")
    paths = [root / "link/1.jpg", root / "train/../train/2.jpg"]
    return LabelledSet({"train": [LabelledRow(path, "a") for path in paths]})


def test_files_that_no_row_of_a_table_names_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = make_table(tmp_path, "train/3.jpg", "more/4.png", "train/notes.md", "more/.5.png")
    tables = [tmp_path / "train.csv", tmp_path / "test.csv"]
    found.tell_unnamed(tables, PICTURES)
    assert caplog.messages == [
        f"{tmp_path}: left out 2 pictures that no row with a label names in train.csv, test.csv, "
        "first more/4.png."
    ]


@pytest.mark.parametrize(
    ("table", "files"),
    [
        ("train.csv", []),
        ("train.csv", ["test/4.jpg", "all/dev/5.jpg"]),  # of splits that nobody has classes of
        ("train/metadata.csv", ["more/4.png"]),
        ("train.tar", ["more/4.png"]),
    ],
)
def test_files_that_no_row_need_name_are_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, table: str, files: list[str]
) -> None:
    make_table(tmp_path, *files).tell_unnamed([tmp_path / table], PICTURES)
    LabelledSet({"train": [LabelledRow("a text", "a")]}).tell_unnamed([tmp_path / "a.csv"], TEXTS)
    assert not caplog.messages


def test_rows_that_name_one_file_twice_stay(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").touch()
    rows = [LabelledRow(tmp_path / "1.jpg", label) for label in ("a", "b")]
    found = LabelledSet({"train": [*rows, LabelledRow("a text", "a")]})
    found.drop_repeated(tmp_path, "pictures")
    assert len(found.splits["train"]) == 3


@pytest.mark.parametrize("root", ["set", "link", "{tmp_path}/link"])
def test_the_file_stays_and_the_link_goes_however_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/2.jpg").touch()
    (tmp_path / "set/1.jpg").symlink_to("2.jpg")
    (tmp_path / "link").symlink_to("set")
    monkeypatch.chdir(tmp_path)
    folder = Path(root.format(tmp_path=tmp_path))
    found = LabelledSet({"train": [LabelledRow(folder / f"{n}.jpg", "a") for n in (1, 2)]})
    found.drop_repeated(folder, "pictures")
    assert found.splits["train"] == [LabelledRow(folder / "2.jpg", "a")]


def test_a_split_that_says_nothing_is_left_out_with_what_is_odd_in_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def read(rows: list[LabelledRow]) -> list[LabelledRow]:
        leave_out("a.csv, line 1")
        return rows

    found = LabelledSet()
    found.add_split(
        "train", partial(read, [LabelledRow("a", "x"), LabelledRow("b", "x", "test")]), ""
    )
    found.add_split("validation", partial(read, []), "dev.csv says no classes")
    assert found.splits == {
        "train": [LabelledRow("a", "x")],
        "test": [LabelledRow("b", "x", "test")],
    }
    assert found.odd == {"train": ["a.csv, line 1"]}
    assert "dev.csv says no classes; it is left out." in caplog.text


def test_what_is_odd_counts_in_the_split_that_its_row_names(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [
        LabelledRow("a", "x", "train"),
        LabelledRow("b", "", "train", "line 2"),
        LabelledRow("c", "x", "validation"),
        LabelledRow("d", "", "validation", "line 4"),
        LabelledRow("e", "", "test", "line 5"),
        LabelledRow("f", "", fault="line 6"),
    ]
    found = LabelledSet()
    found.add_split("train", lambda: rows, "all.jsonl says no classes")
    assert found.splits == {"train": [rows[0]], "validation": [rows[2]]}
    assert found.odd == {"train": ["line 2", "line 6"], "validation": ["line 4"]}
    assert "all.jsonl says no classes of test; that split is left out." in caplog.text
