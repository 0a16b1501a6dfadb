"""mypy --strict over the whole package and the benchmarks.

The sources of `t2t_mm.problems`, `t2t_mm.hparams` and `t2t_mm.bin` lie beside `t2t_mm/`, not in it,
and mypy follows neither setup.py's folder map nor an editable install. So it is given a tree of
links that has the shape of the installed package.

Example: python .ci/check_types.py
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".mypy_cache"
BESIDE = ("problems", "hparams", "bin")


def link_tree(tree: Path) -> None:
    """Make `tree`/t2t_mm anew: a link for each part of the package."""
    shutil.rmtree(tree, ignore_errors=True)
    package = tree / "t2t_mm"
    package.mkdir(parents=True)
    for path in [*(ROOT / "t2t_mm").iterdir(), *(ROOT / name for name in BESIDE)]:
        (package / path.name).symlink_to(path)
    (tree / "benchmarks").symlink_to(ROOT / "benchmarks")


def main() -> int:
    """Print mypy's findings with the paths of the checkout; return mypy's exit status."""
    # A fixed place, so that mypy's cache, which knows files by path, serves the next run too.
    tree = CACHE / "tree"
    link_tree(tree)
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    command += ["--cache-dir", str(CACHE), "-p", "t2t_mm", "-p", "benchmarks"]
    result = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    places = re.compile(rf"^t2t_mm/({'|'.join(BESIDE)})/", re.MULTILINE)
    print(places.sub(r"\1/", result.stdout), end="")
    print(result.stderr, end="", file=sys.stderr)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
