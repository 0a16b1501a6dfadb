"""The pictures of the two original ImageNet archives, read where they are, nothing unpacked."""

from __future__ import annotations

import re
import tarfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.problems.tar_shards import check_end

Picture = tuple[bytes, str]

_CLASS_ARCHIVE = re.compile(r"(?:.*/)?(n\d{8})\.tar")
_VALIDATION_PICTURE = re.compile(r"(?:.*/)?ILSVRC2012_val_(\d{8})\.JPEG")
_NUM_CLASSES = 1_000
# A hard disk reads about a megabyte in the time in which it moves to another place.
_PICTURES_AT_A_TIME = 10


class ClassArchive(NamedTuple):
    """The archive of one class within the training archive.

    Args:
        wnid: Name of the class, as "n01440764".
        begin: Where the archive begins in the training archive, in bytes.
        end: Where it ends.
    """

    wnid: str
    begin: int
    end: int


def list_class_archives(path: Path) -> list[ClassArchive]:
    """List the archives that the training archive consists of, in the order of their names.

    Args:
        path: ILSVRC2012_img_train.tar.

    Raises:
        UserError: If the file is no such archive or is broken.
    """
    found = []
    with _report_broken_archive(path), tarfile.open(path, "r:") as outer:
        for member in outer:
            if match := _CLASS_ARCHIVE.fullmatch(member.name):
                begin = member.offset_data
                found.append(ClassArchive(match.group(1), begin, begin + member.size))
        check_end(outer)
    if not found:
        raise UserError(
            f"{path} is not the archive of the training pictures",
            expected="a tar of 1,000 tars with the names n01440764.tar to n15075141.tar",
            received={"tars": 0},
            fix="Put the original ILSVRC2012_img_train.tar there.",
        )
    if len(found) != _NUM_CLASSES:
        warn_once(f"{path} has the pictures of {len(found):,} classes; {_NUM_CLASSES:,} are whole.")
    return sorted(found)


def read_class_archives(path: Path, archives: Sequence[ClassArchive]) -> Iterator[Picture]:
    """Yield (bytes of a picture, wnid), a few pictures of each class in turn.

    Args:
        path: ILSVRC2012_img_train.tar.
        archives: Those to read, each through a file handle of its own.

    Raises:
        UserError: If one of the archives is broken.
    """
    waiting = deque(_read_class(path, archive) for archive in archives)
    while waiting:
        pictures = waiting.popleft()
        taken = list(islice(pictures, _PICTURES_AT_A_TIME))
        yield from taken
        if len(taken) == _PICTURES_AT_A_TIME:
            waiting.append(pictures)


def _read_class(path: Path, archive: ClassArchive) -> Iterator[Picture]:
    what = f"{archive.wnid}.tar in {path}"
    with _report_broken_archive(what), path.open("rb") as file:
        file.seek(archive.begin)
        with tarfile.open(fileobj=file, mode="r:") as inner:
            for member in inner:
                # Without its closing blocks an archive seems to go on with its successor.
                if member.offset_data + member.size > archive.end:
                    raise tarfile.ReadError("unexpected end of data")
                if member.isfile():
                    yield _read_member(inner, member), archive.wnid
            check_end(inner, archive.end)


def read_validation_archive(path: Path, labels: Sequence[str]) -> Iterator[Picture]:
    """Yield (bytes of a picture, wnid) in the order of the archive.

    Args:
        path: ILSVRC2012_img_val.tar.
        labels: The wnid of ILSVRC2012_val_00000001.JPEG, of 00000002 and so on.

    Raises:
        UserError: If the archive is broken or holds other files.
    """
    with _report_broken_archive(path), tarfile.open(path, "r:") as archive:
        for member in archive:
            if not member.isfile():
                continue
            match = _VALIDATION_PICTURE.fullmatch(member.name)
            number = int(match.group(1)) if match else 0
            if not 1 <= number <= len(labels):
                raise UserError(
                    f"{path} holds a file that is no validation picture",
                    expected=f"ILSVRC2012_val_00000001.JPEG to {len(labels):08d}",
                    received={"member": member.name},
                    fix="Put the original ILSVRC2012_img_val.tar there.",
                )
            yield _read_member(archive, member), labels[number - 1]
        check_end(archive)


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None, "only regular files are read"
    with closing(file):
        return file.read()


@contextmanager
def _report_broken_archive(what: str | Path) -> Iterator[None]:
    """Turn what reading a broken archive raises into a `UserError`."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise UserError(
            f"{what}: the archive is broken",
            expected="a whole .tar file, not compressed",
            received={type(error).__name__: str(error)},
            fix="Copy or download it again.",
        ) from None
