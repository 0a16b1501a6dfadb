"""Which generated data uses which vocabulary: what becomes stale when one is made again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from t2t_mm.data.records.stored import METADATA_FILE, Metadata


def list_users(data_dir: Path, vocabularies: Iterable[str]) -> list[str]:
    """List the problems whose generated data uses one of some vocabularies, by name.

    Args:
        data_dir: Folder of generated data.
        vocabularies: Their names.

    Raises:
        UserError: What is written beside some data is damaged.

    Example:
        >>> list_users(Path("demo/data"), ["mini_senses_classes"])
        []
    """
    wanted = set(vocabularies)
    found = set()
    for path in data_dir.glob(f"**/{METADATA_FILE}"):
        fingerprint = Metadata.read(path.parent).fingerprint
        if wanted & fingerprint["vocabularies"].keys():
            found.add(fingerprint["problem"])
    return sorted(found)
