"""What a run was made with: versions, machine, seed, command line and revision."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import t2t_mm
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.disk import refuse_folder
from t2t_mm.files.parsed_json import parse_json

_PACKAGES = (
    "tensorflow",
    "keras",
    "jax",
    "jaxlib",
    "tensorflow-datasets",
    "tensorflow-text",
    "numpy",
    "sentencepiece",
    "sacrebleu",
    "gin-config",
    "mesh-tensorflow",
)


def describe_environment(seed: int, argv: Sequence[str]) -> dict[str, Any]:
    """Describe when, where, by which command and with which versions a run was started.

    Args:
        seed: The run's random seed.
        argv: The command line, the command first.

    Returns:
        A JSON object: `time`, `command`, `seed`, `revision` (None outside a git checkout),
        `versions` by package, and `machine` with `cpu` (None where the system does not tell),
        `cores` and `memory_bytes`.

    Example:
        >>> found = describe_environment(7, ["t2t-trainer", "--tmp_dir=my files"])
        >>> found["seed"], found["command"]
        (7, "t2t-trainer '--tmp_dir=my files'")
    """
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(argv),
        "seed": seed,
        "revision": _find_revision(),
        "versions": _list_versions(),
        "machine": _describe_machine(),
    }


def write_environment(directory: Path, environment: Mapping[str, Any]) -> None:
    """Write `environment.json`; that of an earlier start is kept in its list `earlier`."""
    path = directory / "environment.json"
    earlier: list[Any] = []
    refuse_folder(path)
    if path.exists():
        with contextlib.suppress(ValueError, AttributeError, TypeError):  # of no further use
            previous = parse_json(path.read_bytes())
            earlier = [*previous.pop("earlier", []), previous]
    write_text_atomically(path, json.dumps({**environment, "earlier": earlier}, indent=2) + "\n")


def _list_versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "t2t_mm": t2t_mm.__version__,
    }
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def _describe_machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "cpu": _read_cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def _read_cpu_name() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or None


def _find_revision() -> str | None:
    """Return the commit of the checkout that the code runs from, with `+changes` where edited."""
    root = Path(t2t_mm.__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        commit = _run_git(root, "rev-parse", "HEAD")
        edited = _run_git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if edited else commit


def _run_git(root: Path, *arguments: str) -> str:
    finished = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=10
    )
    return finished.stdout.strip()
