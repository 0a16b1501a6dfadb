"""Which runs a user has made: only what these say of places and modules is followed by itself.

A run from elsewhere may name any folder to read and any module to import. Runs are signed with a
key of the user's own, which nobody else can know; it lies with other settings of the user, so that
machines that share a home folder share it.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path


def sign_places(data_dir: str, user_modules: Sequence[str]) -> str:
    """Sign what a run says of places; empty where the user can keep no key.

    Args:
        data_dir: Where its data is.
        user_modules: The modules of problems that it was trained with.
    """
    key = _read_key(is_made=True)
    return _sign(key, data_dir, user_modules) if key else ""


def is_signed_here(signature: str, data_dir: str, user_modules: Sequence[str]) -> bool:
    """Return whether this user has signed what a run says of places.

    Example:
        >>> signature = sign_places("/data", [])
        >>> is_signed_here(signature, "/data", []), is_signed_here(signature, "/etc", [])
        (True, False)
    """
    key = _read_key(is_made=False)
    expected = _sign(key, data_dir, user_modules)
    return bool(key) and hmac.compare_digest(expected.encode(), signature.encode())


def _sign(key: bytes, data_dir: str, user_modules: Sequence[str]) -> str:
    text = json.dumps([data_dir, list(user_modules)])
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def _read_key(*, is_made: bool) -> bytes:
    """Read the user's key, which is made where it is missing; empty where it cannot be."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config")
    with contextlib.suppress(OSError, RuntimeError):  # the latter where there is no home folder
        path = config.expanduser() / "t2t_mm" / "key"
        if is_made and not path.exists():
            _make_key(path)
        return path.read_bytes()
    return b""


def _make_key(path: Path) -> None:
    """Make a key once, however many processes make it at the same time; where it can, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    descriptor, written = tempfile.mkstemp(dir=path.parent)  # nobody else may read it
    try:
        with open(descriptor, "wb") as file:
            file.write(key)
        try:
            os.link(written, path)
        except OSError:  # the key is there already, or the file system knows no hard links
            if not path.exists():
                os.replace(written, path)
    finally:
        Path(written).unlink(missing_ok=True)
