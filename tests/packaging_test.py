"""The source archive, the wheel, editable installs and the bare checkout, each tried from outside.

Everything is built from a copy of the checkout, without network and without build isolation; the
dependencies come from the environment that runs the tests. Programs run with `-S`, so that an
editable install of the checkout in that environment cannot lend a module that the copy lacks.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "t2t_mm": "t2t_mm",
    "t2t_mm.problems": "problems",
    "t2t_mm.hparams": "hparams",
    "t2t_mm.bin": "bin",
}
SHIPPED = (
    *FOLDERS.values(),
    *("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"),
    *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "Makefile", ".ci", "tests"),
)
PROBE = """
import pathlib, sys
import t2t_mm, t2t_mm.problems, t2t_mm.hparams, t2t_mm.bin
for module in (t2t_mm, t2t_mm.problems, t2t_mm.hparams, t2t_mm.bin):
    print(module.__name__, pathlib.Path(module.__file__).resolve())
"""


def copy_checkout(target: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignore)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def run(command: list[str | Path], cwd: Path, path: str = "") -> str:
    """Runs `command` in `cwd` with PYTHONPATH=`path`; returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = path
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def with_dependencies(folder: Path) -> str:
    return os.pathsep.join([str(folder), sysconfig.get_path("purelib")])


def sources() -> set[str]:
    """The package's files by import path, say t2t_mm/problems/wmt.py."""
    found = set()
    for import_name, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".gin"} or path.name == "py.typed":
                within = path.relative_to(ROOT / folder).as_posix()
                found.add(f"{import_name.replace('.', '/')}/{within}")
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    """The folder of the two archives, built as `make wheel` does, beside a stale build folder."""
    stale = checkout / "build/lib/t2t_mm/problems/deleted_long_ago.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    run([sys.executable, "-m", "build", "--no-isolation"], checkout)
    shutil.rmtree(checkout / "build")
    return checkout / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run([*command, "--target", target, wheel], target)
    return target


@pytest.mark.slow
def test_wheel_holds_every_source_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {name for name in names if ".dist-info/" not in name}
    assert code == sources()
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_what_was_built_before_is_not_installed_again(tmp_path: Path) -> None:
    copy = copy_checkout(tmp_path / "copy")
    stale = copy / "build/lib/t2t_mm/problems/deleted_long_ago.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run([*command, "--no-build-isolation", "--target", tmp_path / "installed", copy], tmp_path)
    found = {path.name for path in (tmp_path / "installed/t2t_mm/problems").glob("*.py")}
    assert "__init__.py" in found and "deleted_long_ago.py" not in found


def test_source_archive_holds_sources_in_their_folders_and_the_tests(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    folders = {f"{name.replace('.', '/')}/": f"{folder}/" for name, folder in FOLDERS.items()}
    for source in sources():
        import_folder = max((f for f in folders if source.startswith(f)), key=len)
        assert folders[import_folder] + source.removeprefix(import_folder) in names
    assert {"tests/packaging_test.py", "Makefile", "setup.py", "LICENSE", ".ci/install"} <= names


def test_wheel_installs_no_package_named_problems_hparams_or_bin(installed: Path) -> None:
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    # `bin` is where pip puts the console scripts; it holds no Python package.
    assert top - {"bin"} == {"t2t_mm"}
    assert not list((installed / "bin").glob("*.py"))


def test_wheel_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    path = with_dependencies(installed)
    for line in run([sys.executable, "-S", "-c", PROBE], tmp_path, path).splitlines():
        assert line.split()[1].startswith(str(installed.resolve())), line
    as_module = [sys.executable, "-S", "-m", "t2t_mm.bin.t2t_registry", "list"]
    as_script = [sys.executable, "-S", installed / "bin/t2t-registry", "list"]
    listed = run(as_module, tmp_path, path)
    assert "mini_ende" in listed
    assert run(as_script, tmp_path, path) == listed


def test_every_console_script_names_a_main_function(installed: Path, tmp_path: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {path.name for path in (installed / "bin").iterdir()} == set(scripts)
    for script, target in scripts.items():
        module, function = target.split(":")
        assert module.rpartition(".")[2] == script.replace("-", "_")
        program = f"import {module} as module; print(callable(module.{function}))"
        found = run([sys.executable, "-S", "-c", program], tmp_path, with_dependencies(installed))
        assert found == "True\n"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_editable_install_works_outside_the_checkout(mode: str, tmp_path: Path) -> None:
    copy = copy_checkout(tmp_path / "copy")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    # One line of a .pth file: the dependencies, without the .pth files that lie beside them.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    python = environment / "bin/python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    command += ["--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed"]
    command += ["--config-settings", f"editable_mode={mode}", "--editable", copy]
    run(command, tmp_path)
    for line in run([python, "-c", PROBE], tmp_path).splitlines():
        assert line.split()[1].startswith(str(copy.resolve())), line
    assert "mini_ende" in run([environment / "bin/t2t-registry", "list"], tmp_path)


def test_bare_checkout_works_by_its_path_alone(checkout: Path, tmp_path: Path) -> None:
    path = with_dependencies(checkout)
    for line in run([sys.executable, "-S", "-c", PROBE], tmp_path, path).splitlines():
        assert line.split()[1].startswith(str(checkout.resolve())), line
    command = [sys.executable, "-S", "-m", "t2t_mm.bin.t2t_registry", "list"]
    assert "mini_ende" in run(command, tmp_path, path)


# Makes an "environment" that holds itself, and installs nothing.
INTERPRETER = """#!/bin/sh
case "$1 $2" in
  "-c "*) echo 3.11 ;;
  "-m venv") rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
esac
"""


def test_environment_of_a_copied_checkout_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter, checkout, copy = (tmp_path / name for name in ("python3.11", "checkout", "copy"))
    interpreter.write_text(INTERPRETER)
    interpreter.chmod(0o755)
    monkeypatch.setenv("PYTHON", str(interpreter))
    checkout.mkdir()
    for name in ("pyproject.toml", "setup.py"):
        (checkout / name).touch()
        os.utime(checkout / name, (0, 0))
    install: list[str | Path] = ["sh", ROOT / ".ci/install", ".venv"]
    assert "Making .venv" in run([*install, "dev"], checkout)
    assert run(install, checkout) == run([*install, "dev"], checkout) == ""
    shutil.copytree(checkout, copy)
    assert f"made in {checkout.resolve()}, not here" in run(install, copy)
    assert run(install, copy) == run([*install, "dev"], checkout) == ""
    assert "its dev tools" in run([*install, "dev"], copy)


def test_version_is_the_same_everywhere(wheel: Path) -> None:
    version = re.search(r'^__version__ = "(.+)"$', (ROOT / "t2t_mm/__init__.py").read_text(), re.M)
    assert version is not None
    assert wheel.name.startswith(f"t2t_mm-{version[1]}-")
    assert f"\nversion: {version[1]}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version[1]}\n" in (ROOT / "CHANGELOG.md").read_text()
