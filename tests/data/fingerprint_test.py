import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from t2t_mm import Problem
from t2t_mm.data.fingerprint import describe_data, explain_differences, source_hash
from t2t_mm.data.vocabulary import ByteVocabulary

SOURCE = '''
from t2t_mm import Language, Problem

class Base(Problem):
    factor = 2

class Written(Base):
    """What it is."""
    modalities = {"inputs": Language(), "targets": Language()}
    licence = "free"

    def generate(self, split):
        yield {"inputs": "a", "targets": "b"}
'''


def load_class(folder: Path, source: str, name: str = "Written") -> type[Problem]:
    path = folder / f"module_{len(list(folder.iterdir()))}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found: type[Problem] = getattr(module, name)
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""What it is."""', '"""What it is, said better."""'),
        ('licence = "free"', 'licence = "free"  # and open\n    batch = None'),
        ("        yield", "\n        # a remark\n        yield"),
    ],
)
def test_what_does_not_change_the_data_leaves_the_hash(tmp_path: Path, old: str, new: str) -> None:
    before = source_hash(load_class(tmp_path, SOURCE))
    assert source_hash(load_class(tmp_path, SOURCE.replace(old, new))) == before


@pytest.mark.parametrize(("old", "new"), [('"b"', '"c"'), ("factor = 2", "factor = 3")])
def test_a_change_of_the_class_or_its_base_changes_the_hash(
    tmp_path: Path, old: str, new: str
) -> None:
    before = source_hash(load_class(tmp_path, SOURCE))
    assert source_hash(load_class(tmp_path, SOURCE.replace(old, new))) != before


def test_a_class_without_source_counts_with_its_attributes() -> None:
    first, same, other = (
        source_hash(type("MadeAtRunTime", (Problem,), {"pair": pair}))
        for pair in ("en-de", "en-de", "en-fr")
    )
    assert first == same != other


def test_differences_say_what_changed(tmp_path: Path) -> None:
    problem = load_class(tmp_path, SOURCE)()
    stored = describe_data(problem, {"inputs": ByteVocabulary()})
    assert explain_differences(stored, stored) == []
    changed = {**stored, "version": "2.0.0", "source": "x", "vocabularies": {"bytes": "0" * 64}}
    assert explain_differences(stored, changed) == [
        "its version changed (1.0.0 -> 2.0.0)",
        "its vocabulary changed ({bytes: bytes} -> {bytes: 00000000})",
        "the source of its class changed",
    ]
