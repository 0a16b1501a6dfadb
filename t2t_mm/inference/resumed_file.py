"""A file of outputs that goes on where a process was killed, with the outputs it would have had."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.disk import report_full_disk
from t2t_mm.files.parsed_json import parse_json


class ResumedFile:
    r"""One output a line; until all are there they are in `NAME.incomplete`.

    Beside it `NAME.incomplete.json` says what they are made of. Where that is the same, what is
    there is kept up to the last whole window: batches, and so outputs, are then those of a process
    that was never stopped.

    Args:
        path: What there is in the end.
        facts: All that decides outputs, as JSON: which inputs, which model, which settings.
        window: Inputs that are prepared together, see `run_in_windows`.
        total: How many outputs there will be.
        tell: Is given a line for a person: where it went on, or why it is begun anew.

    Attributes:
        done: The outputs that are there.
        errors: Why some of these are empty, by place.

    Example:
        >>> file = ResumedFile(Path("out.txt"), {"inputs": "a, b"}, window=1, total=2, tell=print)
        >>> with file.open({}) as lines:
        ...     _ = lines.write("A\n")
        ...     raise RuntimeError("stopped")
        Traceback (most recent call last):
        RuntimeError: stopped
        >>> again = ResumedFile(Path("out.txt"), {"inputs": "a, b"}, window=1, total=2, tell=print)
        out.txt: went on behind 1 of 2
        >>> other = ResumedFile(Path("out.txt"), {"inputs": "a, c"}, window=1, total=2, tell=print)
        out.txt is begun anew: it was made with other inputs
    """

    def __init__(
        self,
        path: Path,
        facts: Mapping[str, Any],
        *,
        window: int,
        total: int,
        tell: Callable[[str], None],
    ) -> None:
        self.path = path.resolve()
        self.done: list[str] = []
        self.errors: dict[int, UserError] = {}
        self._facts = json.loads(json.dumps(facts))
        self._written = self.path.with_name(f"{self.path.name}.incomplete")
        self._record = self.path.with_name(f"{self.path.name}.incomplete.json")
        if not self._written.is_file():
            return
        record = self._read_record()
        known = record.get("facts", {})
        changed = [name for name, fact in self._facts.items() if known.get(name) != fact]
        if changed:
            others = f"was made with other {', '.join(changed)}"
            why = others if known else "does not say what it was made of"
            tell(f"{path} is begun anew: it {why}")
            return
        lines = self._written.read_bytes().split(b"\n")[:-1]  # what has no end is not whole
        self.done = [line.decode("utf-8") for line in lines[: len(lines) // window * window]]
        left_out = {int(place): message for place, message in record["left_out"].items()}
        self.errors = {n: UserError(why) for n, why in left_out.items() if n < len(self.done)}
        tell(f"{path}: went on behind {len(self.done):,} of {total:,}")

    def _read_record(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            record = parse_json(self._record.read_bytes())
            if isinstance(record, dict) and {"facts", "left_out"} <= record.keys():
                return record
        return {}

    @contextlib.contextmanager
    def open(self, errors: Mapping[int, UserError]) -> Iterator[IO[str]]:
        """Open what is there to add to it; without an error it takes the place of the file.

        Args:
            errors: Why inputs are left out, by place; what is written of them is kept by `keep`.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = sum(len(line.encode("utf-8")) + 1 for line in self.done)
        told = f"the {len(self.done):,} outputs that were there and those since are kept"
        with (
            report_full_disk(self.path.parent, told),
            self._open_written() as file,
        ):
            file.truncate(kept)
            self.keep(errors)
            yield file
        self._written.replace(self.path)
        self._record.unlink()

    def _open_written(self) -> IO[str]:
        """Open what is written; a link that somebody has put there is not followed."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._written, flags, 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise UserError(f"{self._written} is a link", fix="Remove it.") from error
        return open(descriptor, "a", encoding="utf-8", newline="\n")

    def keep(self, errors: Mapping[int, UserError]) -> None:
        """Keep which inputs are left out, for who goes on."""
        left_out = {place: str(why) for place, why in errors.items()}
        record = {"facts": self._facts, "left_out": left_out}
        write_text_atomically(self._record, json.dumps(record, indent=2) + "\n")
