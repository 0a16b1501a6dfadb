"""Whatever the user's keras.json says, and whoever imports Keras first, it is TensorFlow."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from t2t_mm.lent_backend import lend_backend


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A process that has not imported Keras and is told nothing."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return monkeypatch


def test_it_is_lent_and_taken_back(fresh: pytest.MonkeyPatch) -> None:
    for before in (None, ""):
        if before is not None:
            fresh.setenv("KERAS_BACKEND", before)
        with lend_backend():
            assert os.environ["KERAS_BACKEND"] == "tensorflow"
        assert os.environ.get("KERAS_BACKEND") == before


def test_what_was_chosen_or_is_loaded_stays(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("KERAS_BACKEND", "jax")
    with lend_backend():
        assert os.environ["KERAS_BACKEND"] == "jax"
    fresh.delenv("KERAS_BACKEND")
    keras = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax"))
    fresh.setitem(sys.modules, "keras", keras)
    with lend_backend():  # for processes that are started
        assert os.environ["KERAS_BACKEND"] == "jax"
    assert "KERAS_BACKEND" not in os.environ


PROGRAMS = {
    "load": """
try: t2t_mm.load("nowhere")
except t2t_mm.UserError: pass
""",
    "datagen": """
from t2t_mm.bin import t2t_datagen
flags = ["--problems=mini_image", f"--data_dir={sys.argv[1]}", "--max_cases=2"]
assert t2t_datagen.main(flags) == 0
""",
    "modules": """
open(f"{sys.argv[1]}/own.py", "w").write('''import keras
from t2t_mm import registry
registry.register_group("own_for_tests", ["mini_ende"])
''')
t2t_mm.registry.import_user_modules(sys.argv[1])
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_keras_json_that_names_what_is_not_installed_counts_for_nothing(
    program: str, tmp_path: Path
) -> None:
    home, place = tmp_path / "home", tmp_path / "place"
    for folder in (home, place):
        folder.mkdir()
    (home / "keras.json").write_text(json.dumps({"backend": "torch"}))
    environment = os.environ | {"KERAS_HOME": str(home), "KERAS_BACKEND": ""}
    after = "import keras\nassert keras.backend.backend() == 'tensorflow'\n"
    after += "assert os.environ['KERAS_BACKEND'] == ''\n"
    done = subprocess.run(
        [sys.executable, "-c", f"import os, sys, t2t_mm\n{program}{after}", str(place)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
