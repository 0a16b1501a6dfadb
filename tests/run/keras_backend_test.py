"""Which backend a process gets: by flag, by environment, by the run; and what is refused."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from t2t_mm.errors import UserError
from t2t_mm.run.jax_process import prepare_jax
from t2t_mm.run.keras_backend import choose_backend, read_backend, take_backend


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A process that has not imported Keras and is told nothing."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "")
    return monkeypatch


def make_run(folder: Path, **record: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_the_flag_comes_before_the_environment_and_that_before_the_run(
    fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", backend="jax")
    assert choose_backend() == os.environ["KERAS_BACKEND"] == "tensorflow"
    fresh.setenv("KERAS_BACKEND", "")
    assert choose_backend("", run) == os.environ["KERAS_BACKEND"] == "jax"
    fresh.setenv("KERAS_BACKEND", "tensorflow")
    assert choose_backend("", run) == os.environ["KERAS_BACKEND"] == "tensorflow"
    assert choose_backend("jax", run) == os.environ["KERAS_BACKEND"] == "jax"


@pytest.mark.parametrize("record", [{}, {"backend": "tensorflow"}])
def test_a_run_that_says_nothing_chooses_nothing(tmp_path: Path, record: dict[str, str]) -> None:
    assert read_backend(make_run(tmp_path, **record)) == record.get("backend", "")
    assert read_backend(tmp_path / "absent") == ""


def test_a_damaged_run_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"backend": "own_package.module"}', '{"backend": ["jax"]}'):
        (tmp_path / "run.json").write_text(text)
        assert read_backend(tmp_path) == ""


def test_what_is_not_installed_is_refused_but_not_for_a_run_trained_on_it(
    fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    fresh.setattr(importlib.util, "find_spec", lambda name: None if name == "jax" else find(name))
    with pytest.raises(UserError, match=r"jax is not installed.*t2t_mm\[cuda12\].*\[jax\]"):
        choose_backend("jax")
    assert choose_backend("", make_run(tmp_path, backend="jax")) == "tensorflow"
    with pytest.raises(UserError, match=r"Unknown backend.*tensorflow or jax.*backend='torch'"):
        choose_backend("torch")
    fresh.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(UserError, match=r"Unknown backend.*KERAS_BACKEND='torch'"):
        choose_backend("", tmp_path)


def test_keras_with_another_backend_is_refused_by_the_variable_that_would_choose_it(
    fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "tensorflow"))
    fresh.setitem(sys.modules, "keras", loaded)
    with pytest.raises(UserError, match=r"loaded already with tensorflow.*KERAS_BACKEND=jax"):
        choose_backend("jax")
    assert choose_backend("tensorflow") == "tensorflow"
    assert choose_backend("", make_run(tmp_path, backend="jax")) == "tensorflow"


def test_keras_with_a_backend_that_is_none_of_ours_is_refused(fresh: pytest.MonkeyPatch) -> None:
    loaded = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "torch"))
    fresh.setitem(sys.modules, "keras", loaded)
    for refuse in (choose_backend, lambda: choose_backend("jax"), prepare_jax):
        with pytest.raises(UserError, match=r"loaded already with torch.*tensorflow or jax"):
            refuse()


@pytest.mark.parametrize("before", ["", "tensorflow", None])
def test_a_backend_that_is_taken_is_nobodys_wish_afterwards(
    fresh: pytest.MonkeyPatch, before: str | None
) -> None:
    if before is None:
        fresh.delenv("KERAS_BACKEND")
    else:
        fresh.setenv("KERAS_BACKEND", before)
    with take_backend("jax") as taken:
        assert taken == os.environ["KERAS_BACKEND"] == "jax"
    assert os.environ.get("KERAS_BACKEND") == before


@pytest.mark.slow
def test_the_public_function_chooses_before_keras_is_there() -> None:
    """What `t2t_mm.train` says of no run at all, it says before it loads anything."""
    program = (
        "import sys, os, t2t_mm\n"
        "t2t_mm.train\n"
        "assert 'keras' not in sys.modules\n"
        "import keras\n"
        "how = {'hparams': t2t_mm.HParams(), 'data_dir': '', 'output_dir': ''}\n"
        "try: t2t_mm.train('mini_ende', **how, backend='jax')\n"
        "except t2t_mm.UserError as error: print(error)\n"
    )
    environment = os.environ | {"KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert "KERAS_BACKEND=jax" in done.stdout


@pytest.mark.slow
def test_a_training_on_a_backend_leaves_no_wish_for_a_later_study() -> None:
    program = (
        "import os, t2t_mm\n"
        "how = {'hparams': t2t_mm.HParams(), 'data_dir': '', 'output_dir': ''}\n"
        "try: t2t_mm.train('no_such_problem', **how, backend='jax')\n"
        "except t2t_mm.UserError: pass\n"
        "import keras\n"
        "print(keras.backend.backend(), os.environ.get('KERAS_BACKEND'))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == "jax None"
