"""Reading line-aligned files."""

import gzip
import logging

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.parallel_text import (
    ParallelText,
    count_lines,
    hash_pair,
    read_lines,
)


def write(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def test_pairs_of_a_plain_and_a_compressed_file(tmp_path):
    text = ParallelText(
        write(tmp_path / "train.en", "a dog\ntwo cats\n"),
        write(tmp_path / "train.de.gz", "ein Hund\nzwei Kätzchen"),
    )
    assert list(text.read_pairs()) == [("a dog", "ein Hund"), ("two cats", "zwei Kätzchen")]


def test_only_a_newline_ends_a_line(tmp_path):
    # Common Crawl has carriage returns within lines; str.splitlines would break at all of these.
    line = "one\rtwo\x0bthree\x85four\u2028five"
    path = write(tmp_path / "a.en", f"{line}\r\nnext\n")
    assert list(read_lines(path)) == [line, "next"]
    assert count_lines(path) == 2


def test_a_byte_order_mark_is_no_text(tmp_path):
    assert list(read_lines(write(tmp_path / "a.en", b"\xef\xbb\xbfa dog\n"))) == ["a dog"]


@pytest.mark.parametrize("text, count", [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\n\nb", 3)])
@pytest.mark.parametrize("name", ["a.en", "a.en.gz"])
def test_count_lines_counts_what_read_lines_yields(tmp_path, name, text, count):
    path = write(tmp_path / name, text)
    assert count_lines(path) == len(list(read_lines(path))) == count


def test_empty_lines_are_skipped_and_counted_once(tmp_path, caplog):
    text = ParallelText(
        write(tmp_path / "a.en", "a\n\n  \nb\nc\n"), write(tmp_path / "a.de", "A\n\nX\n\nC\n")
    )
    with caplog.at_level(logging.WARNING):
        assert list(text.read_pairs()) == list(text.read_pairs()) == [("a", "A"), ("c", "C")]
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert "skipped 1 pairs with both sides empty and 2 pairs with one side empty" in message


def test_unequal_length_names_both_files_and_counts_before_the_first_pair(tmp_path):
    first = write(tmp_path / "a.en", "a\nb\nc\n")
    second = write(tmp_path / "a.de", "A\nB\n")
    with pytest.raises(UserError) as error:
        next(ParallelText(first, second).read_pairs())
    assert f"{first} has 3 lines, {second} has 2 lines" in str(error.value)


def test_text_that_is_not_utf8_names_file_and_line(tmp_path):
    path = write(tmp_path / "a.en.gz", "good\nsch\xf6n\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.en\.gz, line 2: .*not UTF-8"):
        list(read_lines(path))


def test_a_truncated_gzip_file_is_named(tmp_path):
    path = write(tmp_path / "a.en.gz", "a dog\n" * 1000)
    path.write_bytes(path.read_bytes()[:-12])
    for read in (count_lines, lambda path: list(read_lines(path))):
        with pytest.raises(UserError, match=r"a\.en\.gz: the compressed file is broken"):
            read(path)


def test_segments_of_an_sgm_file(tmp_path):
    sgm = '<srcset>\n<doc id="1">\n<seg id="1"> A & B </seg>\n<seg id="2"></seg>\n</doc>\n'
    path = write(tmp_path / "newstest2014-deen-src.de.sgm", sgm)
    assert list(read_lines(path)) == ["A & B", ""]
    assert count_lines(path) == 2


def test_two_columns_in_either_order(tmp_path, caplog):
    path = write(tmp_path / "a.de-fr.tsv", "ein Hund\tun chien\nno tab\na\tb\tc\nja\toui\n")
    assert list(ParallelText(path, path).read_pairs()) == [("ein Hund", "un chien"), ("ja", "oui")]
    assert list(ParallelText(path, path, exchanged=True).read_pairs())[1] == ("oui", "ja")
    assert "skipped 2 lines without exactly two columns" in caplog.text


def test_pair_hash_is_fixed_for_ever():
    # blake2b-64 of b"a\nb", big end first: held-out sets must not change with a version.
    assert f"{hash_pair('a', 'b'):016x}" == "a76de9f2d561975f"
    assert hash_pair("a", "b") != hash_pair("b", "a")
