"""Line-aligned text: two files whose lines with the same number are translations of each other.

Plain or .gz, UTF-8. Besides plain lines the two other layouts of the original WMT files are read:
`.sgm` (one `<seg>` per line) and `.tsv` (both languages in one file, as two columns).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import find_named_split, hash_bytes
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines, open_bytes, report_broken_gzip

Pair = tuple[str, str]

_SIDES: Final = {"src": "inputs", "source": "inputs", "tgt": "targets", "target": "targets"}
_SEGMENT = re.compile(r"<seg[^>]*>(.*)</seg>")
_CHUNK_BYTES = 1 << 20


def find_sides(files: Iterable[Path]) -> dict[str, Path]:
    """Find files with their side in front, by what they are called with it at the end.

    What has one side alone, as OpenNMT's `src-test.txt`, is left out.

    Example:
        >>> sorted(find_sides(map(Path, ("src-val.txt", "tgt-val.txt.gz", "src-test.txt", "a.en"))))
        ['val.inputs', 'val.targets']
    """
    found: dict[str, dict[str, Path]] = {}
    for path in files:
        side, _, rest = path.name.partition("-")
        split = rest.removesuffix(".gz").removesuffix(".txt")
        if side in _SIDES and find_named_split(split):
            found.setdefault(split, {}).setdefault(f"{split}.{_SIDES[side]}", path)
    return {name: path for both in found.values() if len(both) > 1 for name, path in both.items()}


@dataclass(frozen=True)
class ParallelText:
    r"""Two aligned files, or one file of two columns (then both paths are the same).

    Args:
        first: File of the first language.
        second: File of the second language.
        exchanged: Whether a two-column file has the second language in its first column.

    Example:
        >>> first, second = Path("train.en"), Path("train.de")
        >>> _ = first.write_text("a dog\ntwo cats\n"), second.write_text("ein Hund\nzwei Katzen\n")
        >>> list(ParallelText(first, second).read_pairs())
        [('a dog', 'ein Hund'), ('two cats', 'zwei Katzen')]
    """

    first: Path
    second: Path
    exchanged: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, each once."""
        return (self.first,) if self.first == self.second else (self.first, self.second)

    def read_pairs(self) -> Iterator[Pair]:
        """Yield (first, second) line by line, without white space around the text.

        A pair with an empty side says nothing about translation: it is skipped, and how many
        were is logged as a warning at the end.

        Raises:
            UserError: Files of unequal length, text that is not UTF-8, a broken .gz file.
        """
        is_one_file = self.first == self.second
        pairs = self._read_column_pairs() if is_one_file else self._read_line_pairs()
        return drop_empty_pairs(pairs, " and ".join(map(str, self.paths)))

    def _read_line_pairs(self) -> Iterator[Pair]:
        check_same_length(self.first, self.second)
        yield from zip(read_lines(self.first), read_lines(self.second), strict=True)

    def _read_column_pairs(self) -> Iterator[Pair]:
        malformed = 0
        for line in read_lines(self.first):
            columns = [column.strip() for column in line.split("\t")]
            if len(columns) != 2:
                malformed += 1
                continue
            yield (columns[1], columns[0]) if self.exchanged else (columns[0], columns[1])
        if malformed:
            warn_once(f"{self.first}: skipped {malformed} lines without exactly two columns.")


def drop_empty_pairs(pairs: Iterable[Pair], where: str) -> Iterator[Pair]:
    """Yield the pairs that have two sides, and log at the end how many have not.

    Args:
        pairs: Without white space around the texts.
        where: What they are read from, for the message.
    """
    both_empty, one_empty = 0, 0
    for first, second in pairs:
        if first and second:
            yield first, second
        elif first or second:
            one_empty += 1
        else:
            both_empty += 1
    if both_empty or one_empty:
        warn_once(
            f"{where}: skipped {both_empty} pairs with both sides empty and {one_empty} "
            f"pairs with one side empty."
        )


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file, or the segments of an .sgm file.

    Only a newline ends a line, so that aligned files stay aligned whatever else they contain
    (Common Crawl has carriage returns within lines).

    Args:
        path: Plain or .gz.

    Raises:
        UserError: If a line is not UTF-8 (with file and line number) or the .gz file is broken.
    """
    lines = decode_lines(path)
    if ".sgm" in path.suffixes[-2:]:
        return (match.group(1).strip() for line in lines if (match := _SEGMENT.search(line)))
    return (line.strip() for line in lines)


def count_lines(path: Path) -> int:
    """Count the lines that `read_lines` will yield, without decoding them."""
    if ".sgm" in path.suffixes[-2:]:
        return sum(1 for _ in read_lines(path))
    count, last = 0, b"\n"
    with report_broken_gzip(path), open_bytes(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def check_same_length(first: Path, second: Path) -> None:
    """Check before the first pair is read that two files have equally many lines.

    Raises:
        UserError: If not, naming both files and both counts.
    """
    first_count, second_count = count_lines(first), count_lines(second)
    if first_count != second_count:
        raise UserError(
            f"Aligned files differ in length: {first} has {first_count:,} lines, "
            f"{second} has {second_count:,} lines",
            expected="the same number of lines",
            received={"lines": (first_count, second_count)},
            fix="Give two files whose lines with the same number belong together.",
        )


def hash_pair(first: str, second: str) -> int:
    """Hash the text of a pair to 64 bits, the same on every machine."""
    return hash_bytes(f"{first}\n{second}".encode(), "big")
