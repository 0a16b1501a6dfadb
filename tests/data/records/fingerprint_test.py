import importlib.util
import sys
from pathlib import Path
from typing import Any

from t2t_mm import Problem
from t2t_mm.data.records.fingerprint import describe_data, explain_differences
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary

SOURCE = """
from t2t_mm import Language, Problem

class Written(Problem):
    modalities = {"inputs": Language(), "targets": Language()}
"""


def load_class(folder: Path) -> type[Problem]:
    path = folder / "fingerprinted_for_tests.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found: type[Problem] = module.Written
    return found


def test_differences_say_what_changed(tmp_path: Path) -> None:
    problem = load_class(tmp_path)()
    stored = describe_data(problem, {"inputs": ByteVocabulary()})
    assert explain_differences(stored, stored) == []
    changed = {**stored, "version": "2.0.0", "source": "x", "vocabularies": {"bytes": "0" * 64}}
    assert explain_differences(stored, changed) == [
        "its version changed (1.0.0 -> 2.0.0)",
        "its vocabulary changed ({bytes: bytes} -> {bytes: 00000000})",
        "the source of its class, or of what that uses, changed",
    ]
