"""The walks of CONTRIBUTING.md: true to the code, and with few ways back."""

import ast
import re
from dataclasses import dataclass

import pytest
from source_modules import ROOT

MOST_RETURNS = {
    "From a batch to its update": 15,
    "From a name to a class": 10,
    "From a decoded sentence to a file": 9,
}
STEP = re.compile(r"^(?P<indent> *)- `(?P<file>[\w/]+\.py)` (?P<rest>.*)$")


@dataclass(frozen=True)
class Step:
    """One line of a walk: a file, and what of it is read.

    A function that was handed to its caller is not named there.
    """

    depth: int
    file: str
    names: tuple[str, ...]
    is_handed_over: bool = False


def read_walk(title: str) -> list[Step]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {title}\n")[2].partition("\n#")[0]
    steps = []
    for line in section.splitlines():
        if found := STEP.match(line):
            named, _, _ = found["rest"].partition(": ")
            names = re.findall(r"`([\w.]+)`", named)
            is_handed_over = line.endswith("(handed to it)")
            depth = len(found["indent"]) // 2
            steps.append(Step(depth, found["file"], tuple(names), is_handed_over))
    return steps


def callers(steps: list[Step]) -> list[Step | None]:
    """The step within which each step is taken."""
    open_steps: list[Step] = []
    found: list[Step | None] = []
    for step in steps:
        del open_steps[step.depth :]
        assert len(open_steps) == step.depth, step
        found.append(open_steps[-1] if open_steps else None)
        open_steps.append(step)
    return found


def count_returns(steps: list[Step]) -> int:
    """How often a file already left is entered again, beyond plain call and return."""
    visits: list[str] = []
    open_files: list[str] = []
    for step in steps:
        while len(open_files) > step.depth:
            open_files.pop()
            visits += open_files[-1:]
        open_files.append(step.file)
        visits.append(step.file)
    visits += reversed(open_files[:-1])
    changes = [
        file for file, before in zip(visits, [None, *visits], strict=False) if file != before
    ]
    files = len(set(changes))
    return (len(changes) - files) - files + 1


def test_what_is_counted_is_counted_right() -> None:
    call = [Step(0, "a", ()), Step(1, "b", ()), Step(2, "c", ()), Step(1, "d", ())]
    assert count_returns(call) == 0
    assert count_returns([*call, Step(1, "b", ())]) == 2
    assert count_returns([Step(0, "a", ()), Step(1, "b", ()), Step(1, "b", ())]) == 2


@pytest.mark.parametrize("title", MOST_RETURNS)
def test_a_walk_seldom_comes_back(title: str) -> None:
    steps = read_walk(title)
    assert len(steps) >= 8
    assert count_returns(steps) <= MOST_RETURNS[title]


def defined_names(file: str) -> set[str]:
    """Functions, classes and `Class.method`s of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (one.name for one in node.body if isinstance(one, ast.FunctionDef))
            found |= {f"{node.name}.{name}" for name in methods}
    return found


@pytest.mark.parametrize("title", MOST_RETURNS)
def test_each_step_is_there_and_its_caller_names_it(title: str) -> None:
    steps = read_walk(title)
    for step, caller in zip(steps, callers(steps), strict=True):
        assert step.names and set(step.names) <= defined_names(step.file), step
        if caller is None or step.is_handed_over:
            continue
        if step.file.startswith("problems/"):  # found by the name of its module
            continue
        text = (ROOT / caller.file).read_text(encoding="utf-8")
        for name in step.names:
            owner, _, function = name.rpartition(".")
            word = owner if function in ("call", "__call__", "__init__") else function
            other = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()  # self.encoder of an Encoder
            assert re.search(rf"\b({word}|{other})\b", text), (caller, name)
