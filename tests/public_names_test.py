"""What `import t2t_mm` offers, whatever was imported before."""

import subprocess
import sys

import pytest

import t2t_mm
from t2t_mm import registry


@pytest.mark.parametrize("name", t2t_mm.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert name in dir(t2t_mm)
    assert getattr(t2t_mm, name) is not None


def test_the_names_are_those_imported_when_they_are_used() -> None:
    assert sorted([*t2t_mm._LAZY_NAMES, "__version__"]) == sorted(t2t_mm.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'t2t_mm' has no attribute 'traim'"):
        _ = t2t_mm.traim  # type: ignore[attr-defined]


def test_the_registry_is_a_module() -> None:
    assert t2t_mm.registry is registry


@pytest.mark.parametrize("first", ["import t2t_mm", "from t2t_mm.report.page import render_report"])
def test_report_is_a_function_whoever_imported_its_room_before(first: str) -> None:
    program = f"{first}\nimport t2t_mm\nt2t_mm.report('nowhere', split='test')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "UserError: No results of the test split in nowhere" in done.stderr
