"""The notebook says what the package has; `make notebook` runs it."""

import ast
import json
import re
from pathlib import Path

import t2t_mm

NOTEBOOK = Path(__file__).parents[1] / "docs" / "first_picture.ipynb"


def read_cells(kind: str) -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def test_every_cell_is_python_and_names_what_is_public() -> None:
    cells = read_cells("code")
    names = set()
    for cell in cells:
        ast.parse(cell)
        names |= set(re.findall(r"t2t_mm\.(\w+)", cell))
    assert {"train", "evaluate", "load"} <= names <= set(t2t_mm.__all__)
    assert len(read_cells("markdown")) >= 5


def test_no_output_is_kept() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)
