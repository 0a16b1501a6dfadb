"""A problem that reads raw files, and its raw files, for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from t2t_mm import Language, Problem, registry


@registry.register_problem("lines_for_tests")
class Lines(Problem):
    """Lines of raw files, and the same in capitals."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for line in self.open_text(self.raw_file(f"{split}.txt")):
            yield {"inputs": line, "targets": line.upper()}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder with the raw files of `lines_for_tests`, five lines each."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for split in Lines.splits:
        (folder / f"{split}.txt").write_text("".join(f"{split} {i}\n" for i in range(5)))
    return folder
