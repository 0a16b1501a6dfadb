"""The lines of a file as inputs: one that cannot be read is told by its number, not the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.text_files import LONGEST_LINE, decode_line, decode_lines
from t2t_mm.inference.user_inputs import check_files, is_empty

_MOST_TOLD = 10


class LeftOutError(UserError):
    """Some inputs could not be read; all others were decoded.

    Args:
        what: The whole message.
        outputs: Of all inputs in their order; empty for those that could not be read.
    """

    def __init__(self, what: str, outputs: Sequence[str]) -> None:
        super().__init__(what)
        self.outputs = list(outputs)


class LeftOutLines:
    """Which lines of a file could not be read, and why.

    Args:
        name: Of the file, for messages.
        tell: Is given a line for a person for each of the first ten.
    """

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self.name = name
        self.errors: dict[int, UserError] = {}
        self._tell = tell

    def skip(self, place: int, error: UserError) -> None:
        """Leave an input out that cannot be read.

        Args:
            place: Its place among the lines, counted from 0.
            error: Why.
        """
        self.errors[place] = error
        if len(self.errors) <= _MOST_TOLD:
            self._tell(self._describe(place))

    def skip_all(self, errors: Mapping[int, UserError], start: int = 0) -> None:
        """Leave several inputs out, but for those before `start`, which is done."""
        for place, error in errors.items():
            if place >= start:
                self.skip(place, error)

    def check(self, outputs: Sequence[str]) -> None:
        """Say at the end which inputs could not be read.

        Args:
            outputs: As many as lines.

        Raises:
            LeftOutError: There are some.
        """
        if not self.errors:
            return
        places = sorted(self.errors)
        numbers = ", ".join(str(place + 1) for place in places[:_MOST_TOLD])
        more = f" and {len(places) - _MOST_TOLD:,} more" if len(places) > _MOST_TOLD else ""
        first = self._describe(places[0])
        raise LeftOutError(
            f"{len(places):,} of {len(outputs):,} inputs could not be read, and their outputs "
            f"are empty; all others are decoded. {self.name}, line {numbers}{more}. First: {first}",
            outputs,
        )

    def _describe(self, place: int) -> str:
        return f"{self.name}, line {place + 1}: {self.errors[place]} Its output is empty."


class InputLines(LeftOutLines):
    """Inputs, one a line; each that names a file is looked for at once.

    Args:
        name: Of the file that they are from, for messages.
        lines: The inputs.
        feature: What the problem declares for them.
        tell: Is given a line for a person for each of the first ten that cannot be read.
        start: Lines that are done; their files are not looked for.

    Raises:
        UserError: Not one of them can be read: they are of another problem or another folder.

    Example:
        >>> from pathlib import Path
        >>> from t2t_mm.features import Image
        >>> _ = Path("a.png").write_bytes(b"")  # its content is looked at later
        >>> inputs = InputLines("list.txt", ["a.png", "", "b.png"], Image(), print)
        list.txt, line 3: There is no such input file. Received: path='b.png'. Its output is empty.
        >>> inputs.readable
        ['a.png', '', '']
    """

    def __init__(
        self,
        name: str,
        lines: Sequence[str],
        feature: Feature,
        tell: Callable[[str], None],
        start: int = 0,
    ) -> None:
        super().__init__(name, tell)
        self.lines = list(lines)
        missing: dict[int, UserError] = {}
        for place, line in enumerate(self.lines[start:], start):
            try:
                check_files([line], feature)
            except UserError as error:
                missing[place] = error
        is_first = start == 0  # what has been begun is brought to its end
        if missing and is_first and len(missing) == sum(not is_empty(line) for line in self.lines):
            raise next(iter(missing.values()))
        for place, why in missing.items():
            self.skip(place, why)

    @property
    def readable(self) -> list[str]:
        """The lines, empty ones in the place of those that cannot be read."""
        return ["" if place in self.errors else line for place, line in enumerate(self.lines)]

    def expects_output(self, place: int) -> bool:
        """Return whether there is something to decode in a line."""
        return place not in self.errors and not is_empty(self.lines[place])


def read_lines(
    path: str | Path, limit: int = 0, flag: str = "decode_from_file"
) -> tuple[list[str], dict[int, UserError]]:
    r"""Read the lines of a text file (`.gz` too), a pipe or standard input, empty ones included.

    Args:
        path: The file; `-` for standard input.
        limit: Lines that are read; 0 for all.
        flag: That names the file, for the message.

    Returns:
        The lines; and why some cannot be read, by place: a line of a file above 1 MB comes as an
        empty one.

    Raises:
        UserError: The file is missing or not UTF-8.

    Example:
        >>> _ = Path("lines.txt").write_text("one" + 2_000_000 * "!" + "\ntwo\n")
        >>> lines, errors = read_lines("lines.txt")
        >>> lines, list(errors)
        (['', 'two'], [0])
    """
    lines, errors = list[str](), dict[int, UserError]()
    waiting = islice(_open_lines(path, flag), limit or None)
    while True:
        with collect_odd_items() as odd:
            line = next(waiting, None)
        if line is None:
            return lines, errors
        if odd:
            errors[len(lines)] = UserError(f"The line is longer than {LONGEST_LINE:,} bytes")
        lines.append(line)


def _open_lines(path: str | Path, flag: str) -> Iterator[str]:
    path = Path(path)
    if str(path) == "-":
        for number, line in enumerate(sys.stdin.buffer, start=1):
            yield decode_line(line, Path("standard input"), number)
    elif path.exists() and not path.is_dir():
        yield from decode_lines(path)
    else:
        raise UserError("There is no such file of inputs", received={flag: str(path)})
