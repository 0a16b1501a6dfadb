"""The folder map: which import name lies in which folder. All else is in pyproject.toml."""

from setuptools import find_packages, setup

FOLDERS = {
    "t2t_mm": "t2t_mm",
    "t2t_mm.problems": "problems",
    "t2t_mm.hparams": "hparams",
    "t2t_mm.bin": "bin",
}

setup(
    package_dir=FOLDERS,
    packages=[
        f"{import_name}.{package}".rstrip(".")
        for import_name, folder in FOLDERS.items()
        for package in ["", *find_packages(folder)]
    ],
)
