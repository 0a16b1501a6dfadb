"""Lines of UTF-8 files and packed files: read exactly, or refused with file and line."""

import gzip
import zipfile
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_line, decode_lines, open_bytes, report_broken_zip


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
        report_broken_zip(path),
    ):
        zipfile.ZipFile(path)
