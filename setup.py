"""The folder map: which import name lies in which folder. All else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup

FOLDERS = {
    "t2t_mm": "t2t_mm",
    "t2t_mm.problems": "problems",
    "t2t_mm.hparams": "hparams",
    "t2t_mm.bin": "bin",
}

# setuptools packs all that lies there: also modules that the checkout has no longer.
shutil.rmtree(Path(__file__).parent / "build" / "lib", ignore_errors=True)
setup(
    package_dir=FOLDERS,
    packages=[
        f"{import_name}.{package}".rstrip(".")
        for import_name, folder in FOLDERS.items()
        for package in ["", *find_packages(folder)]
    ],
)
