"""The README's own lines, run as they stand in an empty folder."""

import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import t2t_mm

README = Path(__file__).parent.parent / "README.md"
COMMANDS = tuple(
    f"t2t-{name}" for name in ["datagen", "trainer", "eval", "decoder", "report", "registry"]
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200, "what is long has a page in docs/"
    match = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert match, f"README.md has no section {heading!r}"
    return match[1]


def blocks(heading: str, language: str) -> list[str]:
    found = [code for kind, code in FENCE.findall(section(heading)) if kind == language]
    assert found, f"section {heading!r} has no {language} block"
    return found


def environment(folder: Path) -> dict[str, str]:
    """The commands of this interpreter: installed ones first, else straight from the checkout."""
    shims = folder / "shims"
    shims.mkdir()
    for name in COMMANDS:
        module = f"t2t_mm.bin.{name.replace('-', '_')}"
        shim = shims / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        shim.chmod(0o755)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(shims), os.environ["PATH"]])
    return os.environ | {"PATH": path, "PYTHONPATH": str(README.parent)}


def run(script: str, folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def bind_only(function: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in that takes what `function` takes, and does nothing."""
    signature = inspect.signature(function)
    return lambda *args, **kwargs: signature.bind(*args, **kwargs).arguments


def test_the_python_calls_are_those_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = section("The commands")
    code = textwrap.dedent(commands[commands.index("    import t2t_mm\n") :])
    for name in ("train", "evaluate"):
        monkeypatch.setattr(t2t_mm, name, bind_only(getattr(t2t_mm, name)))
    variables: dict[str, Any] = {}
    exec(code, variables)
    assert variables["options"].generate
    assert variables["hparams"].train.steps == 100
    assert variables["scores"]["options"].shuffled_inputs
    for name in re.findall(r"`t2t_mm\.(\w+)`|`(\w+Options)`", commands):
        assert "".join(name) in t2t_mm.__all__


@pytest.mark.slow
def test_add_your_own_problem(tmp_path: Path) -> None:
    heading = "Add your own problem"
    (tmp_path / "my_problems").mkdir()
    assert "`my_problems/reverse_words.py`:" in section(heading)
    (code,) = blocks(heading, "python")
    (tmp_path / "my_problems" / "reverse_words.py").write_text(code, encoding="utf-8")
    variables = environment(tmp_path)
    printed = "".join(run(script, tmp_path, variables) for script in blocks(heading, "sh"))
    assert "mini_ende" in printed and "reverse_words" in printed and "BLEU" in printed
    lines_in = (tmp_path / "raw" / "test.txt").read_text().splitlines()
    lines_out = (tmp_path / "reversed.txt").read_text().splitlines()
    assert len(lines_out) == len(lines_in) == 100


@pytest.mark.slow
@pytest.mark.long
def test_add_your_own_kind_of_input(tmp_path: Path) -> None:
    text = (README.parent / "docs" / "own_kind.md").read_text(encoding="utf-8")
    (tmp_path / "my_kind").mkdir()
    assert "`my_kind/points.py`:" in text
    (_, code), (_, script) = FENCE.findall(text)
    (tmp_path / "my_kind" / "points.py").write_text(code, encoding="utf-8")
    printed = run(script, tmp_path, environment(tmp_path))
    assert "name_shape" in printed and "BLEU" in printed
    tasks = json.loads((tmp_path / "kind_run" / "run.json").read_text())["tasks"]
    assert [task["name"] for task in tasks] == ["mini_ende", "name_shape"]
    assert len((tmp_path / "named.txt").read_text().splitlines()) == 1
    page = (tmp_path / "kind.html").read_text(encoding="utf-8")
    cards = page[page.index('<section id="name_shape"') :]
    assert "data:image/png;base64," in cards
    assert re.search(r"a (circle|square) of \d+ points", re.sub("<[^>]+>", "", cards))
    (drawn, *_) = (tmp_path / "kind_run").glob("decoded/test-*/name_shape.sample0.png")
    with PIL.Image.open(drawn) as picture:
        dark = 65 * 65 - int(np.asarray(picture).sum())
    assert 4 <= dark <= 24


@pytest.mark.slow
@pytest.mark.long
def test_your_own_files_without_code(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    text = (README.parent / "docs" / "translation_files.md").read_text(encoding="utf-8")
    ((_, script),) = FENCE.findall(text)
    printed = run(script, tmp_path, variables)
    for pair in ("en-de", "de-en", "en-fr", "fr-en"):
        assert f"text2text_files/{pair}" in printed
    assert len((tmp_path / "corpus" / "test.fr").read_text().splitlines()) == 50


@pytest.mark.slow
@pytest.mark.long
def test_the_first_hour_with_data_of_ones_own(tmp_path: Path) -> None:
    text = (README.parent / "docs" / "first_hour.md").read_text(encoding="utf-8")
    scripts = [code for kind, code in FENCE.findall(text) if kind == "sh"]
    assert len(scripts) == 8
    printed = run("\n".join(scripts), tmp_path, environment(tmp_path))
    assert "talks/en-de" in printed and "image_folder/shapes" in printed
    tasks = json.loads((tmp_path / "run" / "run.json").read_text())["tasks"]
    names = [task["name"].partition("/")[2] for task in tasks]
    assert names == ["talks/en-de", "shapes", "tones", "bank", "reviews", "counting"]
    decoded = {
        name: (tmp_path / f"{name}.txt").read_text().splitlines()
        for name in ("translated", "shapes")
    }
    assert len(decoded["translated"]) == 1
    assert len(decoded["shapes"]) == 2 and {*decoded["shapes"]} <= {"disc", "box"}
