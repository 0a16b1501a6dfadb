"""Outputs on their way to a file or to standard output, each as soon as it is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from rich.console import Console

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import name_part, open_atomically
from t2t_mm.files.disk import refuse_unwritable, report_full_disk
from t2t_mm.inference.decoding_progress import show_progress
from t2t_mm.inference.resumed_file import ResumedFile


def tell_on_stderr(text: str) -> None:
    """Say something beside the outputs."""
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)


def tell_empty_outputs(outputs: Iterable[str]) -> None:
    """Say how many outputs are empty, if any are."""
    are_empty = [not output.strip() for output in outputs]
    if any(are_empty):
        tell_on_stderr(f"{sum(are_empty):,} of {len(are_empty):,} outputs are empty")


def check_writable(path: Path, from_file: str | Path = "") -> None:
    """Fail before the decoding rather than after it; the inputs are not written over."""
    refuse_unwritable(path, "outputs", "decode_to_file")
    if path.is_file() and Path(from_file).is_file() and path.samefile(from_file):
        raise UserError(
            "The outputs would take the place of the inputs",
            received={"decode_to_file": str(path)},
            fix="Name another file for them.",
        )
    if path.suffix == ".gz":
        raise UserError(
            "Outputs are written as they are, not packed",
            received={"decode_to_file": str(path)},
            fix="Leave .gz out of the name; gzip packs the file when it is there.",
        )


def write_outputs(
    outputs: Iterable[str],
    total: int,
    name: str,
    to_file: str | Path | ResumedFile,
    errors: Mapping[int, UserError] | None = None,
    count_symbols: Callable[[], int] = lambda: 0,
) -> list[str]:
    """Write each output as soon as it is there, and return them all.

    Args:
        outputs: Decoded when asked for; those that a `ResumedFile` has not.
        total: How many there will be.
        name: Their problem's, for the progress on standard error if that is a terminal.
        to_file: As `decode` takes it, or a file that is gone on with.
        errors: Why inputs are left out, by place: of a `ResumedFile` they are kept, too.
        count_symbols: How many symbols were decoded so far.
    """
    resumed = to_file if isinstance(to_file, ResumedFile) else None
    errors = {} if errors is None else errors
    written = list(resumed.done) if resumed else []
    with _open_output(to_file, errors) as file:
        num_kept = len(errors)
        steps = show_progress(
            outputs,
            total,
            name,
            done=len(written),
            count_symbols=count_symbols,
            has_bar=file is None or not file.isatty(),
        )
        for output in steps:
            if resumed and len(errors) > num_kept:
                num_kept = len(errors)
                resumed.keep(errors)
            written.append(output)
            if file:
                file.write(output.replace("\n", " ") + "\n")
                file.flush()
    return written


@contextmanager
def _keep_part(path: Path) -> Iterator[IO[str]]:
    part = f"what there is, if anything, is kept in {name_part(path)}"
    with report_full_disk(path.parent, part), open_atomically(path, keeps_part=True) as file:
        yield file


def _open_output(
    to_file: str | Path | ResumedFile, errors: Mapping[int, UserError]
) -> AbstractContextManager[IO[str] | None]:
    if isinstance(to_file, ResumedFile):
        return to_file.open(errors)
    if str(to_file) == "-":
        return nullcontext(sys.stdout)
    return _keep_part(Path(to_file)) if to_file else nullcontext(None)
