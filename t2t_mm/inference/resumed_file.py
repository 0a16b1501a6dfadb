"""A file of outputs that goes on where a process was killed, with the outputs it would have had."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import name_part, write_text_atomically
from t2t_mm.files.disk import claim_opened, refuse_folder, report_full_disk
from t2t_mm.files.parsed_json import parse_json

_OF_FILE = 8  # letters, of what a file is known by


class ResumedFile:
    r"""One output a line; until all are there they are in `NAME.incomplete`.

    Beside it `NAME.incomplete.json` says what they are made of. Where that is the same, what is
    there is kept up to the last whole window: batches, and so outputs, are then those of a process
    that was never stopped. Where it is not, what is there stays, see `name_part`.

    Args:
        path: What there is in the end.
        facts: All that decides outputs, as JSON: which inputs, which model, which settings.
        window: Inputs that are prepared together, see `run_in_windows`.
        total: How many outputs there will be.
        tell: Is given a line for a person: where it went on, or why it is begun anew.
        files: What each line's file is known by, see `describe_files`. With another one at a line
            that is done all is begun anew; one that is gone since is no other.

    Raises:
        UserError: Another process is writing it.

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
        out.txt is begun anew: what is there was made with other inputs, and stays as out.txt.part
    """

    def __init__(
        self,
        path: Path,
        facts: Mapping[str, Any],
        *,
        window: int,
        total: int,
        tell: Callable[[str], None],
        files: Sequence[str] = (),
    ) -> None:
        self.path = path.resolve()
        self.done: list[str] = []
        self.errors: dict[int, UserError] = {}
        self._facts = json.loads(json.dumps(facts))
        self._files = list(files)
        self._written = self.path.with_name(f"{self.path.name}.incomplete")
        self._record = self.path.with_name(f"{self.path.name}.incomplete.json")
        self._is_begun_anew = False
        for part in (self._written, self._record):
            refuse_folder(part)
        if not self._written.is_file():
            return
        with self._open_written() as file:
            record, lines = self._read_record(), file.read().split(b"\n")[:-1]
        known = record.get("facts", {})
        changed = [name for name, fact in self._facts.items() if known.get(name) != fact]
        files = self._recall_files(record, len(lines) // window * window)
        if any(now and now != then for now, then in zip(self._files, files, strict=False)):
            changed.append("files behind its inputs")
        if changed:
            others = f"was made with other {', '.join(changed)}"
            why = others if known else "does not say what it was made of"
            self._begin_anew(f"{path} is begun anew: what is there {why}", tell)
            return
        try:  # what has no end is not whole
            self.done = [line.decode("utf-8") for line in lines[: len(lines) // window * window]]
        except UnicodeDecodeError:
            self._begin_anew(f"{path} is begun anew: what is there is damaged", tell)
            return
        self._files[: len(files)] = files  # of those that are gone, too
        left_out, places = record["left_out"], range(len(self.done))
        self.errors = {n: UserError(left_out[str(n)]) for n in places if str(n) in left_out}
        tell(f"{path}: went on behind {len(self.done):,} of {total:,}")

    def _begin_anew(self, why: str, tell: Callable[[str], None]) -> None:
        tell(f"{why}, and stays as {name_part(self.path).name}")
        self._is_begun_anew = True

    def _recall_files(self, record: Mapping[str, Any], number: int) -> list[str]:
        """Return what the files of the first lines were known by; of an earlier version as now."""
        now, known = self._files[:number], record.get("files")
        if known is None:
            return now
        places = range(0, _OF_FILE * len(now), _OF_FILE)
        return [known[place : place + _OF_FILE].strip() for place in places]

    def _read_record(self) -> dict[str, Any]:
        """Return what the record says; nothing where it is missing or damaged."""
        with contextlib.suppress(OSError, ValueError):
            record = parse_json(self._record.read_bytes())
            parts = record if isinstance(record, dict) else {}
            facts, left_out = parts.get("facts"), parts.get("left_out")
            has_files = isinstance(parts.get("files", ""), str)
            if isinstance(facts, dict) and isinstance(left_out, dict) and has_files:
                are_places = all(place.isdecimal() for place in left_out)
                if are_places and all(isinstance(why, str) for why in left_out.values()):
                    return parts
        return {}

    @contextlib.contextmanager
    def open(self, errors: Mapping[int, UserError]) -> Iterator[IO[str]]:
        """Open what is there to add to it; without an error it takes the place of the file.

        Args:
            errors: Why inputs are left out, by place; what is written of them is kept by `keep`.

        Raises:
            UserError: Another process writes it, or has written it since it was read.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._is_begun_anew:
            with contextlib.suppress(FileNotFoundError), self._open_written():  # it may be gone
                self._written.replace(name_part(self.path))  # by now others may have kept theirs
            self._is_begun_anew = False
        kept = "".join(f"{line}\n" for line in self.done).encode("utf-8")
        told = f"the {len(self.done):,} outputs that were there and those since are kept"
        with (
            report_full_disk(self.path.parent, told),
            self._open_written(os.O_CREAT) as written,
            io.TextIOWrapper(written, encoding="utf-8", newline="\n") as file,
        ):
            if written.read(len(kept)) != kept or not self._is_in_place(written.fileno()):
                raise UserError(
                    "Another process has written the outputs in the meantime",
                    received={"file": str(self._written)},
                    fix="Run the same command again, or name another file.",
                )
            written.truncate(len(kept))
            self.keep(errors)
            yield file
            file.flush()  # and takes its place while no other process can claim it
            self._written.replace(self.path)
            self._record.unlink(missing_ok=True)

    def _open_written(self, flags: int = 0) -> IO[bytes]:
        """Open and claim what is written; a link that somebody has put there is not followed."""
        flags |= os.O_RDWR | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._written, flags, 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise UserError(f"{self._written} is a link", fix="Remove it.") from error
        try:
            claim_opened(descriptor, self._written, "these outputs")
        except UserError:
            os.close(descriptor)
            raise
        return open(descriptor, "r+b")

    def _is_in_place(self, descriptor: int) -> bool:
        """Return whether an opened file has its name still, or another process has renamed it."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._written.stat())
        except FileNotFoundError:
            return False

    def keep(self, errors: Mapping[int, UserError]) -> None:
        """Keep which inputs are left out, for who goes on."""
        left_out = {place: str(why) for place, why in errors.items()}
        files = "".join(f"{one:{_OF_FILE}}" for one in self._files).rstrip()
        record = {"facts": self._facts, "left_out": left_out, "files": files}
        write_text_atomically(self._record, json.dumps(record, indent=2) + "\n")
