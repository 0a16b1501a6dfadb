"""Lines of UTF-8 files and packed files: read exactly, or refused with file and line."""

import gzip
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.text_files import (
    LONGEST_LINE,
    decode_line,
    decode_lines,
    is_unicode,
    open_bytes,
    open_zip,
)


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_only_a_newline_ends_a_line(tmp_path: Path, name: str) -> None:
    content = "one\u2028still one\r\n\ntwo\x0b\x85 too\nthree".encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    lines = list(decode_lines(tmp_path / name))
    assert lines == ["one\u2028still one", "", "two\x0b\x85 too", "three"]


def test_text_that_is_not_utf8_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"fine\nStra\xdfe\n")
    with pytest.raises(UserError, match=r"latin\.txt, line 2: .*0xdf at byte 5 of the line"):
        list(decode_lines(path))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa dog\n\xef\xbb\xbfx\n")
    assert list(decode_lines(path)) == ["a dog", "\ufeffx"]


@pytest.mark.parametrize("content", [gzip.compress(b"a dog\n" * 1000, mtime=0)[:-12], b"plain\n"])
def test_a_broken_gz_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.txt\.gz: the compressed file is broken"):
        list(decode_lines(path))


def test_one_carriage_return_belongs_to_the_end_of_a_line() -> None:
    assert decode_line(b"a\r\r\n", Path("a.txt"), 1) == "a\r"
    assert decode_line(b"a", Path("a.txt"), 1) == "a"


def test_bytes_come_unpacked_with_their_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a\r\n\xff\n"))
    (tmp_path / "a.txt").write_bytes(b"a\r\n\xff\n")
    for name in ("a.txt", "a.txt.gz"):
        with open_bytes(tmp_path / name) as lines:
            assert list(lines) == [b"a\r\n", b"\xff\n"]


def test_a_broken_zip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.txt", "text")
    path.write_bytes(path.read_bytes()[:-10])
    with (
        pytest.raises(UserError, match=r"a\.zip: the \.zip file is broken.*BadZipFile"),
        open_zip(path),
    ):
        pass


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ((8, 10), b"\x09\x00", "compression"),  # Deflate64
        ((8, 10), b"\x63\x00", "compression"),  # AES
        ((6, 8), b"\x01\x00", "encrypted"),  # a password
        ((6, 8), b"\x41\x00", "strong encryption"),
        ((6, 8), b"\x20\x00", "patched"),
    ],
)
def test_a_member_that_python_cannot_unpack_is_one_line_with_the_way_out(
    tmp_path: Path, place: tuple[int, int], value: bytes, reason: str
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", "text")
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", place[0]), (b"PK\x01\x02", place[1])):
        begin = data.find(magic) + offset
        data[begin : begin + 2] = value
    path.write_bytes(data)
    with (
        pytest.raises(UserError, match=f"inside.txt cannot be unpacked.*{reason}.*into a folder"),
        open_zip(path) as opened,
    ):
        opened.read("inside.txt")


def test_a_member_that_would_fill_the_memory_is_refused_before_it_is_unpacked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small", bytes(1 << 20))  # packed 1,000 times, and small
        archive.writestr("bomb", bytes(1 << 20))
    data = bytearray(path.read_bytes())
    begin = data.rfind(b"PK\x01\x02") + 24  # the size that the directory tells of
    data[begin : begin + 4] = (200_000_000).to_bytes(4, "little")
    path.write_bytes(data)
    with open_zip(path) as opened:
        assert len(opened.read("small")) == 1 << 20
        with pytest.raises(UserError, match=r"bomb cannot be unpacked.*200,000,000 bytes"):
            opened.read("bomb")


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_line_above_a_megabyte_is_left_out_and_the_others_keep_their_numbers(
    tmp_path: Path, name: str
) -> None:
    longest = b"x" * (LONGEST_LINE - 1)
    content = b"\n".join([longest, b"y" * (5 * LONGEST_LINE), b"three", longest + b"xx"])
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with collect_odd_items() as odd:
        lines = list(decode_lines(tmp_path / name))
    assert [len(line) for line in lines] == [LONGEST_LINE - 1, 0, 5, 0]
    assert [reason.partition(": ")[0] for reason in odd] == [
        f"{tmp_path / name}, line {number}" for number in (2, 4)
    ]
    with pytest.raises(UserError, match="line 2: the line is longer than 1,048,576 bytes"):
        list(decode_lines(tmp_path / name))


def test_a_long_line_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(40 * LONGEST_LINE)  # one line of zeros
    tracemalloc.start()
    with collect_odd_items() as odd:
        assert list(decode_lines(path)) == [""]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(odd) == 1 and peak < 4 * LONGEST_LINE


def test_half_of_a_surrogate_pair_is_no_unicode_at_any_depth() -> None:
    whole, half = json.loads('"\\ud83d\\ude00"'), json.loads('"\\ud83d"')
    assert is_unicode([whole, {"a": 1, "b": None}])
    assert not any(map(is_unicode, (half, {"a": {"b": [half]}}, {half: 1}, f"x{half}y")))


@pytest.mark.parametrize("name", [b"inside.tx\xff", b"outside.txt"])
def test_a_member_of_another_name_in_its_header_is_a_broken_zip(
    tmp_path: Path, name: bytes
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("in\u00e9.txt"), "text")
    data = path.read_bytes().replace("in\u00e9.txt".encode(), name[:8], 1)
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"the \.zip file is broken"), open_zip(path) as opened:
        opened.read("in\u00e9.txt")


def test_a_member_before_the_beginning_of_its_zip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(9):
            archive.writestr(f"{number}.txt", "text" * 9)
    data = path.read_bytes()
    length = len(data) // 2
    path.write_bytes(data[-length:] + data[length : len(data) - length] + data[:length])
    with pytest.raises(UserError, match=r"the \.zip file is broken"), open_zip(path) as opened:
        for member in opened.namelist():
            opened.read(member)


def test_a_link_to_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"a\.txt is a link to what is not there"):
        list(decode_lines(path))
