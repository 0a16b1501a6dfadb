"""What lies in a folder, to compare it with what lay there."""

import hashlib
from pathlib import Path


def hash_files(folder: Path) -> dict[str, str]:
    """Map the path of every file below a folder to its digest; there is nothing else."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
