"""Every module of the package, by the name under which it is imported."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "t2t_mm": "t2t_mm",
    "problems": "t2t_mm.problems",
    "hparams": "t2t_mm.hparams",
    "bin": "t2t_mm.bin",
}


def find_modules() -> dict[str, Path]:
    """Map import name to file."""
    found = {}
    for folder, name in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [name, *path.relative_to(ROOT / folder).with_suffix("").parts]
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = find_modules()
