"""Problems such as a user registers: a class, and the text of a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from t2t_mm import Problem
from t2t_mm.features import Feature, Language

MY_PROBLEM = """
from t2t_mm import Language, Problem, registry

@registry.register_problem
class {name}(Problem):
    \"\"\"Mine.\"\"\"
    modalities = {{"inputs": Language(), "targets": Language()}}

    def generate(self, split):
        yield {{"inputs": "a", "targets": "b"}}
"""


class Text(Problem):
    modalities: ClassVar[Mapping[str, Feature]] = {"inputs": Language(), "targets": Language()}

    def generate(self, split: str) -> list[dict[str, str]]:
        return []


def write_file(path: Path, text: str) -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
