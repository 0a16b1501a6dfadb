"""What a process on JAX computes on, and that TensorFlow leaves it alone."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.run import jax_process
from t2t_mm.run.jax_process import find_cache_folder

jax = pytest.importorskip("jax")


def test_the_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert jax_process.describe_jax_device().startswith("on the CPU, for JAX ")

    class Card:
        platform, device_kind = "gpu", "NVIDIA H100 80GB HBM3"

        def __str__(self) -> str:
            return "cuda:0"

    monkeypatch.setattr(jax, "devices", lambda: [Card()])
    told = jax_process.describe_jax_device()
    assert told == f"on cuda:0, NVIDIA H100 80GB HBM3 (JAX {jax.__version__})"


@pytest.mark.slow
def test_a_gpu_that_is_asked_for_and_not_there_is_an_error() -> None:
    program = (
        "from t2t_mm.errors import UserError\n"
        "from t2t_mm.run.jax_process import prepare_jax\n"
        "try: prepare_jax('none')\n"
        "except UserError as error: print(error)\n"
    )
    environment = os.environ | {"JAX_PLATFORMS": "cuda", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("JAX finds no device")
    assert "JAX_PLATFORMS='cuda'" in done.stdout and "t2t_mm[cuda12]" in done.stdout


def test_tensorflow_gets_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    asked = []
    monkeypatch.setattr(
        tf.config, "set_visible_devices", lambda devices, kind: asked.append((devices, kind))
    )
    jax_process.prepare_jax("none")
    assert asked == [([], "GPU")]


def test_tensorflow_that_has_the_gpu_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    def refuse(devices: object, kind: str) -> None:
        raise RuntimeError("Visible devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_visible_devices", refuse)
    with pytest.raises(UserError, match="TensorFlow has started with the GPU"):
        jax_process.prepare_jax("none")


SET_IN_JAX = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


@pytest.fixture
def fresh_jax(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process in which nobody has set where JAX keeps its programs."""
    before = {name: getattr(jax.config, name) for name in SET_IN_JAX}
    monkeypatch.setattr(jax_process, "_chosen", [])
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.usefixtures("fresh_jax")
def test_a_folder_that_was_named_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "of_jax"))
    for named, folder in (("", "of_jax"), ("none", None), ("", None), (str(tmp_path / "a"), "a")):
        expected = tmp_path / folder if folder else None
        assert jax_process.prepare_jax(named) == expected
        assert jax.config.jax_compilation_cache_dir == (str(expected) if expected else None)


@pytest.mark.usefixtures("fresh_jax")
def test_a_folder_that_the_users_program_has_set_stays_with_its_minimum(tmp_path: Path) -> None:
    def look() -> tuple[object, ...]:
        return tuple(getattr(jax.config, name) for name in SET_IN_JAX)

    jax.config.update("jax_persistent_cache_min_compile_time_secs", 5.0)
    ours, own, other = (str(tmp_path / name) for name in ("ours", "own", "other"))
    jax.config.update("jax_compilation_cache_dir", own)
    assert jax_process.prepare_jax() == Path(own)
    assert look() == (own, 5.0)
    assert jax_process.prepare_jax(ours) == jax_process.prepare_jax() == Path(ours)
    assert look() == (ours, jax_process._LEAST_SECONDS)
    jax.config.update("jax_compilation_cache_dir", other)  # after a call of ours
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 5.0)
    assert jax_process.prepare_jax() == Path(other)
    assert look() == (other, 5.0)


@pytest.mark.slow
def test_a_second_folder_gets_what_is_compiled_from_then_on(tmp_path: Path) -> None:
    program = """
import sys
import jax
from t2t_mm.run import jax_process
jax_process._LEAST_SECONDS = 0.0
for number, folder in enumerate(sys.argv[1:]):
    jax_process.prepare_jax(folder)
    jax.jit(lambda x: x * (number + 2) + 1)(1.0).block_until_ready()
"""
    folders = [str(tmp_path / "first"), "none", str(tmp_path / "second")]
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", program, *folders], check=True, env=environment)
    first, second = (list((tmp_path / name).glob("*-cache")) for name in ("first", "second"))
    assert first and second and not {one.name for one in first} & {one.name for one in second}


def test_a_failing_start_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no device\nmany lines")

    monkeypatch.setattr(jax, "devices", fail)
    with pytest.raises(UserError, match=r"^JAX finds no device: no device\. "):
        jax_process.prepare_jax("none")


def test_programs_are_kept_in_the_users_own_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert find_cache_folder("") == tmp_path / "cache" / "t2t_mm" / "jax"
    assert find_cache_folder("none") is None
    assert find_cache_folder(str(tmp_path / "named")) == tmp_path / "named"
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "of_jax"))
    assert find_cache_folder("") == tmp_path / "of_jax"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "named", "of_jax"]
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_cache_folder("") == tmp_path / ".cache" / "t2t_mm" / "jax"


def test_programs_are_kept_apart_from_runs_and_data(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for folder in (run, run / "programs", tmp_path / "other" / ".." / "run" / "programs"):
        with pytest.raises(UserError, match=r"not kept in the folder of a run.*compile_cache"):
            find_cache_folder(str(folder), [tmp_path / "data", run])
    assert not run.exists()
    assert find_cache_folder(str(tmp_path / "runs"), [run]) == tmp_path / "runs"


def test_a_folder_that_cannot_be_made_is_an_error_if_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be kept: .*compile_cache=none"):
        find_cache_folder(str(tmp_path / "file" / "cache"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert find_cache_folder("") is None


def test_without_a_home_folder_programs_are_kept_where_it_is_said_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", forget)
    for name in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert find_cache_folder("") is None
    assert find_cache_folder(str(tmp_path / "named")) == tmp_path / "named"
    with pytest.raises(UserError, match=r"cannot be kept: .*home dir.*compile_cache='~/pro"):
        find_cache_folder("~/programs")
