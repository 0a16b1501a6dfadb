"""Sounds of a NeMo manifest that lie in tars: `audio_0.tar` and so on, by `shard_id`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import SOUNDS
from t2t_mm.problems.path_index import PathIndex
from t2t_mm.problems.tar_shards import TarMember, list_members

NEMO_MANIFEST = "tarred_audio_manifest.json"

_AGAIN = re.compile(r"-sub\d+(?=\.\w+$)")


class NemoShards:
    """Finds the sounds that lines of a manifest name.

    Args:
        manifest: Its path; the tars lie beside it.
    """

    def __init__(self, manifest: Path) -> None:
        self._manifest = manifest
        self._members: dict[str, tuple[Mapping[str, TarMember], PathIndex]] = {}
        self._names: dict[TarMember, str] = {}

    def find_sound(self, number: int, shard: object, value: str) -> TarMember:
        """Find the sound of a line.

        Args:
            number: Of the line, for messages.
            shard: Its `shard_id`.
            value: Its `audio_filepath`; of one file's second segment that is "NAME-sub1.wav".
                It may lie elsewhere in the tar, if one sound alone has its name.

        Raises:
            UserError: There is no such tar, or not one such sound in it, or one for two paths.
        """
        tar = self._manifest.parent / f"audio_{shard}.tar"
        if not re.fullmatch(r"\d+", str(shard)) or not tar.is_file():
            raise UserError(
                f"{self._manifest}, line {number}: the tar of the sound is not there",
                expected=f"{self._manifest.parent / 'audio_0.tar'} and so on, by shard_id",
                received={"shard_id": shard},
            )
        if tar.name not in self._members:
            sounds = (one for one in list_members(tar) if SOUNDS.fits(PurePosixPath(one.name)))
            by_name = {one.name: one for one in sounds}
            self._members[tar.name] = by_name, PathIndex(by_name)
        members, index = self._members[tar.name]
        name = value if index.find(value) else _AGAIN.sub("", value)
        found = index.find(name)
        if len(found) != 1:
            what = "has the name of others" if found else "is not"
            raise UserError(
                f"{self._manifest}, line {number}: the sound {what} in its tar",
                expected=f"{value} in {tar}",
                received={"sounds": ", ".join((found or [*members])[:3])},
            )
        member = members[found[0]]
        other, own = self._names.setdefault(member, name).split("/"), name.split("/")
        shorter = min(len(other), len(own))
        if other[-shorter:] != own[-shorter:]:
            raise UserError(
                f"{self._manifest}, line {number}: another line has that sound by another name",
                expected=f"{value} in {tar}",
                received={"sound": found[0], "names": f"{self._names[member]}, {name}"},
            )
        return member
