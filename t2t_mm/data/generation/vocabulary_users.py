"""Which generated data uses which vocabulary: what becomes stale when one is made again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from t2t_mm.data.records.stored import METADATA_FILE, Metadata
from t2t_mm.errors import UserError


def list_users(data_dir: Path, vocabularies: Iterable[str]) -> list[str]:
    """List the problems whose generated data uses one of some vocabularies, by name.

    Of damaged data nobody knows.

    Args:
        data_dir: Folder of generated data.
        vocabularies: Their names.

    Example:
        >>> list_users(Path("demo/data"), ["mini_senses_classes"])
        []
    """
    wanted = set(vocabularies)
    found = set()
    for path in data_dir.glob(f"**/{METADATA_FILE}"):
        with contextlib.suppress(UserError):
            fingerprint = Metadata.read(path.parent).fingerprint
            if wanted & fingerprint["vocabularies"].keys():
                found.add(fingerprint["problem"])
    return sorted(found)
