"""Tars as WebDataset has them, whole and not."""

import logging
import tarfile
from pathlib import Path

import pytest
from small_shards import write_tar

from t2t_mm.data.declaring.bad_examples import UnreadableFileError
from t2t_mm.errors import UserError
from t2t_mm.files import packed_files
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.problems import tar_shards
from t2t_mm.problems.tar_shards import TarMember, list_members, read_tar_rows


def rows(path: Path) -> list[dict[str, object]]:
    return [row for _, row in read_tar_rows(path)]


def test_files_of_a_key_are_a_row(tmp_path: Path) -> None:
    members = [
        ("a/1.JPG", b"one"),
        ("a/1.cls", "3\n"),
        ("a/1.txt", " a dog "),
        ("a/1.json", '{\n"caption": "big", "text": "other", "deep": {"id": 5}\n}'),
        ("a/2.flac", b"two"),
        ("a/2.npy", b"nobody reads this"),
        ("b/1.seg.png", b"three"),
    ]
    one, two, three = rows(write_tar(tmp_path / "0.tar", members))
    assert isinstance(one["image"], TarMember) and one["image"]() == b"one"
    assert one["image"] == one["jpg"] and one["label"] == one["cls"] == "3"
    assert (one["text"], one["caption"], one["id"]) == ("a dog", "big", 5)
    assert isinstance(two["audio"], TarMember) and two["audio"]() == b"two" and "npy" not in two
    assert isinstance(three["seg.png"], TarMember) and "image" not in three


def test_a_name_from_above_is_only_a_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.jpg").write_text("outside")
    (row,) = rows(write_tar(tmp_path / "in/0.tar", [("../x.jpg", "inside"), ("../x.cls", "1")]))
    assert isinstance(row["image"], TarMember) and row["image"]() == b"inside"
    assert (tmp_path / "x.jpg").read_text() == "outside"
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["0.tar"]


def test_links_and_hidden_files_are_no_examples(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_tar(
        tmp_path / "0.tar", [("1.jpg", b"one"), ("._1.jpg", b"of a Mac"), ("1.cls", "0")]
    )
    with tarfile.open(path, "a") as archive:
        for name, kind in (("2.jpg", tarfile.SYMTYPE), ("3.jpg", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        folder = tarfile.TarInfo("4")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with caplog.at_level(logging.WARNING):
        assert [member.name for member in list_members(path)] == ["1.jpg", "1.cls"]
    assert "left out 2 links" in caplog.text


def test_a_key_that_comes_again_is_left_out(tmp_path: Path) -> None:
    keys = ("1", "2", "1", "3", "3", "1")
    members = [(f"{key}.txt", text) for key, text in zip(keys, "abcdef", strict=True)]
    with collect_odd_items() as odd:
        assert [row["text"] for row in rows(write_tar(tmp_path / "0.tar", members))] == ["a", "b"]
    assert odd == [
        f"{tmp_path}/0.tar, row 3: 1 is there twice",
        f"3.txt in {tmp_path}/0.tar is there twice",
        f"{tmp_path}/0.tar, row 5: 1 is there twice",
    ]


@pytest.mark.parametrize("left", [0, 1, 511, 512, 513, 1024, 1500, 1536, 2236, 2559, 2560, 3071])
def test_a_tar_that_is_cut_short_is_an_error(tmp_path: Path, left: int) -> None:
    """Two headers, a block and two, and blocks of nothing, of which one is enough."""
    path = write_tar(tmp_path / "0.tar", [("1.txt", "a"), ("1.jpg", b"x" * 700)])
    whole = path.read_bytes()
    path.write_bytes(whole[:3072])
    assert len(rows(path)) == 1
    path.write_bytes(whole[:left])
    with pytest.raises(UserError, match=r"0\.tar: the \.tar file is broken"):
        rows(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:1024] + b"\xff" * 512 + whole[1536:],  # a header
        lambda whole: whole + whole,  # `cat a.tar b.tar`
        lambda whole: b"",
        lambda whole: b"no tar" * 1000,
        lambda whole: whole[:1148] + b"\x80" + b"\xff" * 11 + whole[1160:],  # a size
    ],
)
def test_a_damaged_tar_is_an_error(tmp_path: Path, damage) -> None:
    path = write_tar(tmp_path / "0.tar", [("1.txt", "a"), ("2.txt", "b"), ("3.txt", "c")])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"0\.tar: the \.tar file is broken"):
        rows(path)


def test_what_claims_to_be_huge_is_never_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("1.jpg")
    info.size = 1 << 50
    (tmp_path / "0.tar").write_bytes(info.tobuf() + bytes(20 * 512))
    with pytest.raises(UserError, match="broken"):
        rows(tmp_path / "0.tar")


def test_large_members_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_shards, "LARGEST_PACKED", 10)
    members = [
        ("1.jpg", b"x" * 11),
        ("2.txt", "t" * (2**20 + 1)),
        ("3.jpg", b"x"),
        ("4.npy", b"x" * 11),
    ]
    with collect_odd_items() as odd:
        assert [*rows(write_tar(tmp_path / "0.tar", members))[0]] == ["jpg", "image"]
    assert [reason.partition(" in ")[0] for reason in odd] == ["1.jpg", "2.txt"]
    assert packed_files.LARGEST_PACKED == 2**29


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("1.txt", b"caf\xe9", r"1\.txt in .*, line 1: the text is not UTF-8"),
        ("1.json", b"[1]", r"1\.json in .*: this is no JSON object"),
        ("1.json", b"[" * 100_000, r"1\.json in .*: this is no JSON object"),
    ],
)
def test_texts_that_nobody_can_read_name_their_file(
    tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    with pytest.raises(UserError, match=what):
        rows(write_tar(tmp_path / "0.tar", [(name, content)]))


def test_a_tar_that_changes_or_goes_while_it_is_read(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "0.tar", [("1.jpg", b"x" * 900)])
    (row,) = rows(path)
    assert isinstance(row["image"], TarMember)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="broken"):
        row["image"]()
    path.unlink()
    for read in (row["image"], lambda: rows(path)):
        with pytest.raises(UnreadableFileError, match=r"0\.tar cannot be read"):
            read()
